use std::process::Command;

use etcd_plan::Goal;
use etcd_plan::plan::Plan;
use etcd_plan::report::Report;
use etcd_plan_tests::Writes;

use crate::sandbox::Sandbox;

/// Puts one key after the other through members that stay, while a plan is carried out: no
/// acknowledged write is lost, and a second run has nothing to do. (The `etcdctl` of 3.4 spends its
/// time on endpoints that are gone, so it is given none of those.)
fn under_load(sandbox: &Sandbox, prefix: &str, plan: &Plan, staying: &[u8]) -> Report {
    let put = |number| {
        let key = format!("{prefix}{number}");
        sandbox.etcdctl(staying, &["put", &key, "v"]).is_ok()
    };
    let (report, writes) = Writes::during(put, || sandbox.run(plan));
    assert!(report.is_success(), "{report}");
    let keys = ["get", prefix, "--prefix", "--keys-only"];
    let keys = sandbox.etcdctl(staying, &keys).expect("it answers");
    writes.assert_kept(prefix, &keys);
    eprintln!(
        "{prefix}: {} acknowledged writes, longest gap {:?}, {report}",
        writes.acknowledged.len(),
        writes.longest_gap
    );
    let again = sandbox.must_run(plan);
    assert!(!again.has_changes(), "{again}");
    report
}

/// The number of the member that leads, as one says.
fn leader(sandbox: &Sandbox, members: &[u8]) -> u8 {
    let leads = |seq: &&u8| {
        let status = sandbox.etcdctl(&[**seq], &["endpoint", "status", "-w", "simple"]);
        let status = status.expect("it answers");
        status.split(", ").nth(4) == Some("true")
    };
    *members.iter().find(leads).expect("one of them leads")
}

fn kill(sandbox: &Sandbox, seq: u8) {
    let root = sandbox.dir.join("hosts").join(sandbox.host(seq));
    let pid = std::fs::read_to_string(root.join("run/etcd.pid")).expect("it runs");
    let pid = pid.split_whitespace().next().expect("a process");
    let killed = Command::new("kill").args(["-9", pid]).status();
    assert!(killed.is_ok_and(|status| status.success()));
}

/// Under load: the leader is replaced by a new host, a member that was killed by another one, and then
/// members leave, the leader among them, until one is left.
#[test]
fn members_are_replaced_and_leave_while_a_client_writes() {
    let Some(sandbox) = Sandbox::fresh(20) else {
        return;
    };
    sandbox.must_run(&sandbox.plan(3, |ask| ask));
    let mut members = vec![1, 2, 3];

    let old = leader(&sandbox, &members);
    members.retain(|seq| *seq != old);
    let staying = members.clone();
    members = vec![1, 2, 3, 4];
    let replace = sandbox.plan_of(&members, |ask| {
        let ask = ask.goal(Goal::Replace).depart([sandbox.host(old)]);
        ask.limit(sandbox.host(4))
    });
    under_load(&sandbox, "living", &replace, &staying);
    members.retain(|seq| *seq != old);
    assert!(
        !sandbox
            .must_run(&sandbox.plan_of(&members, |ask| ask))
            .has_changes()
    );

    let dead = members[0];
    kill(&sandbox, dead);
    let staying = members[1..].to_vec();
    // A put that is under way while those that are left elect a leader hangs until its time is over.
    let mut tries = 0..20;
    assert!(tries.any(|_| sandbox.etcdctl(&staying, &["put", "elected", "v"]).is_ok()));
    members.push(5);
    let replace = sandbox.plan_of(&members, |ask| {
        let ask = ask.goal(Goal::Replace).depart([sandbox.host(dead)]);
        ask.dead(true).limit(sandbox.host(5))
    });
    under_load(&sandbox, "dead", &replace, &staying);
    members.retain(|seq| *seq != dead);

    let last = *members
        .iter()
        .find(|seq| **seq != leader(&sandbox, &members))
        .expect("two follow");
    let leave: Vec<String> = members
        .iter()
        .filter(|seq| **seq != last)
        .map(|seq| sandbox.host(*seq))
        .collect();
    let remove = sandbox.plan_of(&members, |ask| ask.goal(Goal::Remove).depart(leave));
    under_load(&sandbox, "leave", &remove, &[last]);
    let listed = sandbox
        .etcdctl(&[last], &["member", "list"])
        .expect("it answers");
    assert_eq!(listed.lines().count(), 1, "{listed}");
    let whole = sandbox.plan_of(&[last], |ask| ask);
    assert!(!sandbox.must_run(&whole).has_changes());
}
