use etcd_plan_core::etcdctl::{
    alarm_list, endpoint_status, key_prefixes, lease_count, member_list,
};
use etcd_plan_core::names::{EtcdId, MemberName, Millis};
use etcd_plan_core::op::{
    Awaited, Compaction, EtcdAccess, EtcdFacts, Holdings, Service, VotersFacts,
};

use super::call::Call;
use super::frame::last_lines;
use super::listeners::Place;
use super::lower::{Garbled, Output};
use super::service;

pub(super) fn access<'a>(call: Call<'a>, access: &EtcdAccess) -> Call<'a> {
    let place = Place::of_url(&access.endpoint);
    let address = place.as_ref().and_then(|place| place.address.ip());
    call.word(&address.map(|ip| ip.to_string()).unwrap_or_default())
        .word(&place.map(|place| place.pattern()).unwrap_or_default())
        .word(&access.endpoint)
        .path(&access.cacert)
        .path(&access.cert)
        .path(&access.key)
}

pub(super) fn await_healthy<'a>(
    call: Call<'a>,
    service: &Service,
    access: &EtcdAccess,
    as_learner: bool,
    timeout: Millis,
) -> Call<'a> {
    let call = service::name(call.function("await_healthy"), service)
        .word(&timeout.to_string())
        .word(if as_learner { "yes" } else { "no" });
    self::access(call, access)
}

/// Reads the line of sha256sum; nothing where nobody could see the certificate.
pub(super) fn presented(text: &str) -> Result<Option<String>, Garbled> {
    let Some(digest) = text.split_whitespace().next() else {
        return Ok(None);
    };
    if digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(Some(digest.to_owned()))
    } else {
        Err(Garbled::new(format!("{digest:?} is no digest")))
    }
}

pub(super) fn await_voters<'a>(
    call: Call<'a>,
    voters: &[EtcdAccess],
    steady: Millis,
    timeout: Millis,
) -> Call<'a> {
    let call = call
        .function("await_voters")
        .word(&steady.to_string())
        .word(&timeout.to_string());
    voters.iter().fold(call, access)
}

pub(super) fn add_member<'a>(
    call: Call<'a>,
    access: &EtcdAccess,
    name: &MemberName,
    peer_url: &str,
    timeout: Millis,
) -> Call<'a> {
    let call = call
        .function("add_member")
        .word(name.as_str())
        .word(peer_url)
        .word(&timeout.to_string());
    self::access(call, access)
}

pub(super) fn promote_member<'a>(
    call: Call<'a>,
    access: &EtcdAccess,
    id: EtcdId,
    timeout: Millis,
) -> Call<'a> {
    let call = call
        .function("promote_member")
        .word(&id.to_string())
        .word(&timeout.to_string());
    self::access(call, access)
}

pub(super) fn move_leader<'a>(
    call: Call<'a>,
    access: &EtcdAccess,
    to: EtcdId,
    timeout: Millis,
) -> Call<'a> {
    let call = call
        .function("move_leader")
        .word(&to.to_string())
        .word(&timeout.to_string());
    self::access(call, access)
}

pub(super) fn update_member<'a>(
    call: Call<'a>,
    access: &EtcdAccess,
    id: EtcdId,
    peer_urls: &str,
    timeout: Millis,
) -> Call<'a> {
    let call = call
        .function("update_member")
        .word(&id.to_string())
        .word(peer_urls)
        .word(&timeout.to_string());
    self::access(call, access)
}

pub(super) fn remove_member<'a>(call: Call<'a>, access: &EtcdAccess, id: EtcdId) -> Call<'a> {
    let call = call.function("remove_member").word(&id.to_string());
    self::access(call, access)
}

/// Reads the line `compaction REVISION AT yes|no`; there is none where nobody answered.
pub(super) fn compaction(text: &str) -> Result<Compaction, Garbled> {
    let Some(line) = text
        .lines()
        .find_map(|line| line.strip_prefix("compaction "))
    else {
        return Ok(Compaction {
            revision: 0,
            at: 0,
            done: true,
        });
    };
    let garbled = || Garbled::new(format!("{line:?} does not say what is compacted"));
    let [revision, at, done] =
        <[&str; 3]>::try_from(line.split(' ').collect::<Vec<_>>()).map_err(|_| garbled())?;
    Ok(Compaction {
        revision: revision.parse().map_err(|_| garbled())?,
        at: at.parse().map_err(|_| garbled())?,
        done: done == "yes",
    })
}

/// Reads lines of a name, the status of `etcdctl`, and what it printed; each line may be missing.
pub(super) fn facts(text: &str, said: &str) -> Result<EtcdFacts, Garbled> {
    let answer = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(" 0 "))
            .map(str::as_bytes)
    };
    let garbled = |error: etcd_plan_core::etcdctl::Unreadable| Garbled::new(error.to_string());
    let healthy = text.lines().any(|line| line == "health yes");
    let members = answer("members")
        .map(member_list)
        .transpose()
        .map_err(garbled)?;
    let alarms = answer("alarms")
        .map(alarm_list)
        .transpose()
        .map_err(garbled)?;
    let all_well = healthy && members.is_some() && alarms.is_some();
    Ok(EtcdFacts {
        healthy,
        status: answer("status")
            .map(endpoint_status)
            .transpose()
            .map_err(garbled)?,
        members: members.unwrap_or_default(),
        alarms: alarms.unwrap_or_default(),
        said: if all_well {
            String::new()
        } else {
            last_lines(said)
        },
    })
}

/// Reads the line `count`, the status of `etcdctl`, and what it printed; the line may be missing.
pub(super) fn key_count(text: &str) -> Result<Option<u64>, Garbled> {
    let answer = text.lines().find_map(|line| line.strip_prefix("count 0 "));
    let count = answer.map(|answer| etcd_plan_core::etcdctl::key_count(answer.as_bytes()));
    count
        .transpose()
        .map_err(|error| Garbled::new(error.to_string()))
}

/// Reads the lines `keys` and `leases`, each with the status of `etcdctl` and what it printed, and
/// `watchers`; each may be missing, and all of them where nobody answers.
pub(super) fn holdings(text: &str) -> Result<Option<Holdings>, Garbled> {
    let line = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    let garbled = |error: etcd_plan_core::etcdctl::Unreadable| Garbled::new(error.to_string());
    let Some(keys) = line("keys 0 ") else {
        return Ok(None);
    };
    let leases = line("leases 0 ").map(|answer| lease_count(answer.as_bytes()));
    Ok(Some(Holdings {
        prefixes: key_prefixes(keys.as_bytes()).map_err(garbled)?,
        leases: leases.transpose().map_err(garbled)?,
        watchers: line("watchers ").and_then(|count| count.trim().parse().ok()),
    }))
}

/// Reads for each voter the line `voter` and its answers, and at the end the line `waited MS`.
pub(super) fn voters(output: &Output<'_>) -> Result<VotersFacts, Garbled> {
    let text = output.text()?;
    let waited = text
        .lines()
        .find_map(|line| line.strip_prefix("waited ")?.parse().ok())
        .ok_or_else(|| Garbled::new("it does not say how long it took"))?;
    let etcds = text.split("voter\n").skip(1);
    let etcds = etcds.map(|answers| facts(answers, output.said));
    Ok(VotersFacts {
        etcds: etcds.collect::<Result<_, _>>()?,
        waited: Millis(waited),
    })
}

/// Reads the line `auth`, which may be missing.
pub(super) fn auth(text: &str) -> Option<bool> {
    let answer = text.lines().find_map(|line| line.strip_prefix("auth "));
    answer.map(|answer| answer == "yes")
}

/// Reads the line `waited MS`, the state of the service, the answers of etcd, and after the line
/// `log` the log.
pub(super) fn awaited(output: &Output<'_>) -> Result<Awaited, Garbled> {
    let text = String::from_utf8_lossy(output.printed); // logs can hold anything
    let (head, log) = text.split_once("\nlog\n").unwrap_or((&text, ""));
    let waited = head
        .lines()
        .find_map(|line| line.strip_prefix("waited ")?.parse().ok())
        .ok_or_else(|| Garbled::new("it does not say how long it took"))?;
    Ok(Awaited {
        etcd: facts(head, output.said)?,
        service: service::facts(head)?,
        waited: Millis(waited),
        log: log.trim_end().to_owned(),
    })
}
