//! The parameters that the members of a cluster share.

use super::host::rendered;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::inventory::{HostVars, Level as Written, Var};
use crate::spec::params::{ParameterValue, Resolver, Settings};
use crate::spec::{Level, Parameter, Resolved, ValueOrigin};

/// Resolves all parameters of a cluster from the variables of its members.
pub(super) fn resolve(members: &[&HostVars<'_>], findings: &mut Diagnostics) -> Settings {
    Settings::resolve(&mut FromInventory { members, findings })
}

struct FromInventory<'a, 'f> {
    members: &'a [&'a HostVars<'a>],
    findings: &'f mut Diagnostics,
}

impl Resolver for FromInventory<'_, '_> {
    fn resolve<T: ParameterValue>(&mut self, parameter: &'static Parameter) -> Resolved<T> {
        let mut first: Option<(Resolved<T>, Option<Var<'_>>)> = None;
        let mut checked = None;
        for vars in self.members {
            let var = vars.get(parameter.name);
            let value = match &var {
                // What all members have from one place is looked at once.
                Some(var) if checked == Some((var.span, var.origin())) => continue,
                Some(var) => {
                    checked = Some((var.span, var.origin()));
                    check_level(parameter, var, self.findings);
                    match self.read::<T>(parameter, vars, var) {
                        Some(value) => Resolved {
                            value,
                            origin: ValueOrigin::Set(var.origin()),
                        },
                        None => continue,
                    }
                }
                None => Resolved::default_of(T::parse_default(parameter.default)),
            };
            match &first {
                None => first = Some((value, var)),
                Some((other, other_var)) if other.value != value.value => {
                    let finding = differs(parameter, &other.value, *other_var, &value.value, var);
                    self.findings.push(finding);
                }
                Some(_) => {}
            }
        }
        first.map_or_else(
            || Resolved::default_of(T::parse_default(parameter.default)),
            |(value, _)| value,
        )
    }
}

impl FromInventory<'_, '_> {
    fn read<T: ParameterValue>(
        &mut self,
        parameter: &'static Parameter,
        vars: &HostVars<'_>,
        var: &Var<'_>,
    ) -> Option<T> {
        let value = rendered(vars, var, self.findings)?;
        match T::read(&value) {
            Ok(value) => Some(value),
            Err((code, clause)) => {
                self.findings.push(
                    Diagnostic::new(
                        code,
                        format!("`{}`: {clause}", parameter.name),
                        hint(parameter),
                    )
                    .at(var.place(), format!("expected {}", T::TYPE)),
                );
                None
            }
        }
    }
}

fn hint(parameter: &Parameter) -> String {
    match parameter.default {
        "" => format!("give {}", parameter.type_name),
        default => format!(
            "give {}, such as the default `{default}`",
            parameter.type_name
        ),
    }
}

fn differs<T: ParameterValue>(
    parameter: &Parameter,
    one: &T,
    one_var: Option<Var<'_>>,
    other: &T,
    other_var: Option<Var<'_>>,
) -> Diagnostic {
    let (one, other) = (one.show(), other.show());
    let finding = Diagnostic::new(
        Code::ClusterParameterDiffers,
        format!(
            "`{}` is `{one}` for one member and `{other}` for another",
            parameter.name
        ),
        "write it once, in the `vars` of the group",
    );
    let place = |var: Option<Var<'_>>| var.and_then(|var| var.place());
    match (place(one_var), place(other_var)) {
        (Some(first), second) => finding.at(first, one).see(second, other),
        (None, Some(second)) => finding.at(second, format!("elsewhere it is `{one}`, the default")),
        (None, None) => finding,
    }
}

/// Says where a parameter stands that does not belong there. Arguments may set any.
fn check_level(parameter: &Parameter, var: &Var<'_>, findings: &mut Diagnostics) {
    let level = match var.level {
        Written::Extra | Written::Host { group: None } => return,
        Written::Host { group: Some(_) } => Level::Instance,
        Written::Group(_) => Level::Cluster,
        Written::All => Level::Global,
    };
    if parameter.levels.contains(&level) || var.place().is_none() {
        return;
    }
    let belongs: Vec<String> = parameter
        .levels
        .iter()
        .filter(|level| **level != Level::Argument)
        .map(ToString::to_string)
        .collect();
    findings.push(
        Diagnostic::new(
            Code::WrongLevel,
            format!("`{}` stands at {level}", parameter.name),
            format!("move it to {}", belongs.join(" or ")),
        )
        .at(var.place(), format!("belongs to {}", belongs.join(" or "))),
    );
}
