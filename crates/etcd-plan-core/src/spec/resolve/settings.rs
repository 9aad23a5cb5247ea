//! The parameters that the members of a cluster share.

use std::borrow::Cow;

use super::host::rendered;
use super::level;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::inventory::{HostVars, Value, Var};
use crate::names::{ClusterName, GroupName, HostName};
use crate::spec::params::{ParameterValue, Resolver, Settings};
use crate::spec::{Parameter, Resolved, Unread, ValueOrigin};

/// The members of one cluster, as far as their common parameters depend on it.
pub(super) struct Members<'a> {
    pub(super) cluster: &'a ClusterName,
    pub(super) group: &'a GroupName,
    pub(super) vars: &'a [&'a HostVars<'a>],
}

/// Resolves all parameters of a cluster from the variables of its members.
pub(super) fn resolve(
    members: &Members<'_>,
    unread: &mut Unread,
    findings: &mut Diagnostics,
) -> Settings {
    Settings::resolve(&mut FromInventory {
        members,
        unread,
        findings,
    })
}

struct FromInventory<'a, 'f> {
    members: &'a Members<'a>,
    unread: &'f mut Unread,
    findings: &'f mut Diagnostics,
}

/// A value that at least one member has, the first of them, and the variable there.
struct Found<'a, T> {
    value: Resolved<T>,
    host: &'a HostName,
    var: Option<Var<'a>>,
}

impl Resolver for FromInventory<'_, '_> {
    fn resolve<T: ParameterValue>(&mut self, parameter: &'static Parameter) -> Resolved<T> {
        let mut found: Vec<Found<'_, T>> = Vec::new();
        let mut written: Vec<Var<'_>> = Vec::new();
        // What all members have from one place is looked at once, unless it is a template, which
        // can give each of them another value.
        let mut settled: Option<Var<'_>> = None;
        for vars in self.members.vars {
            let var = vars.get(parameter.name);
            let value = match &var {
                Some(var) if settled.is_some_and(|other| is_same(&other, var)) => continue,
                Some(var) => {
                    if !written.last().is_some_and(|last| is_same(last, var)) {
                        written.push(*var);
                    }
                    let rendered = rendered(vars, var, self.findings);
                    if matches!(rendered, Some(Cow::Borrowed(_))) {
                        settled = Some(*var);
                    }
                    match self.read::<T>(parameter, var, rendered.as_deref()) {
                        Some(value) => Resolved {
                            value,
                            origin: ValueOrigin::Set(var.origin()),
                        },
                        None => continue,
                    }
                }
                // The default is the same for every member that has no other value.
                None if found.iter().any(|other| other.var.is_none()) => continue,
                None => Resolved::default_of(T::parse_default(parameter.default)),
            };
            if found.iter().all(|other| other.value.value != value.value) {
                let host = vars.host();
                found.push(Found { value, host, var });
            }
        }
        if found.len() > 1 {
            let finding = differs(parameter, self.members, &found);
            self.findings.push(finding);
            self.unread.parameters.insert(parameter.name);
        } else {
            level::check(parameter, &written, self.members.group, self.findings);
        }
        let first = found.into_iter().next().map(|found| found.value);
        first.unwrap_or_else(|| Resolved::default_of(T::parse_default(parameter.default)))
    }
}

impl FromInventory<'_, '_> {
    /// Reads a value, unless it could not be rendered; none when it is not good, with a finding.
    fn read<T: ParameterValue>(
        &mut self,
        parameter: &'static Parameter,
        var: &Var<'_>,
        value: Option<&Value>,
    ) -> Option<T> {
        let (code, clause) = match value.map(T::read) {
            Some(Ok(value)) => return Some(value),
            Some(Err(why)) => why,
            None => {
                self.unread.parameters.insert(parameter.name);
                return None;
            }
        };
        self.unread.parameters.insert(parameter.name);
        let message = format!("`{}` {clause}", parameter.name);
        let finding = Diagnostic::new(code, message, hint::<T>(parameter)).at(var.place(), "");
        self.findings.push(finding);
        None
    }
}

/// Says whether two members have a variable from one place.
fn is_same(one: &Var<'_>, other: &Var<'_>) -> bool {
    one.span == other.span && one.origin() == other.origin()
}

fn hint<T: ParameterValue>(parameter: &Parameter) -> String {
    match parameter.default {
        "" | "{}" => format!("write {}, or leave it out", T::FORM),
        default => format!("write {}; the default is `{default}`", T::FORM),
    }
}

/// Says that members of one cluster have different values.
fn differs<T: ParameterValue>(
    parameter: &Parameter,
    members: &Members<'_>,
    found: &[Found<'_, T>],
) -> Diagnostic {
    const SHOWN: usize = 3;
    let show = |found: &Found<'_, T>| {
        let default = if found.var.is_none() {
            " (the default)"
        } else {
            ""
        };
        format!("`{}`{default} for {}", found.value.value.show(), found.host)
    };
    let mut values: Vec<String> = found.iter().take(SHOWN).map(show).collect();
    if found.len() > SHOWN {
        values.push(format!("{} more", found.len() - SHOWN));
    }
    let places: Vec<(Place, String)> = found
        .iter()
        .filter_map(|found| Some((found.var.as_ref()?.place()?, show(found))))
        .collect();
    let is_written_once = match &places[..] {
        [(first, _), rest @ ..] => {
            places.len() == found.len() && rest.iter().all(|(place, _)| place == first)
        }
        [] => false,
    };
    let hint = if is_written_once {
        "refer to no variable in it that differs between the hosts".to_owned()
    } else {
        format!("write it once, in the `vars` of group {}", members.group)
    };
    let message = format!(
        "`{}` differs between the members of cluster {}: {}",
        parameter.name,
        members.cluster,
        values.join(", ")
    );
    let mut finding = Diagnostic::new(Code::ClusterParameterDiffers, message, hint);
    for (nth, (place, label)) in places.into_iter().enumerate() {
        finding = match nth {
            0 if is_written_once => finding.at(place, ""),
            0 => finding.at(place, label),
            _ => finding.see(place, label),
        };
    }
    finding
}
