//! A cluster of Debian 12's etcd goes to the next minor release while a client writes all the time.

use std::time::Duration;

use etcd_plan::engine::{Flow, Run, RunSettings, Silent};
use etcd_plan::report::{Outcome, Report};
use etcd_plan::status;
use etcd_plan::{Event, Goal, Plan};
use etcd_plan_tests::{Writes, plan};

use crate::fixture::{Hosts, inventory_of, node, planned};

const MEMBERS: [u8; 3] = [1, 2, 3];
const OLD: &str = "3.4.23";
const NEW: &str = "3.5.16";

fn text(vars: &str) -> String {
    inventory_of(&[("etcd", &MEMBERS)], vars)
}

fn upgrade(version: &str) -> Plan {
    let version = version.parse().expect("a version");
    planned(&text(""), |choose| {
        choose.goal(Goal::Upgrade).version(version).backup_on_host()
    })
}

/// Gives the version that each member runs on, which is not always the one that is installed.
fn versions(hosts: &Hosts) -> Vec<String> {
    let version = |host| {
        let status = hosts.etcdctl(1, "endpoint status --cluster -w simple");
        let address = format!("{}:", node(host).address());
        let line = status.lines().find(|line| line.contains(&address));
        let version = line.and_then(|line| line.split(", ").nth(2));
        version.unwrap_or_default().to_owned()
    };
    MEMBERS.into_iter().map(version).collect()
}

fn write_all_the_time<T>(hosts: &Hosts, prefix: &str, work: impl FnOnce() -> T) -> T {
    // With the environment of a host, which names all members.
    let put = |number| {
        let script = format!(". /etc/profile.d/etcdctl.sh; etcdctl put {prefix}{number} v");
        hosts.try_sh(1, &script).is_ok()
    };
    let (done, seen) = Writes::during(put, work);
    let keys = hosts.etcdctl(2, &format!("get {prefix} --prefix --keys-only"));
    seen.assert_kept(prefix, &keys);
    say(&format!(
        "{prefix}: {} acknowledged writes, none lost, longest gap {:?}",
        seen.acknowledged.len(),
        seen.longest_gap
    ));
    done
}

#[expect(clippy::print_stderr, reason = "what was measured")]
fn say(what: &str) {
    eprintln!("{what}");
}

fn assert_done(hosts: &Hosts, report: &Report) {
    assert!(report.is_success(), "{report}");
    assert_eq!(versions(hosts), [NEW; 3]);
    assert!(hosts.etcdctl(3, "get precious").ends_with("data"));
    for host in MEMBERS {
        let left = "ls -A /var/cache/etcd-plan /var/lib/etcd-plan/before /usr/sbin/policy-rc.d 2>/dev/null | \
                    grep 3. || :";
        assert_eq!(hosts.sh(host, left), "");
        assert_eq!(hosts.sh(host, "systemctl is-enabled etcd"), "enabled");
        let package = "dpkg-query -W -f '${Version}' etcd-server";
        assert!(hosts.sh(host, package).starts_with(NEW));
    }
    let again = hosts.converge(&upgrade(NEW));
    assert_eq!(again.count(Outcome::Changed), 0, "{again}");
    let create = hosts.converge(&plan(&text(&format!(", etcd_version: {NEW}"))));
    assert_eq!(create.count(Outcome::Changed), 0, "{create}");
}

fn assert_refused(hosts: &Hosts, version: &str, words: &str) {
    let refusals = hosts.judge(&upgrade(version));
    let said: Vec<String> = refusals.iter().map(ToString::to_string).collect();
    assert!(
        said.iter().any(|said| said.contains(words)),
        "{words}: {said:?}"
    );
}

/// Ways that etcd does not go are refused. Then the host of a member is cut off in that member's turn:
/// the others stay as they are, `status` tells of two versions, and the same command goes on once the
/// host is back, with the leader at the end.
#[test]
fn three_members_go_to_the_next_minor_release_under_load() {
    let Some(hosts) = Hosts::fresh(3) else { return };
    hosts.converge(&plan(&text(&format!(", etcd_version: {OLD}"))));
    assert_eq!(versions(&hosts), [OLD; 3]);
    hosts.etcdctl(1, "put precious data");

    assert_refused(&hosts, "3.6.4", "more than one minor release away");
    assert_refused(&hosts, "3.4.1", "is older");
    for done in [
        "user add root:secret",
        "user grant-role root root",
        "auth enable",
    ] {
        hosts.etcdctl(1, done);
    }
    assert_refused(&hosts, NEW, "has users");
    hosts.etcdctl(1, "--user root:secret auth disable");
    hosts.sh(3, "systemctl stop etcd");
    assert_refused(&hosts, NEW, "is not healthy, and not upgraded");
    hosts.sh(3, "systemctl start etcd");

    let plan = upgrade(NEW);
    let report = write_all_the_time(&hosts, "cut", || apply_with_a_cut(&hosts, &plan));
    assert!(!report.is_success(), "{report}");
    let create = etcd_plan_tests::plan(&text(""));
    let (executor, settings) = (hosts.executor(), RunSettings::default());
    let status = status::read(&create, &executor, &hosts.keys, settings, &mut Silent);
    let warned = format!("different versions: {OLD}, {NEW}");
    assert!(status.to_string().contains(&warned), "{status}");
    let report = write_all_the_time(&hosts, "then", || hosts.apply(&plan).expect("guards agree"));
    say(&report.to_string());
    assert_done(&hosts, &report);
}

/// Cuts the host of the last follower off in its turn. Not that of the leader: the client would wait
/// for an election.
fn apply_with_a_cut(hosts: &Hosts, plan: &Plan) -> Report {
    let leader = hosts.etcdctl(1, "endpoint status --cluster -w simple");
    let leads = |host: &u8| {
        let address = format!("{}:", node(*host).address());
        let mut lines = leader.lines();
        lines.any(|line| line.contains(&address) && line.split(", ").nth(4) == Some("true"))
    };
    let cut = MEMBERS.into_iter().rev().find(|host| !leads(host));
    let cut = node(cut.expect("two follow"));
    let turn = format!("etcd/{}/etcd_launch/restart/follower", cut.address());
    let executor = hosts.executor().keep_alive(Duration::from_secs(1));
    let observed = Run::new(plan, &executor, &hosts.keys).observe(&mut Silent);
    let mut observer = |event: &Event| {
        if matches!(event, Event::StepStarted { step, .. } if step.as_str() == turn) {
            hosts.lab.cut(cut).expect("cut");
        }
        Flow::Continue
    };
    let approved = observed.approve().expect("nothing is in the way");
    let report = approved.apply(&mut observer);
    hosts.lab.heal(cut).expect("healed");
    report
}
