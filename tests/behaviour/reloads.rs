//! A cluster that lives takes on what the inventory says now: who must restart does, one at a time.

use etcd_plan::core::op::Ownership;
use etcd_plan::engine::{Run, Silent};
use etcd_plan::plan::Plan;
use etcd_plan::{Goal, Outcome};
use etcd_plan_testkit::{Effect, FaultPlan, Kind, Node};
use etcd_plan_tests::{HOSTS, Scene, THREE};

use crate::cuts::CUTS;

/// Makes the living cluster of three, and an inventory with these variables more.
pub(crate) fn changed(vars: &str) -> Scene {
    let mut scene = Scene::living();
    scene.reread(&THREE.replace("etcd }", &format!("etcd, {vars} }}")));
    scene
}

pub(crate) const SLOWER: &str = "etcd_heartbeat_interval: 200, etcd_election_timeout: 2000";

pub(crate) fn reload(scene: &Scene) -> Plan {
    scene.plan_with(|builder| builder.goal(Goal::Reload))
}

/// Gives the hosts of the operations of one kind, in their order.
pub(crate) fn hosts_of(lines: &str, op: &str) -> Vec<&'static str> {
    let hosts = lines.lines().filter(|line| line.contains(op));
    let host_in = |line: &str| HOSTS.into_iter().find(|host| line.contains(host));
    hosts.filter_map(host_in).collect()
}

pub(crate) fn conf(scene: &Scene, host: &str) -> String {
    let file = scene.world.read_file(host, "/etc/etcd/etcd.conf");
    String::from_utf8(file.expect("it is there")).expect("it is text")
}

/// Changes a file by hand.
fn overwrite(scene: &Scene, host: &str, path: &str, content: &str) {
    let file = Node::file(content, Ownership::both("etcd"), 0o644);
    scene.world.put_file(host, path, file);
}

/// Changes the configuration of the second member by hand.
fn edit_second(scene: &Scene) {
    let edited =
        conf(scene, HOSTS[1]).replace("heartbeat-interval: 100", "heartbeat-interval: 150");
    overwrite(scene, HOSTS[1], "/etc/etcd/etcd.conf", &edited);
}

/// Says whether a file is there that a run has kept.
pub(crate) fn keeps(scene: &Scene, host: &str) -> bool {
    let kept = ["etcd.conf", "etcd.service"];
    kept.iter().any(|name| {
        let path = format!("/etc/etcd/.{name}.before");
        scene.world.read_file(host, &path).is_some()
    })
}

pub(crate) fn interval(scene: &Scene, host: &str) -> Option<String> {
    let conf = conf(scene, host);
    let mut lines = conf.lines();
    lines.find_map(|line| line.strip_prefix("heartbeat-interval: ").map(str::to_owned))
}

#[test]
fn members_restart_one_by_one_and_the_leader_last() {
    let scene = changed(SLOWER);
    let first = scene.world.member_state(HOSTS[0]).expect("it runs").id;
    assert_eq!(scene.world.leader(HOSTS[0]), Ok(first));
    let plan = reload(&scene);
    let ran = scene.run(&plan);
    let lines = ran.executor.journal().lines();
    let report = ran.succeeded();
    for op in ["stop_service", "start_service"] {
        assert_eq!(hosts_of(&lines, op), [HOSTS[1], HOSTS[2], HOSTS[0]], "{op}");
    }
    assert_eq!(hosts_of(&lines, "move_leader"), [HOSTS[0]]);
    let at = |op: &str, host: &str| {
        let is_it = |line: &str| line.contains(op) && line.contains(host);
        lines.lines().position(is_it).expect("it was done")
    };
    assert!(at("move_leader", HOSTS[0]) < at("stop_service", HOSTS[0]));
    assert_ne!(
        scene.world.leader(HOSTS[0]),
        Ok(first),
        "it did not hand over"
    );
    for host in HOSTS {
        assert_eq!(interval(&scene, host).as_deref(), Some("200"));
        assert!(!keeps(&scene, host));
    }
    assert!(report.has_changes());
    scene.assert_works();
    assert!(scene.holds(HOSTS[2], Scene::PRECIOUS));
    let again = scene.must_run(&plan);
    assert!(!again.has_changes(), "{again}");
    let create = scene.must_run(&scene.plan());
    assert!(!create.has_changes(), "{create}");
}

#[test]
fn a_preview_says_who_restarts_in_which_order_and_what_is_to_be_known() {
    let scene = changed(SLOWER);
    let plan = reload(&scene);
    let executor = etcd_plan_testkit::SimExecutor::new(&scene.world);
    let observed = Run::new(&plan, &executor, &scene.keys).observe(&mut Silent);
    let preview = observed.preview();
    assert_eq!(executor.counters().writes, 0);
    insta::assert_snapshot!(format!(
        "{}\n\n{}",
        plan.changes(&preview, 100),
        preview.notes.join("\n")
    ));
}

#[test]
fn only_members_whose_configuration_changed_restart() {
    let scene = Scene::living();
    edit_second(&scene);
    let plan = reload(&scene);
    let ran = scene.run(&plan);
    let lines = ran.executor.journal().lines();
    ran.succeeded();
    assert_eq!(hosts_of(&lines, "stop_service"), [HOSTS[1]]);
    assert!(conf(&scene, HOSTS[1]).contains("heartbeat-interval: 100"));
    scene.assert_works();
    assert!(!scene.must_run(&plan).has_changes());
}

#[test]
fn what_needs_no_restart_is_written_without_one() {
    let scene = Scene::living();
    let host = HOSTS[1];
    let of_old = conf(&scene, host).replace("etcd-3=", "other=");
    overwrite(&scene, host, "/etc/etcd/etcd.conf", &of_old);
    overwrite(
        &scene,
        HOSTS[2],
        "/etc/profile.d/etcdctl.sh",
        "export NOTHING=1\n",
    );
    scene.world.wipe(HOSTS[0], "/etc/etcd/server.crt");
    let plan = reload(&scene);
    let ran = scene.run(&plan);
    let lines = ran.executor.journal().lines();
    let report = ran.succeeded();
    assert_eq!(hosts_of(&lines, "stop_service"), [""; 0]);
    assert!(report.count(Outcome::Changed) >= 3, "{report}");
    assert!(conf(&scene, host).contains("etcd-3="));
    assert!(!scene.must_run(&plan).has_changes());
}

#[test]
fn a_limit_restarts_only_those_members() {
    let scene = changed(SLOWER);
    let plan = scene.plan_with(|builder| builder.goal(Goal::Reload).limit(HOSTS[0]));
    let ran = scene.run(&plan);
    let lines = ran.executor.journal().lines();
    ran.succeeded();
    assert_eq!(hosts_of(&lines, "stop_service"), [HOSTS[0]]);
    assert_eq!(hosts_of(&lines, "move_leader"), [HOSTS[0]]);
    assert_eq!(interval(&scene, HOSTS[1]).as_deref(), Some("100"));
    assert!(!scene.must_run(&plan).has_changes());
    scene.assert_works();
}

/// A safeguard is about data, and a reload takes none away.
#[test]
fn a_safeguard_does_not_forbid_a_reload() {
    let scene = changed(&format!(
        "{SLOWER}, etcd_safeguard: true, etcd_clean: false"
    ));
    scene.must_run(&reload(&scene));
    assert_eq!(interval(&scene, HOSTS[2]).as_deref(), Some("200"));
    scene.assert_works();
}

#[test]
fn a_member_that_does_not_come_back_gets_what_it_had_and_nobody_else_restarts() {
    let scene = changed("etcd_extra_config: { listen-metrics-urls: 'http://127.0.0.1:2381' }");
    let plan = reload(&scene);
    let words = Effect::Fail("disk on fire".to_owned());
    let faults = FaultPlan::none().at(Kind::Named("start_service"), Some(1), words);
    let ran = scene.run_with(&plan, faults.on(HOSTS[1]), &mut Silent);
    let lines = ran.executor.journal().lines();
    let report = ran.reported();
    assert!(!report.is_success());
    let text = report.to_string();
    let told = "TAKEN BACK ~ etcd-2 is started with what it ran on before";
    assert!(text.contains(told), "{text}");
    assert_eq!(hosts_of(&lines, "start_service"), [HOSTS[1]; 2]);
    assert!(!conf(&scene, HOSTS[1]).contains("metrics"), "{text}");
    assert!(!keeps(&scene, HOSTS[1]));
    scene.assert_works();
    scene.must_run(&plan);
    assert!(conf(&scene, HOSTS[1]).contains("metrics"));
    scene.assert_works();
}

/// It came back, and only the question failed: nothing is taken back, and the next run sees by what
/// was kept that nobody has seen the member well since.
#[test]
fn a_member_that_could_not_be_asked_keeps_the_new_file_until_the_next_run() {
    let scene = changed(SLOWER);
    let plan = reload(&scene);
    let words = Effect::Fail("no answer".to_owned());
    let faults = FaultPlan::none().at(Kind::Named("await_healthy"), Some(1), words);
    let report = scene
        .run_with(&plan, faults.on(HOSTS[1]), &mut Silent)
        .reported();
    assert!(!report.is_success());
    assert!(!report.to_string().contains("TAKEN BACK"), "{report}");
    assert!(keeps(&scene, HOSTS[1]));
    assert_eq!(interval(&scene, HOSTS[2]).as_deref(), Some("100"));
    scene.must_run(&plan);
    assert!(!keeps(&scene, HOSTS[1]));
    assert_eq!(interval(&scene, HOSTS[2]).as_deref(), Some("200"));
    assert!(!scene.must_run(&plan).has_changes());
}

#[test]
fn nobody_restarts_while_another_voter_is_down() {
    let scene = Scene::living();
    edit_second(&scene);
    scene.world.stop_service(HOSTS[2], "etcd");
    scene.must_refuse(
        &reload(&scene),
        &[
            "[members] etcd on 10.10.10.12",
            "etcd-3 has a vote and is not healthy",
        ],
    );
}

/// The one that is down restarts too: first, whoever leads.
#[test]
fn who_is_down_restarts_first() {
    let scene = changed(SLOWER);
    scene.world.stop_service(HOSTS[2], "etcd");
    let ran = scene.run(&reload(&scene));
    let lines = ran.executor.journal().lines();
    ran.succeeded();
    let order = [HOSTS[2], HOSTS[1], HOSTS[0]];
    assert_eq!(hosts_of(&lines, "start_service"), order);
    scene.assert_works();
}

#[test]
fn a_reload_needs_the_cluster_of_the_inventory() {
    let bare = Scene::bare();
    bare.must_refuse(
        &reload(&bare),
        &["there is no cluster whose members could restart"],
    );
    let moved = changed("etcd_port: 3379");
    moved.must_refuse(&reload(&moved), &["a reload does not move members"]);
    let elsewhere = changed("etcd_data: /data/other");
    elsewhere.must_refuse(&reload(&elsewhere), &["not the cluster of the inventory"]);
    let down = changed(SLOWER);
    down.world.stop_service(HOSTS[1], "etcd");
    down.world.stop_service(HOSTS[2], "etcd");
    down.must_refuse(&reload(&down), &["3 of 3 voters are not healthy"]);
}

#[test]
fn what_only_a_restart_brings_is_refused_elsewhere_with_the_way_out() {
    let scene = changed(SLOWER);
    scene.must_refuse(&scene.plan(), &["[drift]", "`etcd-plan reload`"]);
}

/// Wherever a reload is cut off, a second run of it ends like one that was not cut, and the cluster
/// answers at every moment.
#[test]
fn a_reload_that_is_cut_off_goes_on() {
    let writes = {
        let scene = changed(SLOWER);
        let ran = scene.run(&reload(&scene));
        let writes = ran.executor.counters().writes;
        ran.succeeded();
        writes
    };
    for (how, cut) in CUTS {
        for nth in 1..=writes {
            let scene = changed(SLOWER);
            let plan = reload(&scene);
            let first = scene.run_with(&plan, cut(nth), &mut Silent).reported();
            assert!(!first.is_success(), "{how} {nth} was not noticed: {first}");
            let up = HOSTS.iter().find(|host| scene.world.leader(host).is_ok());
            let put = scene
                .world
                .put(up.expect("a quorum is up"), "meanwhile", "1");
            put.expect("the cluster answers");
            let second = scene.run(&plan).reported();
            assert!(second.is_success(), "{how} {nth}: {first}\nthen: {second}");
            for host in HOSTS {
                assert_eq!(
                    interval(&scene, host).as_deref(),
                    Some("200"),
                    "{how} {nth}"
                );
                let running = scene.world.running_config(host).expect("it runs");
                assert_eq!(
                    running.heartbeat_ms, 200,
                    "{how} {nth}: {host} runs on the old file"
                );
                assert!(!keeps(&scene, host), "{how} {nth}");
            }
            assert!(!scene.must_run(&plan).has_changes(), "{how} {nth}");
            scene.assert_works();
        }
    }
}

/// The files are as wanted, and nobody has restarted since they were written.
#[test]
fn files_that_were_written_and_never_taken_on_are_taken_on() {
    let scene = changed(SLOWER);
    scene.world.pass_time(60_000);
    scene.must_run(&scene.tagged(&[etcd_plan::Subtask::Config]));
    let heartbeat = || {
        scene
            .world
            .running_config(HOSTS[1])
            .map(|conf| conf.heartbeat_ms)
    };
    assert_eq!(heartbeat(), Ok(100));
    let report = scene.must_run(&reload(&scene));
    let lines: Vec<&String> = report.steps.iter().flat_map(|step| &step.lines).collect();
    let told = "was changed 60 s after etcd began";
    assert!(lines.iter().any(|line| line.contains(told)), "{lines:?}");
    assert_eq!(heartbeat(), Ok(200));
    assert!(!scene.must_run(&reload(&scene)).has_changes());
    scene.assert_works();
}

/// What etcd does not read again leaves the time of the file as it is.
#[test]
fn a_file_that_was_only_brought_up_to_date_is_no_reason_to_restart() {
    let scene = Scene::living();
    scene.world.pass_time(60_000);
    let host = HOSTS[1];
    let file = scene.world.files(host);
    let path = etcd_plan::core::names::HostPath::fixed("/etc/etcd/etcd.conf");
    let mut of_old = file.get(&path).expect("it is there").clone();
    of_old.content = Some(conf(&scene, host).replace("etcd-3=", "other=").into_bytes());
    scene
        .world
        .put_file_unnoticed(host, "/etc/etcd/etcd.conf", of_old);
    let plan = reload(&scene);
    assert!(scene.must_run(&plan).has_changes());
    assert!(conf(&scene, host).contains("etcd-3="));
    let again = scene.run(&plan);
    let lines = again.executor.journal().lines();
    assert!(!again.succeeded().has_changes());
    assert_eq!(hosts_of(&lines, "stop_service"), [""; 0]);
}
