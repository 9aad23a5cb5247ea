//! Variables that look like parameters and are none.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::inventory::HostVars;
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

/// Finds variables of the members that begin with `etcd_` and are no parameters.
pub(super) fn check(members: &[&HostVars<'_>], findings: &mut Diagnostics) {
    let mut seen = BTreeSet::new();
    for vars in members {
        for var in vars.names("etcd_") {
            if params::find(var.name).is_some() || !seen.insert((var.name, var.span)) {
                continue;
            }
            findings.push(
                Diagnostic::new(
                    Code::UnknownParameter,
                    format!("`{}` is no parameter, and has no effect", var.name),
                    hint(var.name),
                )
                .at(var.place(), "not known"),
            );
        }
    }
}

fn hint(name: &str) -> String {
    if let Some((_, hint)) = STAND_INS.iter().find(|(known, _)| *known == name) {
        return (*hint).to_owned();
    }
    let nearest = params::all()
        .map(|parameter| {
            (
                strsim::damerau_levenshtein(name, parameter.name),
                parameter.name,
            )
        })
        .min();
    match nearest {
        Some((distance, nearest)) if distance <= 4 => format!("did you mean `{nearest}`?"),
        _ => "see `etcd-plan params` for those there are".to_owned(),
    }
}
