//! A cluster that lives goes to another version of etcd, one member at a time.

use etcd_plan::core::plan::PlanBuilder;
use etcd_plan::engine::{Run, Silent};
use etcd_plan::plan::Plan;
use etcd_plan::{Goal, Outcome};
use etcd_plan_testkit::{Effect, FaultPlan, HostSpec, Kind, SimExecutor, SimWorld};
use etcd_plan_tests::{HOSTS, Scene, THREE};

use crate::cuts::CUTS;
use crate::reloads::{conf, hosts_of, keeps};

const OLD: &str = "3.4.23";
const NEW: &str = "3.5.16";

/// Makes a living cluster of three on the old version, on hosts whose source has the new one.
fn living() -> Scene {
    let hosts = HOSTS.map(|host| HostSpec::new(host).installed(OLD));
    let scene = Scene::on(SimWorld::new(hosts), THREE);
    scene.must_run(&scene.plan());
    scene.put("a", Scene::PRECIOUS);
    scene
}

fn to<'a>(version: &str, builder: PlanBuilder<'a>) -> PlanBuilder<'a> {
    let version = version.parse().expect("a version");
    builder
        .goal(Goal::Upgrade)
        .version(version)
        .backup_on_host()
}

fn upgrade_to(scene: &Scene, version: &str) -> Plan {
    scene.plan_with(|builder| to(version, builder))
}

fn upgrade(scene: &Scene) -> Plan {
    upgrade_to(scene, NEW)
}

/// Gives the version that each member runs on; nothing of one that does not run.
fn versions(scene: &Scene) -> Vec<String> {
    let version = |host| scene.world.running_version(host).unwrap_or_default();
    HOSTS.into_iter().map(version).collect()
}

/// Says whether packages or programs lie about that a run has used.
fn leaves(scene: &Scene, host: &str) -> bool {
    let files = scene.world.files(host);
    let mut ours = files.iter().map(|(path, _)| path.as_str());
    ours.any(|path| path.contains("/etcd-plan/") && path.contains("3."))
}

#[test]
fn members_go_one_by_one_and_the_leader_last() {
    let scene = living();
    assert_eq!(versions(&scene), [OLD; 3]);
    let plan = upgrade(&scene);
    let ran = scene.run(&plan);
    let lines = ran.executor.journal().lines();
    ran.succeeded();
    for op in ["replace_package", "stop_service", "start_service"] {
        assert_eq!(hosts_of(&lines, op), [HOSTS[1], HOSTS[2], HOSTS[0]], "{op}");
    }
    assert_eq!(hosts_of(&lines, "move_leader"), [HOSTS[0]]);
    // All packages are there before the first member goes down.
    let at = |op: &str| lines.lines().position(|line| line.contains(op));
    let last_fetch = lines.lines().count()
        - 1
        - lines
            .lines()
            .rev()
            .position(|line| line.contains("fetch_package"))
            .expect("they were fetched");
    assert!(Some(last_fetch) < at("stop_service"), "{lines}");
    let mut fetched = hosts_of(&lines, "fetch_package");
    fetched.sort_unstable();
    assert_eq!(fetched, HOSTS);
    assert_eq!(versions(&scene), [NEW; 3]);
    for host in HOSTS {
        assert!(!keeps(&scene, host) && !leaves(&scene, host));
    }
    scene.assert_works();
    assert!(scene.holds(HOSTS[2], Scene::PRECIOUS));
    assert!(!scene.must_run(&plan).has_changes());
    assert!(!scene.must_run(&scene.plan()).has_changes());
}

#[test]
fn a_preview_says_what_comes_and_what_is_to_be_known() {
    let scene = living();
    let plan = upgrade(&scene);
    let executor = SimExecutor::new(&scene.world);
    let observed = Run::new(&plan, &executor, &scene.keys).observe(&mut Silent);
    let preview = observed.preview();
    assert_eq!(executor.counters().writes, 0);
    insta::assert_snapshot!(format!(
        "{}\n\n{}",
        plan.changes(&preview, 100),
        preview.notes.join("\n")
    ));
}

/// etcd passes over keys that it does not know: those that a version renamed are renamed.
#[test]
fn configuration_is_written_for_the_version() {
    let keys = "etcd_extra_config: { experimental-corrupt-check-time: 60, \
                experimental-initial-corrupt-check: true }";
    let text = THREE.replace("etcd }", &format!("etcd, {keys} }}"));
    let hosts = HOSTS.map(|host| HostSpec::new(host).installed("3.5.32"));
    let scene = Scene::on(SimWorld::new(hosts), &text);
    scene.must_run(&scene.plan());
    assert!(conf(&scene, HOSTS[1]).contains("experimental-corrupt-check-time: 60"));
    for host in HOSTS {
        scene.world.offer_package(host, "3.6.4");
    }
    scene.must_run(&upgrade_to(&scene, "3.6.4"));
    for host in HOSTS {
        let conf = conf(&scene, host);
        assert!(!conf.contains("experimental"), "{conf}");
        assert!(conf.contains("\ncorrupt-check-time: 60\n"), "{conf}");
        assert!(
            conf.contains("feature-gates: \"InitialCorruptCheck=true\""),
            "{conf}"
        );
    }
    assert!(!scene.must_run(&scene.plan()).has_changes());
}

#[test]
fn a_way_that_etcd_does_not_go_is_refused() {
    let scene = living();
    for (version, words) in [
        ("3.6.4", "is more than one minor release away"),
        ("3.4.20", "is older"),
    ] {
        scene.must_refuse(&upgrade_to(&scene, version), &["[prerequisites]", words]);
    }
    scene.world.auth_enable(HOSTS[0]).expect("it runs");
    scene.must_refuse(&upgrade(&scene), &["etcd has users"]);
    scene.must_run(&upgrade_to(&scene, OLD));
}

#[test]
fn a_version_is_needed_and_a_good_one() {
    let scene = living();
    let build = |goal, version: Option<&str>| {
        let mut builder = Plan::builder(&scene.inventory).goal(goal);
        if let Some(version) = version {
            builder = builder.version(version.parse().expect("a version"));
        }
        let error = builder.build().expect_err("there is no such plan");
        error.to_string()
    };
    for (goal, version, words) in [
        (
            Goal::Upgrade,
            None,
            "the goal `upgrade` needs a version for etcd",
        ),
        (
            Goal::Upgrade,
            Some("3.5"),
            "the goal `upgrade` needs an exact version",
        ),
        (Goal::Upgrade, Some("3.5.2"), "etcd 3.5.2 can corrupt data"),
        (
            Goal::Create,
            Some(NEW),
            "the goal `create` takes no version",
        ),
    ] {
        let said = build(goal, version);
        assert!(said.contains(words), "{said}");
    }
    let mut named = living();
    named.reread(&THREE.replace("etcd }", &format!("etcd, etcd_version: {NEW} }}")));
    named.must_refuse(&named.plan(), &["`etcd-plan upgrade --to`"]);
    named.must_run(&named.plan_with(|builder| builder.goal(Goal::Upgrade).backup_on_host()));
    assert_eq!(versions(&named), [NEW; 3]);
    assert!(!named.must_run(&named.plan()).has_changes());
}

/// Its version is part of the plan that is saved.
#[test]
fn a_saved_plan_is_for_its_version() {
    let scene = living();
    let saved = upgrade(&scene).to_json();
    let plan = Plan::from_json(&saved).expect("it was written by us");
    scene.must_run(&plan);
    assert_eq!(versions(&scene), [NEW; 3]);
    let other = saved.replace(NEW, "3.5.17");
    let other = Plan::from_json(&other).expect("it is whole");
    assert_ne!(other.to_json(), saved);
}

#[test]
fn a_cluster_that_is_not_well_is_not_upgraded() {
    let scene = living();
    scene.world.stop_service(HOSTS[2], "etcd");
    let words = [
        "[members] etcd on 10.10.10.12",
        "is not healthy, and not upgraded",
    ];
    scene.must_refuse(&upgrade(&scene), &words);
}

#[test]
fn a_source_that_lacks_the_version_is_found_before_anybody_goes_down() {
    let scene = living();
    scene.world.offer_package(HOSTS[2], "3.5.20");
    let ran = scene.run(&upgrade(&scene));
    let lines = ran.executor.journal().lines();
    let report = ran.reported();
    assert!(!report.is_success(), "{report}");
    assert!(
        report
            .to_string()
            .contains("no package source has etcd 3.5.16"),
        "{report}"
    );
    assert_eq!(hosts_of(&lines, "stop_service"), [""; 0]);
    scene.world.offer_package(HOSTS[2], NEW);
    scene.must_run(&upgrade(&scene));
    assert_eq!(versions(&scene), [NEW; 3]);
}

#[test]
fn a_member_that_does_not_come_back_gets_its_version_back() {
    let scene = living();
    let plan = upgrade(&scene);
    let words = Effect::Fail("disk on fire".to_owned());
    let faults = FaultPlan::none().at(Kind::Named("start_service"), Some(1), words);
    let ran = scene.run_with(&plan, faults.on(HOSTS[1]), &mut Silent);
    let lines = ran.executor.journal().lines();
    let report = ran.reported();
    assert!(!report.is_success());
    let text = report.to_string();
    let told = "TAKEN BACK ~ etcd-2 is started with what it ran on before";
    assert!(text.contains(told), "{text}");
    assert_eq!(hosts_of(&lines, "put_back_programs"), [HOSTS[1]]);
    assert_eq!(versions(&scene), [OLD; 3], "{text}");
    scene.assert_works();
    scene.must_run(&plan);
    assert_eq!(versions(&scene), [NEW; 3]);
    for host in HOSTS {
        assert!(!leaves(&scene, host));
    }
}

/// The last one cannot go back: the cluster has left the old version by then.
#[test]
fn the_last_member_stays_where_it_is_with_what_to_do() {
    let scene = living();
    let plan = upgrade(&scene);
    let words = Effect::Fail("disk on fire".to_owned());
    let faults = FaultPlan::none().at(Kind::Named("start_service"), Some(1), words);
    let ran = scene.run_with(&plan, faults.on(HOSTS[0]), &mut Silent);
    let lines = ran.executor.journal().lines();
    let text = ran.reported().to_string();
    assert!(text.contains("cannot go back to 3.4.23"), "{text}");
    assert_eq!(hosts_of(&lines, "put_back_programs"), [""; 0]);
    assert_eq!(versions(&scene), ["", NEW, NEW]);
    scene.must_run(&plan);
    assert_eq!(versions(&scene), [NEW; 3]);
    scene.assert_works();
}

#[test]
fn a_limit_upgrades_only_those_members() {
    let scene = living();
    let plan = scene.plan_with(|builder| to(NEW, builder).limit(HOSTS[1]));
    scene.must_run(&plan);
    assert_eq!(versions(&scene), [OLD, NEW, OLD]);
    scene.assert_works();
    scene.must_run(&upgrade(&scene));
    assert_eq!(versions(&scene), [NEW; 3]);
}

/// Wherever an upgrade is cut off, a second run of it ends like one that was not cut, and the cluster
/// answers at every moment.
#[test]
fn an_upgrade_that_is_cut_off_goes_on() {
    let writes = {
        let scene = living();
        let ran = scene.run(&upgrade(&scene));
        let writes = ran.executor.counters().writes;
        ran.succeeded();
        writes
    };
    let fails = |nth| FaultPlan::none().at(Kind::Write, Some(nth), Effect::Fail("no".to_owned()));
    let fails: (&str, fn(usize) -> FaultPlan) = ("a write fails", fails);
    let [dies, others @ ..] = CUTS;
    for nth in 1..=writes {
        // Each write is the last one once, and meets one of the other ends.
        let ends = [others[0], others[1], fails];
        for (how, cut) in [dies, ends[nth % ends.len()]] {
            let scene = living();
            let plan = upgrade(&scene);
            let first = scene.run_with(&plan, cut(nth), &mut Silent).reported();
            assert!(!first.is_success(), "{how} {nth} was not noticed: {first}");
            let up = HOSTS.iter().find(|host| scene.world.leader(host).is_ok());
            let put = scene
                .world
                .put(up.expect("a quorum is up"), "meanwhile", "1");
            put.expect("the cluster answers");
            let second = scene.run(&plan).reported();
            assert!(second.is_success(), "{how} {nth}: {first}\nthen: {second}");
            assert_eq!(versions(&scene), [NEW; 3], "{how} {nth}");
            for host in HOSTS {
                let is_left = keeps(&scene, host) || leaves(&scene, host);
                assert!(!is_left, "{how} {nth}: {host}");
            }
            let third = scene.must_run(&plan);
            assert_eq!(third.count(Outcome::Changed), 0, "{how} {nth}");
            scene.assert_works();
        }
    }
}
