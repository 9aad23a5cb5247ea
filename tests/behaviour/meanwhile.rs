//! What others do while a run goes on: it holds its hosts, and it notices what moved.

use etcd_plan::Event;
use etcd_plan::engine::{Flow, Observer, Silent};
use etcd_plan::op::Ownership;
use etcd_plan::report::Outcome;
use etcd_plan_testkit::{FaultPlan, Journal, Node};
use etcd_plan_tests::{HOSTS, Scene};

/// Does something once, when an event of this kind comes.
struct Once<'a, W, A> {
    when: W,
    act: Option<A>,
    scene: &'a Scene,
}

impl<W: Fn(&Event) -> bool, A: FnOnce(&Scene)> Observer for Once<'_, W, A> {
    fn on_event(&mut self, event: &Event) -> Flow {
        if (self.when)(event)
            && let Some(act) = self.act.take()
        {
            act(self.scene);
        }
        Flow::Continue
    }
}

fn judged(event: &Event) -> bool {
    matches!(event, Event::Judged { .. })
}

/// Waits for the end of a step whose name ends like this.
fn ended(name: &'static str) -> impl Fn(&Event) -> bool {
    move |event| matches!(event, Event::StepEnded { step, .. } if step.as_str().ends_with(name))
}

/// Says whether a host saw one of these operations.
fn saw(journal: &Journal, names: &[&str]) -> bool {
    journal.iter().any(|entry| names.contains(&entry.name()))
}

#[test]
fn a_run_that_finds_a_lock_fails_before_any_change() {
    let scene = Scene::living();
    let plan = scene.rebuild();
    let mut second = None;
    let mut observer = Once {
        when: ended("controller/locked"),
        scene: &scene,
        act: Some(|scene: &Scene| {
            let before = scene.world.snapshot();
            let ran = scene.run(&plan);
            before.assert_same(&scene.world.snapshot());
            second = Some(ran);
        }),
    };
    let first = scene.run_with(&plan, FaultPlan::none(), &mut observer);
    first.succeeded();
    scene.assert_works();
    let second = second.expect("it was run");
    let journal = second.executor.journal();
    let is_lock = |name: &str| name == "lock";
    assert!(
        journal
            .iter()
            .all(|entry| !entry.is_write() || is_lock(entry.name()))
    );
    let report = second.reported();
    let text = report.to_string();
    assert!(
        text.contains("held by ") && text.contains("since "),
        "{text}"
    );
    assert_eq!(report.count(Outcome::Changed), 0);
}

#[test]
fn locks_are_free_after_the_run() {
    let scene = Scene::living();
    scene.must_run(&scene.rebuild());
    scene.must_run(&scene.rebuild());
}

/// Lets something happen between the reading and the locks; no run may go on from there.
#[track_caller]
fn assert_noticed(begin: fn() -> Scene, rebuild: bool, act: fn(&Scene)) {
    let scene = begin();
    let plan = if rebuild {
        scene.rebuild()
    } else {
        scene.plan()
    };
    let mut observer = Once {
        when: judged,
        scene: &scene,
        act: Some(act),
    };
    let ran = scene.run_with(&plan, FaultPlan::none(), &mut observer);
    let journal = ran.executor.journal();
    assert!(
        journal
            .iter()
            .all(|entry| !entry.is_write() || entry.name() == "lock")
    );
    let text = ran.reported().to_string();
    assert!(text.contains("has moved since it was read"), "{text}");
}

#[test]
fn data_that_comes_between_reading_and_locks_is_noticed() {
    assert_noticed(Scene::bare, false, |scene| {
        let wal = Node::file("log", Ownership::both("root"), 0o600);
        let path = "/data/etcd/member/wal/0000000000000000-0000000000000000.wal";
        scene.world.put_file(HOSTS[1], path, wal);
    });
}

#[test]
fn a_member_that_is_started_between_reading_and_locks_is_noticed() {
    assert_noticed(Scene::stopped, false, |scene| {
        scene
            .world
            .start_service(HOSTS[2], "etcd")
            .expect("a known unit");
    });
}

#[test]
fn a_process_that_takes_a_port_between_reading_and_locks_is_noticed() {
    assert_noticed(Scene::stopped, true, |scene| {
        scene.world.install_foreign(HOSTS[0], "nginx", 2380);
    });
}

#[test]
fn another_cluster_that_moves_in_between_reading_and_locks_is_noticed() {
    assert_noticed(Scene::living, true, |scene| {
        let conf = Node::file("name: other-3\n", Ownership::both("etcd"), 0o644);
        scene.world.put_file(HOSTS[2], "/etc/etcd/etcd.conf", conf);
    });
}

/// After the locks nobody of ours can move anything, but others can: each host is looked at again
/// just before something is taken away there.
#[test]
fn what_comes_just_before_a_stop_is_noticed_on_that_host() {
    let scene = Scene::living();
    let plan = scene.rebuild();
    let mut observer = Once {
        when: ended("controller/staged"),
        scene: &scene,
        act: Some(|scene: &Scene| scene.world.install_foreign(HOSTS[1], "nginx", 2379)),
    };
    let ran = scene.run_with(&plan, FaultPlan::none(), &mut observer);
    let journal = ran.executor.journal();
    assert!(!saw(
        &journal,
        &["move_aside", "promote_file", "start_service"]
    ));
    let mut stops = journal
        .iter()
        .filter(|entry| entry.name() == "stop_service");
    assert!(stops.all(|entry| entry.host.as_str() != HOSTS[1]));
    let text = ran.reported().to_string();
    assert!(
        text.contains("has moved since it was read") && text.contains("nginx"),
        "{text}"
    );
}

#[test]
fn a_member_that_comes_back_between_stop_and_purge_keeps_its_data() {
    let scene = Scene::living();
    let plan = scene.rebuild();
    let mut observer = Once {
        when: ended("controller/down"),
        scene: &scene,
        act: Some(|scene: &Scene| {
            scene
                .world
                .start_service(HOSTS[1], "etcd")
                .expect("a known unit");
        }),
    };
    let report = scene
        .run_with(&plan, FaultPlan::none(), &mut observer)
        .reported();
    let text = report.to_string();
    assert!(
        text.contains("etcd of etcd-2 still runs, so its data stays"),
        "{text}"
    );
    assert!(scene.purged(HOSTS[1], "/data/etcd").is_empty());
    scene.must_run(&plan);
    scene.assert_works();
}

#[test]
fn a_host_that_goes_away_in_the_middle_is_reported_and_the_next_run_completes() {
    let scene = Scene::bare();
    let plan = scene.plan();
    let mut observer = Once {
        when: ended("controller/locked"),
        scene: &scene,
        act: Some(|scene: &Scene| scene.world.power_off(HOSTS[1])),
    };
    let report = scene
        .run_with(&plan, FaultPlan::none(), &mut observer)
        .reported();
    assert!(report.failures().count() > 0);
    let refused = scene
        .run_with(&plan, FaultPlan::none(), &mut Silent)
        .refused();
    assert!(
        refused.contains("[readable] etcd on 10.10.10.11"),
        "{refused}"
    );
    scene.world.power_on(HOSTS[1]);
    scene.must_run(&plan);
    scene.assert_works();
}
