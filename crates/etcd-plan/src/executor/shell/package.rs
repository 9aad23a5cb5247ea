use etcd_plan_core::names::EtcdVersion;
use etcd_plan_core::op::{PackageFacts, PackageManager};

use super::call::Call;
use super::lower::{Garbled, Output};

pub(super) fn install<'a>(call: Call<'a>, version: Option<&EtcdVersion>) -> Call<'a> {
    let version = version.map(ToString::to_string).unwrap_or_default();
    call.function("install_package").word(&version)
}

/// Calls a function with a version.
pub(super) fn of_version<'a>(call: Call<'a>, function: &str, version: &EtcdVersion) -> Call<'a> {
    call.function(function).word(&version.to_string())
}

/// Reads what `etcd --version` and `etcdctl version` print, and the line `manager NAME`.
pub(super) fn facts(output: &Output<'_>) -> Result<PackageFacts, Garbled> {
    let text = output.text()?;
    let manager = match value(text, "manager ") {
        Some("apt-get") => Some(PackageManager::Apt),
        Some("dnf") => Some(PackageManager::Dnf),
        Some("yum") => Some(PackageManager::Yum),
        Some("") => None,
        _ => return Err(Garbled::new("it names no package manager")),
    };
    Ok(PackageFacts {
        etcd: version(text, "etcd Version: ")?,
        etcdctl: version(text, "etcdctl version: ")?,
        manager,
    })
}

fn version(text: &str, label: &str) -> Result<Option<EtcdVersion>, Garbled> {
    value(text, label)
        .map(|version| {
            version
                .parse()
                .map_err(|error| Garbled::new(format!("{version:?} {error}")))
        })
        .transpose()
}

fn value<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    text.lines()
        .find_map(|line| line.strip_prefix(label))
        .map(str::trim)
}
