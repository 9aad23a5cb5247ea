//! Certificates are replaced on a cluster of three that a client writes to all the time, and then their
//! authority.

use etcd_plan::core::cert::RotationStage;
use etcd_plan::engine::{RunSettings, Silent};
use etcd_plan::pki::{ClientWanted, Store, now};
use etcd_plan::{Goal, Plan, status};
use etcd_plan_tests::{Writes, plan};

use crate::fixture::{Hosts, inventory_of, planned};

const MEMBERS: [u8; 3] = [1, 2, 3];

fn inventory() -> String {
    inventory_of(&[("etcd", &MEMBERS)], "")
}

/// Owner and mode of what etcd reads, and its process.
fn state(hosts: &Hosts) -> Vec<String> {
    let of = |host| {
        let files =
            "stat -c '%U:%G %a %n' /etc/etcd/server.crt /etc/etcd/server.key /etc/etcd/ca.crt";
        hosts.sh(
            host,
            &format!("{files}; systemctl show -p MainPID etcd; ls -A /etc/etcd"),
        )
    };
    MEMBERS.into_iter().map(of).collect()
}

/// Carries a plan out while a client writes, each time over a new connection and with files of its own
/// on a host.
fn under_load(hosts: &Hosts, plan: &Plan, name: &str) -> Writes {
    let put = |number| {
        let certificate = "--cacert /root/ca.crt --cert /root/app.crt --key /root/app.key";
        let endpoints =
            "https://10.10.10.10:2379,https://10.10.10.11:2379,https://10.10.10.12:2379";
        let put = format!("etcdctl --endpoints {endpoints} {certificate} put {name}{number} v");
        hosts
            .try_sh(1, &format!("export ETCDCTL_API=3; {put}"))
            .is_ok()
    };
    let (report, seen) = Writes::during(put, || hosts.apply(plan));
    let report = report.expect("guards agree");
    assert!(report.is_success(), "{report}");
    let keys = hosts.etcdctl(2, &format!("get {name} --prefix --keys-only"));
    seen.assert_kept(name, &keys);
    seen
}

/// Issues the client's certificate where that is needed, and brings it to its host.
fn bring_client(hosts: &Hosts, folder: &str) {
    let plan = plan(&inventory());
    let wanted = ClientWanted::new("app".parse().expect("a name"));
    let issued = hosts.keys.issue_client(&plan.clusters()[0], &wanted, now());
    issued.expect("it can be issued");
    for name in ["ca.crt", "app.crt", "app.key"] {
        let path = format!("files/pki/clients/{name}");
        let bytes = hosts
            .keys
            .files()
            .read(path.as_ref())
            .expect("it can be read");
        let bytes = bytes.expect("it is there");
        let text = String::from_utf8_lossy(bytes.expose()).into_owned();
        hosts.sh(
            1,
            &format!("mkdir -p {folder}; printf '%s' '{text}' >{folder}/{name}"),
        );
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "what was measured")]
fn certificates_and_their_authority_are_replaced_under_load() {
    let Some(hosts) = Hosts::empty(3) else { return };
    hosts.converge(&plan(&inventory()));
    bring_client(&hosts, "/root");
    bring_client(&hosts, "/root/old");
    let before = state(&hosts);
    let serials = || MEMBERS.map(|host| hosts.sh(host, "sha256sum </etc/etcd/server.crt"));
    let first = serials();
    let certs = planned(&inventory(), |ask| {
        ask.goal(Goal::RotateCerts).rotate_again()
    });
    let seen = under_load(&hosts, &certs, "certs");
    eprintln!(
        "certs: {} acknowledged writes, longest gap {:?}",
        seen.acknowledged.len(),
        seen.longest_gap
    );
    assert_eq!(before, state(&hosts), "owners, modes, processes");
    assert!(first.iter().zip(serials()).all(|(old, new)| *old != new));

    for stage in RotationStage::ALL {
        let rotate = planned(&inventory(), |ask| {
            let ask = ask.goal(Goal::RotateCa).rotation_stage(stage);
            match stage {
                RotationStage::Trust => ask.rotate_again(),
                _ => ask,
            }
        });
        let seen = under_load(&hosts, &rotate, stage.as_str());
        eprintln!(
            "ca, {stage}: {} acknowledged writes, longest gap {:?}",
            seen.acknowledged.len(),
            seen.longest_gap
        );
        bring_client(&hosts, "/root");
    }
    let without_pid = |states: Vec<String>| -> Vec<String> {
        let lines = states.iter().flat_map(|state| state.lines());
        let lines = lines.filter(|line| !line.starts_with("MainPID"));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(without_pid(before), without_pid(state(&hosts)));
    let old = "--cacert /root/ca.crt --cert /root/old/app.crt --key /root/old/app.key";
    let asked = format!("etcdctl --endpoints https://10.10.10.10:2379 {old} get none");
    assert!(
        hosts
            .try_sh(1, &format!("export ETCDCTL_API=3; {asked}"))
            .is_err()
    );
    let whole = plan(&inventory());
    let executor = hosts.executor();
    let settings = RunSettings::default();
    let status = status::read(&whole, &executor, &hosts.keys, settings, &mut Silent);
    assert!(status.is_healthy(), "{status}");
    assert_eq!(status.clusters[0].warnings, [], "{status}");
    assert_eq!(status.clusters[0].drift, [], "{status}");
    hosts.sh(
        1,
        "rm -rf /root/old /root/app.crt /root/app.key /root/ca.crt",
    );
}
