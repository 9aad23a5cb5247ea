use etcd_plan_core::names::Millis;
use etcd_plan_core::op::{Service, ServiceFacts, ServiceState};

use super::call::Call;
use super::lower::Garbled;

/// Adds the name of a service, which must be one that names a unit and a file.
pub(super) fn name<'a>(call: Call<'a>, service: &Service) -> Call<'a> {
    let name = service.name.as_str();
    let good = |c: char| c.is_ascii_alphanumeric() || "._@:-".contains(c);
    let call = call.word(name);
    if name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(good) {
        call
    } else {
        call.refuse(format!("{name:?} is not usable as the name of a service"))
    }
}

pub(super) fn start<'a>(call: Call<'a>, service: &Service, delay: Millis) -> Call<'a> {
    name(call.function("start_service"), service)
        .path(&service.config)
        .word(&format!("{}.{:03}", delay.0 / 1000, delay.0 % 1000))
}

pub(super) fn stop<'a>(
    call: Call<'a>,
    service: &Service,
    timeout: Millis,
    kill_after: Option<Millis>,
) -> Call<'a> {
    let kill_after = kill_after.map(|time| time.to_string()).unwrap_or_default();
    name(call.function("stop_service"), service)
        .word(&timeout.to_string())
        .word(&kill_after)
}

/// Reads a line of seconds, which may be missing.
pub(super) fn started_after(text: &str) -> Result<Option<i64>, Garbled> {
    let Some(line) = text.lines().next() else {
        return Ok(None);
    };
    let seconds: Option<i64> = line.parse().ok();
    let milliseconds = seconds.and_then(|seconds| seconds.checked_mul(1000));
    let garbled = || Garbled::new(format!("{line:?} is no number of seconds"));
    milliseconds.map(Some).ok_or_else(garbled)
}

/// Reads the properties that `systemctl show` prints.
///
/// A unit that waits to be restarted after a crash is `activating` for systemd and `Starting` here:
/// it has no process at that moment, and will have one without anybody's doing. So is one whose
/// start stands in the queue: a busy systemd gets to it a moment later.
pub(super) fn facts(text: &str) -> Result<ServiceFacts, Garbled> {
    let property = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
            .unwrap_or_default()
    };
    let is_queued = property("Job").parse::<u64>().is_ok_and(|job| job != 0);
    let state = match (property("ActiveState"), property("LoadState")) {
        ("inactive" | "failed", _) if is_queued => ServiceState::Starting,
        ("active" | "reloading" | "refreshing", _) => ServiceState::Running,
        ("activating", _) => ServiceState::Starting,
        ("deactivating", _) => ServiceState::Stopping,
        ("failed" | "maintenance", _) => ServiceState::Failed,
        ("inactive", "not-found") => ServiceState::Missing,
        ("inactive", _) => ServiceState::Stopped,
        (other, _) => {
            return Err(Garbled::new(format!("{other:?} is no state of a unit")));
        }
    };
    Ok(ServiceFacts {
        state,
        pid: property("MainPID").parse().ok().filter(|pid| *pid != 0),
        enabled: property("UnitFileState") == "enabled",
    })
}
