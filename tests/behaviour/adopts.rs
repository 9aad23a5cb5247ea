//! A cluster that something else built gets an inventory whose plan is empty.

use etcd_plan::adopt::{self, AdoptError, AdoptSettings, Adopted};
use etcd_plan::core::op::Ownership;
use etcd_plan::engine::{Run, Silent};
use etcd_plan::plan::Plan;
use etcd_plan::spec::HostSpec;
use etcd_plan::{Goal, Report};
use etcd_plan_testkit::{Node, SimExecutor};
use etcd_plan_tests::{HOSTS, Scene};

use crate::reloads::conf;

fn put(scene: &Scene, host: &str, path: &str, owner: &str, content: &str) {
    let file = Node::file(content, Ownership::both(owner), 0o644);
    scene.world.put_file(host, path, file);
}

/// Gives the living cluster the files that the original module would have written.
fn of_the_original_module() -> Scene {
    let scene = Scene::living();
    for host in HOSTS {
        let ours = conf(&scene, host);
        let value = |key: &str| {
            let mut lines = ours.lines();
            let line = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
            line.expect("it is there").trim_matches('"').to_owned()
        };
        let security = "  cert-file: '/etc/etcd/server.crt'\n  key-file: '/etc/etcd/server.key'\n  \
                        client-cert-auth: true\n  trusted-ca-file: '/etc/etcd/ca.crt'\n";
        let keys = [
            "name",
            "data-dir",
            "initial-cluster-token",
            "initial-cluster-state",
            "initial-cluster",
            "initial-advertise-peer-urls",
            "listen-peer-urls",
            "advertise-client-urls",
        ];
        let mut theirs: String = keys
            .map(|key| format!("{key}: '{}'\n", value(key)))
            .concat();
        theirs.extend([format!(
            "listen-client-urls: https://127.0.0.1:2379,https://{host}:2379\n# raft\nheartbeat-interval: 100\n\
             election-timeout: 1000\nauto-compaction-mode: periodic\nauto-compaction-retention: \"24h\"\n\
             quota-backend-bytes: 8589934592\n\
             client-transport-security:\n{security}peer-transport-security:\n{security}"
        )]);
        put(&scene, host, "/etc/etcd/etcd.conf", "etcd", &theirs);
        put(
            &scene,
            host,
            "/etc/systemd/system/etcd.service",
            "root",
            "[Unit]\nDescription=etcd key-value store\n[Service]\nUser=etcd\nType=notify\n\
             ExecStart=/usr/bin/etcd --config-file /etc/etcd/etcd.conf\nRestart=on-failure\n\
             LimitNOFILE=65536\nOOMScoreAdjust=-1000\n[Install]\nWantedBy=multi-user.target\n",
        );
        put(
            &scene,
            host,
            "/etc/profile.d/etcdctl.sh",
            "root",
            "alias e=\"etcdctl\"\nalias em=\"etcdctl member\"\nexport ETCDCTL_API=3\n\
             export ETCDCTL_ENDPOINTS=https://10.10.10.12:2379,https://10.10.10.10:2379,https://10.10.10.11:2379\n\
             export ETCDCTL_CACERT=/etc/pki/ca.crt\nexport ETCDCTL_CERT=/etc/etcd/server.crt\n\
             export ETCDCTL_KEY=/etc/etcd/server.key\n",
        );
        // They were read by now, as they are on hosts that nobody has just written to.
        scene.world.stop_service(host, "etcd");
        scene
            .world
            .start_service(host, "etcd")
            .expect("it is known");
    }
    scene
}

fn hosts(names: &[&str]) -> Vec<HostSpec> {
    names
        .iter()
        .map(|name| adopt::host(name).expect("a name"))
        .collect()
}

fn read(scene: &Scene, names: &[&str]) -> Result<Adopted, AdoptError> {
    let executor = SimExecutor::new(&scene.world);
    let adopted = adopt::read(&hosts(names), &executor, &AdoptSettings::default());
    assert_eq!(executor.counters().writes, 0);
    adopted
}

/// Carries out a plan with nothing but what was adopted.
fn apply(scene: &Scene, adopted: &Adopted, plan: &Plan) -> Report {
    let (executor, keys) = (
        SimExecutor::new(&scene.world),
        adopted.keys().expect("in memory"),
    );
    let observed = Run::new(plan, &executor, &keys).observe(&mut Silent);
    match observed.approve() {
        Ok(approved) => approved.apply(&mut Silent),
        Err(refused) => panic!("{refused}"),
    }
}

#[test]
fn a_cluster_of_the_original_module_has_an_empty_plan() {
    let scene = of_the_original_module();
    scene.assert_works();
    let adopted = read(&scene, &HOSTS).expect("it can be adopted");
    assert_eq!(adopted.notes(), []);
    insta::assert_snapshot!(adopted.inventory());
    let before = scene.snapshot();
    for goal in [Goal::Create, Goal::Reload] {
        let plan = adopted.plan(goal).expect("a plan");
        let report = apply(&scene, &adopted, &plan);
        assert!(
            report.is_success() && !report.has_changes(),
            "{goal}: {report}"
        );
    }
    assert!(
        before == scene.snapshot(),
        "{}",
        before.diff(&scene.snapshot())
    );

    // One setting changed: that is what a reload then brings.
    let text = adopted.inventory().replace(
        "etcd_cluster:",
        "etcd_quota_backend_bytes: 4GiB\n        etcd_cluster:",
    );
    let inventory = etcd_plan::Inventory::parse(&text, "etcd.yml").expect("an inventory");
    let plan = Plan::builder(&inventory)
        .goal(Goal::Reload)
        .build()
        .expect("a plan");
    let report = apply(&scene, &adopted, &plan);
    assert!(report.is_success() && report.has_changes(), "{report}");
    for host in HOSTS {
        assert!(conf(&scene, host).contains("quota-backend-bytes: 4294967296"));
    }
    scene.assert_works();
    assert!(scene.holds(HOSTS[1], Scene::PRECIOUS));
}

#[test]
fn members_that_are_called_otherwise_keep_their_names() {
    let text = etcd_plan_tests::THREE
        .replace("etcd_seq: 1", "etcd_seq: 1, etcd_name: db-a")
        .replace("etcd_seq: 2", "etcd_seq: 2, etcd_name: db-b")
        .replace("etcd_seq: 3", "etcd_seq: 3, etcd_name: db-c");
    let scene = Scene::of(&HOSTS, &text);
    scene.must_run(&scene.plan());
    let adopted = read(&scene, &HOSTS).expect("it can be adopted");
    assert!(
        adopted
            .inventory()
            .contains("10.10.10.11: { etcd_seq: 2, etcd_name: db-b }"),
        "{}",
        adopted.inventory()
    );
    let plan = adopted.plan(Goal::Create).expect("a plan");
    let report = apply(&scene, &adopted, &plan);
    assert!(report.is_success() && !report.has_changes(), "{report}");
}

#[test]
fn what_cannot_be_adopted_is_said() {
    let scene = of_the_original_module();
    let error = read(&scene, &HOSTS[..2]).expect_err("a member is missing");
    let whole = "etcd-plan adopt 10.10.10.10 10.10.10.11 10.10.10.12";
    assert!(error.to_string().contains(whole), "{error}");
    scene.world.cut_network(HOSTS[0]);
    let error = read(&scene, &HOSTS).expect_err("a host is cut off");
    assert!(
        matches!(
            &error,
            AdoptError::Problems {
                is_unreached: true,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn what_is_there_is_not_overwritten() {
    let scene = of_the_original_module();
    let adopted = read(&scene, &HOSTS).expect("it can be adopted");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("etcd.yml");
    let written = adopted
        .write(Some(&file), folder.path())
        .expect("nothing is there");
    assert_eq!(written.len(), 8, "{written:?}");
    let again = adopted
        .write(Some(&file), folder.path())
        .expect("all is there");
    assert_eq!(again, [""; 0]);
    let key = folder.path().join("files/pki/etcd/etcd-2.key");
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &key.metadata().expect("it is there").permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
    std::fs::write(&key, "another").expect("written");
    std::fs::write(&file, "all: {}\n").expect("written");
    let error = adopted
        .write(Some(&file), folder.path())
        .expect_err("they are there");
    let text = error.to_string();
    assert!(
        text.contains("etcd.yml") && text.contains("etcd-2.key"),
        "{text}"
    );
    assert_eq!(std::fs::read_to_string(&key).expect("read"), "another");
}
