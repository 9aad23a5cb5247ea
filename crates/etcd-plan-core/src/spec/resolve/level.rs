//! Parameters that stand at a level where they do not belong.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::inventory::{Level as Written, Var};
use crate::names::GroupName;
use crate::spec::{Level, Parameter};

/// Finds variables of a parameter, with all places of one cluster in one finding. An argument may
/// set any parameter, and where the inventory's text does not say at which level something was
/// written nothing can be said.
pub(super) fn check(
    parameter: &Parameter,
    written: &[Var<'_>],
    group: &GroupName,
    findings: &mut Diagnostics,
) {
    let level_of = |var: &Var<'_>| match var.level {
        Written::Extra | Written::Host { group: None } => None,
        Written::Host { group: Some(_) } => Some(Level::Instance),
        Written::Group(_) => Some(Level::Cluster),
        Written::All => Some(Level::Global),
    };
    let mut misplaced = written.iter().filter_map(|var| {
        let level = level_of(var).filter(|level| !parameter.levels.contains(level))?;
        Some((var.key_place()?, level))
    });
    let Some((place, level)) = misplaced.next() else {
        return;
    };
    let belongs: Vec<String> = parameter
        .levels
        .iter()
        .filter_map(|right| match right {
            Level::Argument => None,
            // What stands in `all.vars` is told once, not once a cluster.
            Level::Cluster if level == Level::Global => {
                Some("to the `vars` of each etcd group".to_owned())
            }
            Level::Cluster => Some(format!("to the `vars` of group {group}")),
            Level::Global => Some("to `all.vars`".to_owned()),
            Level::Instance => Some("to the hosts that it is for".to_owned()),
        })
        .collect();
    let stands = match level {
        Level::Global => "in `all.vars`",
        Level::Cluster => "in the `vars` of a group",
        _ => "at a host",
    };
    let message = format!("`{}` stands {stands}", parameter.name);
    let hint = format!("move it {}", belongs.join(" or "));
    let mut finding = Diagnostic::new(Code::WrongLevel, message, hint).at(place, whose(parameter));
    for (place, _) in misplaced {
        finding = finding.see(place, "");
    }
    findings.push(finding);
}

/// Says what a parameter is one of.
fn whose(parameter: &Parameter) -> &'static str {
    if parameter.levels.contains(&Level::Cluster) {
        "is for a cluster as a whole"
    } else {
        "is for one member"
    }
}
