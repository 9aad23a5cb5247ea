//! A cluster that somebody else runs is asked from the control machine, with files of its own.

use etcd_plan::executor::LocalExecutor;
use etcd_plan::pki::{ClientWanted, PkiFolder, now};
use etcd_plan::spec::{self, ClusterSpec};
use etcd_plan::status::{self, ClusterStatus, Health};
use etcd_plan::{ExtraVars, Goal, Plan};
use etcd_plan_tests::inventory;

use crate::sandbox::Sandbox;

/// Gives the cluster as the inventory of those who only use it has it.
fn external(sandbox: &Sandbox, seqs: &[u8], vars: &str) -> ClusterSpec {
    let hosts = seqs.iter();
    let hosts: Vec<String> = hosts
        .map(|seq| format!("    {}: {{ etcd_seq: {seq} }}\n", sandbox.host(*seq)))
        .collect();
    let text = format!(
        "theirs:\n  hosts:\n{}  vars:\n    etcd_cluster: theirs\n    etcd_external: true\n{vars}",
        hosts.concat()
    );
    let inventory = inventory(&text);
    for goal in Goal::ALL {
        let plan = Plan::builder(&inventory).goal(goal).build();
        assert!(plan.is_err(), "{goal} plans for a cluster of somebody else");
    }
    let resolved = spec::resolve(&inventory, &ExtraVars::new());
    resolved.expect("a cluster").clusters.remove(0)
}

fn problems(status: &ClusterStatus) -> Vec<String> {
    let problems = status.problems.iter();
    problems
        .map(|problem| format!("{:?} {} {}", problem.member, problem.what, problem.hint))
        .collect()
}

#[test]
fn an_external_cluster_is_asked_with_files_of_its_own() {
    let Some(sandbox) = Sandbox::fresh(70) else {
        return;
    };
    let ours = sandbox.plan(1, |ask| ask);
    sandbox.must_run(&ours);
    let keys = PkiFolder::new(&sandbox.dir);
    let client = ClientWanted {
        folder: Some("from-them".into()),
        ..ClientWanted::new("us".parse().expect("a name"))
    };
    keys.issue_client(&ours.clusters()[0], &client, now())
        .expect("its CA is there");
    let files = "    etcd_external_ca: from-them/ca.crt
    etcd_external_cert: from-them/us.crt
    etcd_external_key: from-them/us.key
";
    let read =
        |spec: &ClusterSpec| status::read_external(spec, &sandbox.dir, &LocalExecutor::new());
    let status = read(&external(&sandbox, &[1], files));
    assert_eq!(status.health, Health::Healthy, "{:?}", problems(&status));
    assert_eq!(
        status.leader.as_ref().map(ToString::to_string),
        Some("theirs-1".to_owned())
    );
    assert!(status.members[0].version.is_some());
    assert!(
        status.members[0].quota_used_percent.is_none(),
        "not ours to know"
    );
    assert_eq!(status.drift, []);

    // One that is not there, and the inventory is wrong about.
    let status = read(&external(&sandbox, &[1, 2], files));
    assert_eq!(status.health, Health::Degraded);
    let problems_of = problems(&status);
    assert!(
        problems_of
            .iter()
            .any(|p| p.contains("theirs-2") && p.contains("does not answer")),
        "{problems_of:?}"
    );
    assert!(
        problems_of
            .iter()
            .any(|p| p.contains("correct the inventory")),
        "{problems_of:?}"
    );

    // Without their files nothing can be said, and it is said why.
    let status = read(&external(&sandbox, &[1], ""));
    assert_eq!(status.health, Health::Unknown);
    let why = problems(&status).concat();
    assert!(why.contains("files/pki/external/ca.crt"), "{why}");
    assert!(why.contains("etcd_external_ca"), "{why}");
}
