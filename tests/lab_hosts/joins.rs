//! The seeds' "More Nodes", on real hosts, while a client writes and reads through the old members.

use std::thread;
use std::time::Duration;

use etcd_plan::report::{Outcome, Report};
use etcd_plan::{ExtraVars, Goal, Plan};
use etcd_plan_tests::{Writes, plan};

use crate::fixture::{Hosts, inventory_of, node, planned};

/// Plans `-l <these hosts> -e etcd_init=existing` for a cluster of so many members.
fn join(members: &[u8], new: &[u8]) -> Plan {
    let limit: Vec<String> = new
        .iter()
        .map(|host| node(*host).address().to_string())
        .collect();
    planned(&inventory_of(&[("etcd", members)], ""), |choose| {
        let mut extra = ExtraVars::new();
        extra.set("etcd_init", "existing");
        choose.limit(limit.join(",")).extra_vars(extra)
    })
}

/// Carries a plan out while the client works, and sees that no acknowledged write is lost.
#[expect(clippy::print_stderr, reason = "what was measured")]
fn join_under_load(hosts: &Hosts, prefix: &str, plan: &Plan, through: u8) -> Report {
    // Puts one key after the other through the first member, and reads each again.
    let put = |number| {
        let script = format!(
            ". /etc/profile.d/etcdctl.sh; export ETCDCTL_ENDPOINTS=https://10.10.10.10:2379
             etcdctl put {prefix}{number} v && etcdctl get {prefix}{number}"
        );
        let text = hosts.try_sh(1, &script);
        text.is_ok_and(|text| text.contains(prefix))
    };
    let (report, seen) = Writes::during(put, || hosts.apply(plan));
    let report = report.expect("guards agree");
    let keys = hosts.etcdctl(through, &format!("get {prefix} --prefix --keys-only"));
    seen.assert_kept(prefix, &keys);
    eprintln!(
        "{prefix}: {} acknowledged writes, longest gap {:?}; {report}",
        seen.acknowledged.len(),
        seen.longest_gap
    );
    report
}

fn pids(hosts: &Hosts, members: &[u8]) -> Vec<String> {
    let pid = |host: &u8| hosts.sh(*host, "systemctl show -p MainPID etcd");
    members.iter().map(pid).collect()
}

#[test]
fn one_member_becomes_five_and_one_again_under_load() {
    let Some(hosts) = Hosts::empty(5) else { return };
    hosts.converge(&plan(&inventory_of(&[("etcd", &[1])], "")));
    for (name, members, new) in [
        ("two-", &[1, 2][..], &[2][..]),
        ("three-", &[1, 2, 3], &[3]),
        ("four-and-five-", &[1, 2, 3, 4, 5], &[4, 5]),
    ] {
        let old: Vec<u8> = members
            .iter()
            .copied()
            .filter(|m| !new.contains(m))
            .collect();
        let before = pids(&hosts, &old);
        let plan = join(members, new);
        let report = join_under_load(&hosts, name, &plan, new[0]);
        assert!(report.is_success(), "{report}");
        assert_eq!(before, pids(&hosts, &old), "a member was restarted");
        let listed = hosts.etcdctl(new[0], "member list");
        assert_eq!(listed.matches("started").count(), members.len(), "{listed}");
        assert!(!listed.contains("true"), "a learner was left: {listed}");
        let again = hosts.converge(&plan);
        assert_eq!(again.count(Outcome::Changed), 0, "{again}");
    }
    let all = hosts.converge(&plan(&inventory_of(&[("etcd", &[1, 2, 3, 4, 5])], "")));
    assert_eq!(all.count(Outcome::Changed), 0, "{all}");
    let environment = hosts.sh(1, "cat /etc/profile.d/etcdctl.sh");
    assert!(
        environment.contains("https://10.10.10.14:2379"),
        "{environment}"
    );
    shrink(&hosts);
}

/// And back: five become three and one, the leader among those that leave.
fn shrink(hosts: &Hosts) {
    for (name, members, leave) in [
        ("to-three-", &[1, 2, 3, 4, 5][..], &[4, 5][..]),
        ("to-one-", &[1, 2, 3], &[2, 3]),
    ] {
        let stay: Vec<u8> = members
            .iter()
            .copied()
            .filter(|m| !leave.contains(m))
            .collect();
        move_lead(hosts, leave[1]);
        let before = pids(hosts, &stay);
        let text = inventory_of(&[("etcd", members)], "");
        let depart: Vec<String> = leave.iter().map(|host| format!("etcd-{host}")).collect();
        let plan = planned(&text, |choose| choose.goal(Goal::Remove).depart(depart));
        let report = join_under_load(hosts, name, &plan, 1);
        assert!(report.is_success(), "{report}");
        assert_eq!(before, pids(hosts, &stay), "a member was restarted");
        let listed = hosts.etcdctl(1, "member list");
        assert_eq!(listed.matches("started").count(), stay.len(), "{listed}");
        let again = hosts.converge(&plan);
        assert_eq!(again.count(Outcome::Changed), 0, "{again}");
        let left = "systemctl is-enabled etcd || :; ls -d /data/etcd* /etc/etcd/etcd.conf || :";
        let left = hosts.sh(leave[1], left);
        assert!(left.starts_with("disabled\n/data/etcd.purged-"), "{left}");
        assert_eq!(left.lines().count(), 2, "{left}");
    }
    let one = hosts.converge(&plan(&inventory_of(&[("etcd", &[1])], "")));
    assert_eq!(one.count(Outcome::Changed), 0, "{one}");
}

/// Lets a member lead.
fn move_lead(hosts: &Hosts, to: u8) {
    let script = "
        . /etc/profile.d/etcdctl.sh
        id=$(etcdctl member list | grep -F ' etcd-TO,' | cut -d, -f1)
        for url in $(echo $ETCDCTL_ENDPOINTS | tr , ' '); do
            ! ETCDCTL_ENDPOINTS=$url etcdctl move-leader $id || exit 0
        done
        etcdctl endpoint status --cluster -w simple";
    hosts.sh(1, &script.replace("TO", &to.to_string()));
}

/// As the seeds describe it: first `member add` on the admin node, then the playbook.
#[test]
fn what_was_added_by_hand_is_recognised_and_finished() {
    let Some(hosts) = Hosts::empty(4) else { return };
    hosts.converge(&plan(&inventory_of(&[("etcd", &[1, 2, 3])], "")));
    thread::sleep(Duration::from_secs(5)); // until etcd lets members be added
    hosts.etcdctl(
        1,
        "member add etcd-4 --learner --peer-urls=https://10.10.10.13:2380",
    );
    hosts.converge(&join(&[1, 2, 3, 4], &[4]));
    let listed = hosts.etcdctl(4, "member list");
    assert_eq!(listed.matches("started").count(), 4, "{listed}");
    assert!(!listed.contains("true"), "{listed}");
}

/// The new host is cut off once it was added: it is taken out again by way of another member, and
/// once it is back the same run makes it a member.
#[test]
fn a_join_whose_host_is_lost_is_taken_back() {
    let Some(hosts) = Hosts::empty(4) else { return };
    hosts.converge(&plan(&inventory_of(&[("etcd", &[1, 2, 3])], "")));
    hosts.etcdctl(1, "put a 10");
    let plan = join(&[1, 2, 3, 4], &[4]);
    let is_listed = || hosts.etcdctl(1, "member list").contains("10.10.10.13");
    let report = thread::scope(|scope| {
        let run = scope.spawn(|| {
            let executor = hosts.executor().operation_timeout(Duration::from_secs(5));
            hosts.apply_through(&executor, &plan)
        });
        while !is_listed() && !run.is_finished() {}
        hosts.lab.cut(node(4)).expect("a host that runs");
        run.join().expect("it does not panic")
    });
    let report = report.expect("guards agree");
    assert!(!report.is_success(), "{report}");
    assert!(
        report.to_string().contains("TAKEN BACK - etcd-4 ("),
        "{report}"
    );
    assert!(!is_listed());
    assert_eq!(hosts.etcdctl(2, "get a"), "a\n10");
    hosts.lab.heal(node(4)).expect("a host that runs");
    hosts.converge(&plan);
    assert_eq!(hosts.etcdctl(4, "get a"), "a\n10");
}
