//! The truth table of the seeds' guards, and where it was not safe enough: what runs, and what lies
//! still, against `etcd_safeguard` and `etcd_clean`.

use etcd_plan::{Goal, Outcome};
use etcd_plan_tests::{HOSTS, Scene, WHOLE};

/// What is there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum There {
    Nothing,
    Running,
    Stopped,
    ForeignProcess,
}

const ALL: [There; 4] = [
    There::Nothing,
    There::Running,
    There::Stopped,
    There::ForeignProcess,
];

fn begin(there: There) -> Scene {
    match there {
        There::Nothing => Scene::bare(),
        There::Running => Scene::living(),
        There::Stopped => Scene::stopped(),
        There::ForeignProcess => {
            let scene = Scene::bare();
            scene.world.install_foreign(HOSTS[1], "nginx", 2379);
            scene
        }
    }
}

/// Gives the words of the refusal that must come, if one must.
fn refusal(there: There, safeguard: bool, clean: bool) -> Option<&'static str> {
    match (there, safeguard || !clean) {
        (There::ForeignProcess, _) => Some("nginx"),
        (There::Nothing, _) | (_, false) => None,
        (There::Running, true) => Some("etcd runs (process "),
        (There::Stopped, true) => Some("etcd is down, /data/etcd holds its data"),
    }
}

fn check(there: There, safeguard: bool, clean: bool, goal: Goal) {
    let scene = begin(there);
    let vars = [
        format!("etcd_safeguard={safeguard}"),
        format!("etcd_clean={clean}"),
    ];
    let plan = scene.with_extra(goal, &[&vars[0], &vars[1]]);
    if let Some(words) = refusal(there, safeguard, clean) {
        let closed = match (there, safeguard, clean) {
            (There::ForeignProcess, ..) => "[foreign] etcd on 10.10.10.11",
            (_, true, true) => "`etcd_safeguard` is true",
            (_, false, _) => "`etcd_clean` is false",
            (_, true, false) => "`etcd_safeguard` is true and `etcd_clean` false",
        };
        scene.must_refuse(&plan, &[words, closed]);
        return;
    }
    let report = scene.must_run(&plan);
    scene.assert_works();
    let key = scene.world.get(HOSTS[0], "a").expect("it answers");
    match (there, goal) {
        (There::Nothing, _) => assert!(report.has_changes()),
        (
            _,
            Goal::Create
            | Goal::Join
            | Goal::Reload
            | Goal::Upgrade
            | Goal::Backup
            | Goal::Maintain
            | Goal::RotateCerts
            | Goal::RotateCa,
        ) => {
            assert_eq!(key.as_deref(), Some(Scene::PRECIOUS));
            let is_left_alone = report.count(Outcome::Changed) == 0;
            assert_eq!(is_left_alone, there == There::Running);
        }
        (_, other @ (Goal::Remove | Goal::Replace | Goal::Destroy | Goal::Recover)) => {
            panic!("{other} is not about whole clusters that are to be there")
        }
        (_, Goal::Rebuild | Goal::Restore) => {
            assert_eq!(key, None, "the cluster is new");
            assert!(
                scene.holds(HOSTS[0], Scene::PRECIOUS),
                "moved aside, not deleted"
            );
        }
    }
}

#[test]
fn what_is_there_is_purged_only_where_both_guards_are_open() {
    for there in ALL {
        for (safeguard, clean) in [(false, true), (true, true), (false, false), (true, false)] {
            for goal in WHOLE {
                check(there, safeguard, clean, goal);
            }
        }
    }
}
