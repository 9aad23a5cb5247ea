use etcd_plan::adopt::{self, AdoptSettings};
use etcd_plan::engine::{Run, Silent};
use etcd_plan::{ExtraVars, Goal};
use etcd_plan_tests::Writes;

use crate::sandbox::Sandbox;

/// All members are reached by their peers on another port, one after the other, while a client writes:
/// no acknowledged write is lost, and all keep their ids. What came of it can be adopted.
#[test]
#[expect(clippy::print_stderr, reason = "what was measured")]
fn peers_move_to_another_port_while_a_client_writes() {
    let Some(sandbox) = Sandbox::fresh(16) else {
        return;
    };
    sandbox.must_run(&sandbox.plan(3, |ask| ask));
    let mut extra = ExtraVars::new();
    extra
        .add_argument("etcd_peer_port=3380")
        .expect("a variable");
    let plan = sandbox.plan(3, |ask| ask.goal(Goal::Reload).extra_vars(extra));
    // Id, state, name and peer URL of each member.
    let members = || {
        let list = sandbox
            .etcdctl(&[1, 2, 3], &["member", "list"])
            .expect("it answers");
        let mut members: Vec<Vec<String>> = list
            .lines()
            .map(|line| line.split(", ").take(4).map(str::to_owned).collect())
            .collect();
        members.sort();
        members
    };
    let before = members();
    let put = |number| {
        let put = ["put", &format!("k{number}"), "v"];
        sandbox.etcdctl(&[1, 2, 3], &put).is_ok()
    };
    let (report, writes) = Writes::during(put, || sandbox.run(&plan));
    assert!(report.is_success(), "{report}");
    eprintln!(
        "{} acknowledged writes, longest gap {:?}, {report}",
        writes.acknowledged.len(),
        writes.longest_gap
    );
    let keys = ["get", "k", "--prefix", "--keys-only"];
    let keys = sandbox.etcdctl(&[3], &keys).expect("it answers");
    writes.assert_kept("k", &keys);
    for (old, new) in before.iter().zip(members()) {
        assert_eq!(old[..3], new[..3]);
        assert_eq!(old[3].replace(":2380", ":3380"), new[3]);
    }
    let again = sandbox.must_run(&plan);
    assert!(!again.has_changes(), "{again}");

    let hosts: Vec<_> = (1..=3)
        .map(|seq| adopt::host(&sandbox.host(seq)).expect("a name"))
        .collect();
    let adopted = adopt::read(&hosts, &sandbox.executor, &AdoptSettings::default());
    let adopted = adopted.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(adopted.notes(), []);
    let text = adopted.inventory();
    assert!(text.contains("etcd_peer_port: 3380"), "{text}");
    let keys = adopted.keys().expect("in memory");
    for goal in [Goal::Create, Goal::Reload] {
        let plan = adopted.plan(goal).expect("a plan");
        let observed = Run::new(&plan, &sandbox.executor, &keys).observe(&mut Silent);
        assert_eq!(observed.refusals(), [], "{text}");
        let preview = observed.preview();
        assert!(!preview.has_changes(), "{preview}");
    }
}
