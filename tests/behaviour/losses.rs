//! What a plan would take away is told before it is done.

use etcd_plan::engine::{Run, Silent};
use etcd_plan::facts::Loss;
use etcd_plan::plan::{Plan, Subtask};
use etcd_plan_testkit::SimExecutor;
use etcd_plan_tests::{HOSTS, Scene};

fn losses(scene: &Scene, plan: &Plan) -> Vec<Loss> {
    let executor = SimExecutor::new(&scene.world);
    let run = Run::new(plan, &executor, &scene.keys);
    run.observe(&mut Silent).losses()
}

#[test]
fn what_takes_nothing_away_loses_nothing() {
    assert_eq!(losses(&Scene::bare(), &Scene::bare().plan()), []);
    let scene = Scene::living();
    assert_eq!(losses(&scene, &scene.plan()), []);
}

#[test]
fn a_living_cluster_says_what_it_holds() {
    let scene = Scene::living();
    scene.put("b", "more");
    for plan in [scene.rebuild(), scene.tagged(&[Subtask::Purge])] {
        let losses = losses(&scene, &plan);
        assert_eq!(losses.len(), 1);
        let loss = &losses[0];
        assert_eq!((loss.members.len(), loss.keys), (3, Some(2)));
        assert!(loss.db_size.is_some() && loss.revision >= Some(3));
        let since = loss.since.as_ref().expect("the token tells it");
        assert!(since.len() == "20261121T143000Z".len(), "{since}");
        assert!(loss.to_string().contains("keys      2\n"), "{loss}");
    }
}

#[test]
fn what_stands_still_is_a_loss_of_unknown_size() {
    let scene = Scene::stopped();
    let losses = losses(&scene, &scene.rebuild());
    assert_eq!((losses[0].keys, losses[0].revision), (None, None));
    assert!(losses[0].to_string().contains("not known"));
}

#[test]
fn what_a_cut_off_run_has_left_is_no_loss() {
    let scene = Scene::living();
    // As if the run had been cut off before the cluster was proved: its note is still there.
    for host in HOSTS {
        let conf = scene.world.read_file(host, "/etc/etcd/etcd.conf");
        let conf = String::from_utf8(conf.expect("a file")).expect("text");
        let token = conf
            .lines()
            .find_map(|line| line.strip_prefix("initial-cluster-token: "));
        let owner = etcd_plan::op::Ownership::both("etcd");
        let note = etcd_plan_testkit::Node::file(token.expect("a token"), owner, 0o644);
        scene.world.put_file(host, "/etc/etcd/.being-built", note);
        scene.world.stop_service(host, "etcd");
        scene.world.wipe(host, "/data/etcd/member/snap");
    }
    scene.world.wipe(HOSTS[0], "/data/etcd");
    assert_eq!(losses(&scene, &scene.plan()), []);
}
