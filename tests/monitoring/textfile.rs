//! What the status tells node exporter.

use std::io::Write as _;
use std::process::{Command, Stdio};

use etcd_plan::engine::{RunSettings, Silent};
use etcd_plan::status;
use etcd_plan_testkit::SimExecutor;
use etcd_plan_tests::snapshots::assert_snapshot;
use etcd_plan_tests::{HOSTS, Scene, skipped};

/// Three members, one of which does not run.
fn text() -> String {
    let scene = Scene::living();
    scene.world.stop_service(HOSTS[1], "etcd");
    let (plan, executor) = (scene.plan(), SimExecutor::new(&scene.world));
    let settings = RunSettings::default();
    let status = status::read(&plan, &executor, &scene.keys, settings, &mut Silent);
    status.to_prometheus()
}

#[test]
fn it_tells_of_clusters_and_members() {
    let text = text();
    let lines = text.lines().map(|line| match line.rsplit_once(' ') {
        // Times, which are large and no two runs agree in.
        Some((series, value)) if series.contains("_seconds{") && value != "0" => {
            format!("{series} <time>")
        }
        _ => line.to_owned(),
    });
    let lines: Vec<String> = lines.collect();
    assert_snapshot("monitoring", "textfile", &lines.join("\n"));
}

#[test]
fn promtool_takes_it() {
    let promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut promtool) = promtool else {
        skipped("there is no promtool on this machine");
        return;
    };
    let mut input = promtool.stdin.take().expect("it is a pipe");
    input.write_all(text().as_bytes()).expect("it reads");
    drop(input);
    let output = promtool.wait_with_output().expect("it ends");
    let said = crate::promtool::said(&output);
    assert!(output.status.success() && said.is_empty(), "{said}");
}
