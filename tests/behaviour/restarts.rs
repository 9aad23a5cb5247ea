//! While members restart one after the other, something goes wrong with another one.

use etcd_plan::Event;
use etcd_plan::engine::Flow;
use etcd_plan_testkit::{Effect, FaultPlan, Kind, SimWorld};
use etcd_plan_tests::{HOSTS, Scene};

use crate::reloads::{SLOWER, changed, conf, hosts_of, interval, keeps, reload};

/// Reloads, and does something to the world when a step ends; gives what was said, and who was stopped.
fn reload_and(scene: &Scene, when: &str, act: impl Fn(&SimWorld)) -> (String, Vec<&'static str>) {
    let step_name = format!("etcd/{when}");
    let mut observer = |event: &Event| {
        if matches!(event, Event::StepEnded { step, .. } if step.as_str() == step_name) {
            act(&scene.world);
        }
        Flow::Continue
    };
    let ran = scene.run_with(&reload(scene), FaultPlan::none(), &mut observer);
    let stopped = hosts_of(&ran.executor.journal().lines(), "stop_service");
    let report = ran.reported();
    assert!(!report.is_success(), "{report}");
    (report.to_string(), stopped)
}

/// The second run goes on, once all is well again.
fn assert_goes_on(scene: &Scene) {
    scene.must_run(&reload(scene));
    for host in HOSTS {
        assert_eq!(interval(scene, host).as_deref(), Some("200"));
        assert!(!keeps(scene, host));
    }
    assert!(!scene.must_run(&reload(scene)).has_changes());
    scene.assert_works();
}

#[test]
fn the_next_does_not_restart_when_one_that_was_back_is_down_again() {
    let scene = changed(SLOWER);
    let settled = "10.10.10.11/etcd_launch/settle/follower";
    let (said, stopped) = reload_and(&scene, settled, |world| {
        world.kill_service(HOSTS[1], "etcd");
    });
    assert!(said.contains("etcd-3 does not restart"), "{said}");
    assert!(said.contains("etcd-2 is not healthy"), "{said}");
    assert_eq!(stopped, [HOSTS[1]]);
    assert_eq!(interval(&scene, HOSTS[2]).as_deref(), Some("100"));
    scene.put("meanwhile", "1");
    scene
        .world
        .start_service(HOSTS[1], "etcd")
        .expect("it is known");
    assert_goes_on(&scene);
}

#[test]
fn the_next_does_not_restart_when_an_alarm_was_raised_meanwhile() {
    let scene = changed(SLOWER);
    let settled = "10.10.10.11/etcd_launch/settle/follower";
    let raise = |world: &SimWorld| world.raise_alarm(HOSTS[0], "CORRUPT").expect("it runs");
    let (said, stopped) = reload_and(&scene, settled, raise);
    assert!(said.contains("has raised CORRUPT"), "{said}");
    assert_eq!(stopped, [HOSTS[1]]);
    scene.world.disarm(HOSTS[0]).expect("it runs");
    assert_goes_on(&scene);
}

#[test]
fn a_member_that_raises_an_alarm_gets_back_what_it_had() {
    let scene = changed(SLOWER);
    let restarted = "10.10.10.11/etcd_launch/restart/follower";
    let raise = |world: &SimWorld| world.raise_alarm(HOSTS[1], "NOSPACE").expect("it runs");
    let (said, stopped) = reload_and(&scene, restarted, raise);
    assert!(
        said.contains("etcd-2 has raised the alarm NOSPACE"),
        "{said}"
    );
    assert!(said.contains("TAKEN BACK ~ etcd-2"), "{said}");
    assert_eq!(stopped, [HOSTS[1]; 2]);
    assert!(conf(&scene, HOSTS[1]).contains("heartbeat-interval: 100"));
    scene.world.disarm(HOSTS[0]).expect("it runs");
    assert_goes_on(&scene);
}

/// It is well as it is, so it stays as it is: nothing of it was changed yet.
#[test]
fn a_leader_that_cannot_hand_over_does_not_restart() {
    let scene = changed(SLOWER);
    let words = Effect::Fail("etcdserver: request timed out".to_owned());
    let faults = FaultPlan::none().at(Kind::Named("move_leader"), Some(1), words);
    let ran = scene.run_with(&reload(&scene), faults, &mut etcd_plan::engine::Silent);
    let report = ran.reported();
    assert!(!report.is_success(), "{report}");
    let running = scene.world.running_config(HOSTS[0]).expect("it runs");
    assert_eq!(running.heartbeat_ms, 100);
    assert!(conf(&scene, HOSTS[0]).contains("heartbeat-interval: 100"));
    assert!(!keeps(&scene, HOSTS[0]));
    assert!(!report.to_string().contains("TAKEN BACK"), "{report}");
    assert_goes_on(&scene);
}
