use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use etcd_plan::Goal;
use etcd_plan_tests::skipped;

use crate::sandbox::Sandbox;

/// The folder of the sandbox that the other process works in.
const FOLDER: &str = "ETCD_PLAN_TEST_KILLED_IN";
const NET: u8 = 10;

/// How often the process is killed before the run that is left alone.
const KILLS: u32 = 6;

/// The process that is killed: it builds the cluster, or builds it anew.
#[test]
#[ignore = "started by the test that kills it"]
fn build() {
    let Some(dir) = env::var_os(FOLDER) else {
        skipped("the test that kills it starts it");
        return;
    };
    let sandbox = Sandbox::at(NET, PathBuf::from(dir));
    let goal = env::var("ETCD_PLAN_TEST_GOAL").expect("it is given");
    let goal: Goal = goal.parse().expect("a goal");
    sandbox.run(&sandbox.plan(3, |ask| ask.goal(goal)));
}

/// `kill -9` at any moment of a run, again and again, and then one run to the end: the cluster works.
#[test]
fn a_run_that_is_killed_at_random_moments_goes_on() {
    let Some(sandbox) = Sandbox::fresh(NET) else {
        return;
    };
    let seed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| u64::from(time.subsec_nanos()));
    eprintln!("seed {seed}");
    let mut random = seed;
    for nth in 0..KILLS {
        let goal = if nth % 3 == 2 { "rebuild" } else { "create" };
        let mut killed = Command::new(env::current_exe().expect("it runs"))
            .args(["kills::build", "--exact", "--ignored"])
            .env(FOLDER, &sandbox.dir)
            .env("ETCD_PLAN_TEST_GOAL", goal)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it can be started");
        // A whole run takes one to two seconds where nothing else runs.
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        thread::sleep(Duration::from_millis(20 + (random >> 33) % 1500));
        killed.kill().expect("it is ours");
        killed.wait().expect("it ends");
    }
    let plan = sandbox.plan(3, |ask| ask);
    sandbox.must_run(&plan);
    sandbox.etcdctl(&[1], &["put", "a", "1"]).expect("it works");
    let read = sandbox.etcdctl(&[3], &["get", "a", "--print-value-only"]);
    assert_eq!(read.as_deref(), Ok("1"));
    let again = sandbox.must_run(&plan);
    assert!(!again.has_changes(), "{again}");
}
