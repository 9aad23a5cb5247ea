//! The previews in the pages of the manual are what the code gives.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use etcd_plan::Goal;
use etcd_plan::adopt::{self, AdoptSettings};
use etcd_plan::consumers::{Consumer, Output};
use etcd_plan::engine::{Observed, Run, RunSettings, Silent};
use etcd_plan::monitoring::{self, MonitoringPaths};
use etcd_plan::plan::Plan;
use etcd_plan_testkit::{HostSpec, SimExecutor, SimWorld};
use etcd_plan_tests::Scene;

use crate::blocks::block;
use crate::readme::fenced;

/// Where the pages are.
const FOLDER: &str = "crates/etcd-plan/src/manual";

/// The width of the terminal in them.
const WIDTH: usize = 80;

const ALL: [&str; 6] = [
    "10.10.10.9",
    "10.10.10.10",
    "10.10.10.11",
    "10.10.10.12",
    "10.10.10.13",
    "10.10.10.14",
];

/// Gives what a page shows.
type Shown = fn() -> String;

/// The pages, each with the preview that it shows.
const PAGES: [(&str, Shown); 16] = [
    ("create", || preview(&on(0), 3, Goal::Create, &[])),
    ("adopt", adopted),
    ("join", || {
        preview(&on(3), 4, Goal::Join, &["limit 10.10.10.13"])
    }),
    ("remove", || {
        preview(&on(5), 5, Goal::Remove, &["depart 10.10.10.14"])
    }),
    ("replace", || {
        let asked = ["depart 10.10.10.12", "limit 10.10.10.13"];
        preview(&on(3), 4, Goal::Replace, &asked)
    }),
    ("reload", || {
        let asked = ["extra etcd_election_timeout=2000"];
        preview(&on(3), 3, Goal::Reload, &asked)
    }),
    ("upgrade", || {
        preview(&on_the_old_version(), 3, Goal::Upgrade, &["to 3.5.16"])
    }),
    ("destroy", || preview(&on(3), 3, Goal::Destroy, &[])),
    ("backup", || preview(&on(3), 3, Goal::Backup, &["keep 14"])),
    ("maintain", || {
        let scene = on(3);
        let aged = scene.world.age("10.10.10.10", 1_000_000);
        aged.expect("it is well");
        preview(&scene, 3, Goal::Maintain, &["revisions 2"])
    }),
    ("restore", restoring),
    ("rotate-certs", || {
        preview(&on(3), 3, Goal::RotateCerts, &["again yes"])
    }),
    ("rotate-ca", || {
        preview(&on(3), 3, Goal::RotateCa, &["stage trust", "again yes"])
    }),
    ("recover", || {
        let scene = on(3);
        for host in [&ALL[1], &ALL[3]] {
            scene.world.kill_service(host, "etcd");
            for path in ["/data/etcd", "/etc/etcd"] {
                scene.world.wipe(host, path);
            }
        }
        preview(&scene, 3, Goal::Recover, &[])
    }),
    ("monitoring", watching),
    ("consumers", patroni),
];

#[test]
fn every_page_shows_what_the_code_gives() {
    let mut names = BTreeSet::new();
    for (name, preview) in PAGES {
        let page = format!("{FOLDER}/{name}.md");
        block(&page, "preview", &fenced("text", &preview()));
        names.insert(format!("{name}.md"));
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(FOLDER);
    let there = fs::read_dir(folder).expect("a folder");
    let there = there.map(|file| file.expect("a file").path());
    let shows = |page: &PathBuf| {
        let text = fs::read_to_string(page).expect("a page");
        text.contains("<!-- begin preview -->")
    };
    let name = |page: PathBuf| {
        page.file_name()
            .map(|name| name.to_string_lossy().into_owned())
    };
    let pages: BTreeSet<String> = there.filter(shows).filter_map(name).collect();
    assert_eq!(pages, names, "a page without a preview that is checked");
}

fn text(members: usize) -> String {
    let hosts = ALL[1..].iter().enumerate().take(members);
    let hosts: Vec<String> = hosts
        .map(|(seq, host)| format!("        {host}: {{ etcd_seq: {} }}\n", seq + 1))
        .collect();
    format!(
        "all:\n  children:\n    etcd:\n      hosts:\n{}      vars: {{ etcd_cluster: etcd }}\n    \
         infra: {{ hosts: {{ 10.10.10.9: {{}} }} }}\n",
        hosts.concat()
    )
}

/// Gives the inventory of a cluster that is adopted.
fn adopted() -> String {
    let text = text(3).replace("etcd }", "etcd, etcd_quota_backend_bytes: 2GiB }");
    let scene = Scene::on(SimWorld::of(&ALL), &text);
    scene.must_run(&scene.plan());
    let hosts = ALL[1..4].iter().map(|name| {
        let mut host = adopt::host(&format!("admin@{name}")).expect("a name");
        host.connection.become_user = Some("root".to_owned());
        host
    });
    let hosts: Vec<_> = hosts.collect();
    let executor = SimExecutor::new(&scene.world);
    let adopted = adopt::read(&hosts, &executor, &AdoptSettings::default());
    adopted.expect("it can be adopted").inventory().to_owned()
}

/// Gives what `etcd-plan monitoring` says when it has written its files.
fn watching() -> String {
    let paths = MonitoringPaths::default();
    let files = monitoring::files(on(0).plan().clusters(), &paths).expect("the templates work");
    let lines = files
        .iter()
        .map(|file| format!("+ monitoring/{}\n", file.path));
    lines.collect()
}

/// Gives the hosts, with a cluster of so many members.
/// Gives what `etcd-plan outputs --for patroni --scope pg-test` prints.
fn patroni() -> String {
    let scene = on(0);
    let plan = scene.plan();
    let output = Output {
        scope: Some("pg-test".parse().expect("a scope")),
        ..Output::new(Consumer::Patroni, plan.clusters()[0].name.clone())
    };
    output.render(plan.clusters()).expect("all is said")
}

fn on(members: usize) -> Scene {
    let scene = Scene::of(&ALL, &text(members.max(1)));
    if members > 0 {
        scene.must_run(&scene.plan());
        for key in ["/pg/test/leader", "/pg/test/config", "/pg/meta/leader", "a"] {
            scene.put(key, "1");
        }
    }
    scene
}

/// Gives the hosts with a cluster of three on Debian 12's etcd.
fn on_the_old_version() -> Scene {
    let hosts = ALL.map(|host| HostSpec::new(host).installed("3.4.23"));
    let scene = Scene::on(SimWorld::new(hosts), &text(3));
    scene.must_run(&scene.plan());
    scene
}

/// Gives what the command shows before it asks: changes, notes, and what would be lost.
fn preview(scene: &Scene, members: usize, goal: Goal, asked: &[&str]) -> String {
    let inventory = etcd_plan_tests::inventory(&text(members));
    let mut builder = Plan::builder(&inventory).goal(goal);
    for asked in asked {
        builder = match asked.split_once(' ').expect("a word and a value") {
            ("limit", pattern) => builder.limit(pattern),
            ("to", version) => builder.version(version.parse().expect("a version")),
            ("depart", member) => builder.depart([member]),
            ("keep", number) => builder.backup_keep(number.parse().expect("a number")),
            ("again", _) => builder.rotate_again(),
            ("stage", stage) => builder.rotation_stage(stage.parse().expect("a stage")),
            ("revisions", number) => builder.keep_revisions(number.parse().expect("a number")),
            (_, variable) => {
                let mut extra = etcd_plan::ExtraVars::new();
                extra.add_argument(variable).expect("`name=value`");
                builder.extra_vars(extra)
            }
        };
    }
    let plan = builder.build().expect("a plan");
    let executor = SimExecutor::new(&scene.world);
    let observed = Run::new(&plan, &executor, &scene.keys).observe(&mut Silent);
    assert!(observed.refusals().is_empty(), "{:?}", observed.refusals());
    told(&plan, &observed)
}

/// Gives what a restore of a backup of the cluster shows that lives.
fn restoring() -> String {
    let scene = on(3);
    let folder = tempfile::TempDir::new().expect("a folder");
    let settings = || RunSettings {
        folder: folder.path().to_owned(),
        ..RunSettings::default()
    };
    let backup = scene.plan_with(|ask| ask.goal(Goal::Backup));
    let executor = SimExecutor::new(&scene.world);
    let ran = scene.run_through(&backup, &executor, settings(), &mut Silent);
    assert!(ran.is_ok_and(|report| report.is_success()));
    let names = fs::read_dir(folder.path().join("backups")).expect("it is there");
    let mut names = names.map(|entry| entry.expect("it can be read").file_name());
    let name = names.find(|name| Path::new(name).extension().is_some_and(|end| end == "db"));
    let name = name.expect("a snapshot").into_string().expect("text");
    let restore =
        scene.plan_with(|ask| ask.goal(Goal::Restore).snapshot(format!("backups/{name}")));
    let run = Run::new(&restore, &executor, &scene.keys).settings(settings());
    let observed = run.observe(&mut Silent);
    assert!(observed.refusals().is_empty(), "{:?}", observed.refusals());
    let told = told(&restore, &observed);
    let (before, rest) = told.split_once(" at 2").expect("the time of the snapshot");
    let (_, after) = rest.split_once("Z:").expect("the end of the time");
    format!("{before} at 2026-11-21T14:30:00Z:{after}")
}

fn told(plan: &Plan, observed: &Observed<'_>) -> String {
    let preview = observed.preview();
    let mut text = plan.changes(&preview, WIDTH).to_string();
    for note in &preview.notes {
        write!(text, "\nnote: {note}").expect("a String takes everything");
    }
    for loss in observed.losses() {
        write!(text, "\n\n! {loss}").expect("a String takes everything");
    }
    fixed(text.trim_end()) + "\n"
}

/// What no two runs agree in: times, tokens and ids.
fn fixed(text: &str) -> String {
    let is_stamp = |word: &str| {
        let bytes = word.as_bytes();
        bytes.len() == 16 && bytes[8] == b'T' && bytes[15] == b'Z'
    };
    let is_id = |word: &str| word.len() > 12 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let mut fixed = String::new();
    let mut word = String::new();
    for character in text.chars().chain(['\n']) {
        if character.is_ascii_alphanumeric() {
            word.push(character);
            continue;
        }
        fixed.push_str(match word.as_str() {
            stamp if is_stamp(stamp) => "20261121T143000Z",
            id if is_id(id) => "8e9e05c52164694d",
            other => other,
        });
        fixed.push(character);
        word.clear();
    }
    fixed.trim_end().to_owned()
}
