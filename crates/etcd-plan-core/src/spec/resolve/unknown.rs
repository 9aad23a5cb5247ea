//! Variables that look like parameters and are none.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::inventory::{HostVars, Var, shown};
use crate::spec::nearest::nearest;
use crate::spec::params;

/// Parameters of newer versions of the original module, with what stands in for them here.
const STAND_INS: &[(&str, &str)] = &[
    (
        "etcd_root_password",
        "drop it: clients prove who they are with certificates here; `etcdctl user add root` and \
         `etcdctl auth enable` add passwords by hand",
    ),
    (
        "etcd_rm_data",
        "drop it: a purge moves data aside, and `etcd_purge_retention` says how long that is kept",
    ),
    (
        "etcd_rm_pkg",
        "drop it: packages are left installed; remove them with the package manager",
    ),
];

/// Finds variables of the members that begin with `etcd_` and are no parameters: one finding a name.
pub(super) fn check(members: &[&HostVars<'_>], findings: &mut Diagnostics) {
    let mut unknown: BTreeMap<&str, Diagnostic> = BTreeMap::new();
    for vars in members {
        for var in vars.names("etcd_") {
            if params::find(var.name).is_some() {
                continue;
            }
            let finding = match unknown.remove(var.name) {
                Some(finding) => finding.see(var.key_place(), ""),
                None => Diagnostic::new(
                    Code::UnknownParameter,
                    format!("`{}` is no parameter, and sets nothing", shown(var.name)),
                    hint(var.name),
                )
                .at(var.key_place(), ""),
            };
            unknown.insert(var.name, finding);
        }
    }
    for finding in unknown.into_values() {
        findings.push(finding);
    }
}

/// Finds a variable of a host whose name was most likely meant to be that of a parameter.
pub(super) fn misspelt<'a>(vars: &HostVars<'a>, parameter: &str) -> Option<Var<'a>> {
    let is_unknown = |var: &Var<'_>| params::find(var.name).is_none();
    vars.names("etcd").filter(is_unknown).find(|var| {
        let name = var.name.split(':').next().unwrap_or_default();
        name == parameter || nearest(name, params::all().map(|p| p.name)) == Some(parameter)
    })
}

/// Gives what to do about a variable that is no parameter.
pub(super) fn hint(name: &str) -> String {
    if let Some((_, hint)) = STAND_INS.iter().find(|(known, _)| *known == name) {
        return (*hint).to_owned();
    }
    if let Some((name, value)) = name.split_once(':') {
        return format!("YAML wants a space behind the colon: `{name}: {value}`");
    }
    match nearest(name, params::all().map(|parameter| parameter.name)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "drop it, or see the reference page for the parameters there are".to_owned(),
    }
}
