use etcd_plan_core::op::{ServiceManager, SystemFacts};

use super::lower::{Garbled, Output};

/// Reads the lines name, boot id, init system, user id, architecture, clock, and os-release.
pub(super) fn facts(output: &Output<'_>) -> Result<SystemFacts, Garbled> {
    let mut lines = output.text()?.lines();
    let mut next = |what: &str| {
        lines
            .next()
            .ok_or_else(|| Garbled::new(format!("{what} is missing")))
    };
    let hostname = next("the host name")?.to_owned();
    let boot_id = next("the boot id")?.to_owned();
    let init = next("the init system")?;
    let uid = next("the user id")?;
    let arch = next("the architecture")?.to_owned();
    let clock_ms = clock(next("the clock")?)?;
    let os_release: Vec<&str> = lines.collect();
    let sandbox = output.settings.sandbox.is_some();
    let services = match init {
        _ if sandbox => ServiceManager::Processes,
        "systemd" => ServiceManager::Systemd,
        _ => ServiceManager::Unknown,
    };
    Ok(SystemFacts {
        hostname,
        arch,
        os: os_release_value(&os_release, "ID"),
        os_version: os_release_value(&os_release, "VERSION_ID"),
        services,
        privileged: sandbox || uid == "0",
        throwaway: sandbox,
        boot_id,
        clock_ms,
    })
}

/// Reads `SECONDS:NANOSECONDS`; a `date` without nanoseconds prints something else after the colon.
fn clock(line: &str) -> Result<u64, Garbled> {
    let (seconds, nanos) = line.split_once(':').unwrap_or((line, ""));
    let seconds: u64 = seconds
        .parse()
        .map_err(|_| Garbled::new(format!("{line:?} is no time")))?;
    let nanos: u64 = nanos.parse().unwrap_or(0);
    Ok(seconds * 1000 + nanos / 1_000_000)
}

/// Gives a value of os-release(5), without the quotes that a shell would take off.
fn os_release_value(lines: &[&str], key: &str) -> String {
    let value = lines
        .iter()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    value
        .unwrap_or_default()
        .trim_matches(['"', '\''])
        .to_owned()
}
