//! What a script sees: a whole life of a cluster, with all exit codes.

use std::fs;

use crate::site::Site;

const APPLY: &str = "apply -c sandbox=hosts";
const PLAN: &str = "plan -c sandbox=hosts";
const STATUS: &str = "status -c sandbox=hosts";
const ENVIRONMENT: &str = "etc/profile.d/etcdctl.sh";

#[test]
fn a_cluster_is_planned_built_looked_at_and_left_alone() {
    let Some(site) = Site::with_etcd("127.0.51.", 3) else {
        return;
    };
    let absent = site.ends_with(1, STATUS);
    assert!(
        absent.stdout.contains("Cluster etcd: absent"),
        "{absent:#?}"
    );

    let planned = site.ends_with(10, PLAN);
    assert!(planned.stdout.contains("there: nothing"), "{planned:#?}");
    assert!(
        planned.stdout.contains("+ 3 hosts: /etc/etcd/etcd.conf"),
        "{planned:#?}"
    );
    assert!(!site.path("files").exists(), "a plan changes nothing");

    let built = site.ends_with(0, &format!("{APPLY} --log-json events.jsonl"));
    assert!(
        built
            .stderr
            .contains("changed etcd/127.0.51.1/etcd_launch/start"),
        "{built:#?}"
    );
    assert!(
        built
            .stdout
            .contains("+ 3 hosts: etcd of <member> is started"),
        "{built:#?}"
    );
    assert!(!built.stdout.contains('\x1b') && !built.stderr.contains('\x1b'));
    let events = fs::read_to_string(site.path("events.jsonl")).expect("events");
    assert!(
        events
            .lines()
            .all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok())
    );

    let again = site.ends_with(0, PLAN);
    assert!(again.stdout.contains("Nothing to do"), "{again:#?}");
    let again = site.ends_with(0, &format!("{APPLY} -v -v"));
    assert!(!again.stdout.contains(" changed"), "{again:#?}");
    assert!(
        again.stdout.contains("127.0.51.2: 1 round trips"),
        "{again:#?}"
    );

    let healthy = site.ends_with(0, STATUS);
    assert!(
        healthy
            .stdout
            .contains("Cluster etcd: healthy; 3 of 3 voters"),
        "{healthy:#?}"
    );
    let document = site.ends_with(0, &format!("{STATUS} --format json --html status.html"));
    let document: serde_json::Value = serde_json::from_str(&document.stdout).expect("JSON");
    assert_eq!(document["clusters"][0]["answering"], 3);

    let runs = site.ends_with(0, "log --format json");
    let runs: serde_json::Value = serde_json::from_str(&runs.stdout).expect("JSON");
    let outcomes: Vec<_> = runs
        .as_array()
        .expect("a list")
        .iter()
        .map(|run| &run["outcome"])
        .collect();
    assert_eq!(outcomes, ["succeeded", "succeeded"]);
    let id = runs[0]["id"].as_str().expect("a name");
    let shown = site.ends_with(0, &format!("log {id}"));
    assert!(
        shown
            .stdout
            .contains("changed etcd/127.0.51.1/etcd_dir/folders"),
        "{shown:#?}"
    );

    site.ends_with(0, &format!("report --html run.html --run {id}"));
    site.ends_with(0, "report --html preview.html -c sandbox=hosts");
    for (file, title) in [
        ("status.html", "<title>Cluster etcd is healthy"),
        ("run.html", "<title>Done: "),
        ("preview.html", "<title>Nothing to do"),
    ] {
        let page = fs::read_to_string(site.path(file)).expect("a page");
        assert!(page.contains(title), "{file}");
        assert!(!page.contains("PRIVATE KEY"), "{file}");
    }

    // As the seeds use it.
    let script = "eval \"$($ETCD_PLAN env -c sandbox=hosts)\" && etcdctl put a 10 && etcdctl get a";
    let used = site.shell(script);
    assert_eq!(used.stdout, "OK\na\n10\n", "{used:#?}");
}

#[test]
fn drift_and_a_member_that_stands_still_are_told() {
    let Some(site) = Site::with_etcd("127.0.52.", 3) else {
        return;
    };
    site.ends_with(0, APPLY);
    fs::write(
        site.path("hosts/127.0.52.2").join(ENVIRONMENT),
        "# by hand\n",
    )
    .expect("a file");
    let drift = site.ends_with(11, STATUS);
    assert!(
        drift
            .stdout
            .contains("~ 127.0.52.2: /etc/profile.d/etcdctl.sh"),
        "{drift:#?}"
    );
    let planned = site.ends_with(10, PLAN);
    assert!(
        planned.stdout.contains("      -# by hand\n"),
        "{planned:#?}"
    );
    let elsewhere = site.ends_with(0, &format!("{PLAN} -l 127.0.52.1"));
    assert!(
        elsewhere.stdout.contains("only on:  127.0.52.1"),
        "{elsewhere:#?}"
    );
    let other = site.ends_with(0, &format!("{PLAN} -t etcd_cert"));
    assert!(other.stdout.contains("only:     etcd_cert"), "{other:#?}");

    let pid = site.shell("read pid rest <hosts/127.0.52.3/run/etcd.pid; kill $pid; while kill -0 $pid; do sleep 0.1; done");
    assert!(pid.code.is_some(), "{pid:#?}");
    let degraded = site.ends_with(1, STATUS);
    assert!(
        degraded
            .stdout
            .contains("Cluster etcd: degraded; 2 of 3 voters"),
        "{degraded:#?}"
    );
    assert!(
        degraded.stdout.contains("- etcd-3: etcd does not run"),
        "{degraded:#?}"
    );
    // The same command mends both.
    let mended = site.ends_with(0, APPLY);
    assert!(
        mended
            .stdout
            .contains("+ 127.0.52.3: etcd of <member> is started"),
        "{mended:#?}"
    );
    site.ends_with(0, STATUS);
}

#[test]
fn what_is_destructive_has_to_be_named() {
    let Some(site) = Site::with_etcd("127.0.53.", 1) else {
        return;
    };
    site.ends_with(0, APPLY);
    site.shell("eval \"$($ETCD_PLAN env -c sandbox=hosts)\" && etcdctl put a 10");
    let rebuild = format!("{APPLY} --goal rebuild");
    for words in [
        &rebuild,
        &format!("{rebuild} --yes"),
        &format!("{rebuild} --destroy other"),
    ] {
        let refused = site.ends_with(4, words);
        for line in [
            "! cluster etcd would lose:",
            "  members   etcd-1\n",
            "  keys      1",
            "  revision  2",
            "hint: where that is meant, a script says `--destroy etcd`",
        ] {
            assert!(refused.stderr.contains(line), "{line}: {refused:#?}");
        }
    }
    let guarded = site.ends_with(
        4,
        &format!("{rebuild} --destroy etcd -e etcd_safeguard=true"),
    );
    assert!(guarded.stderr.contains("[safeguard]"), "{guarded:#?}");
    let kept = site.shell("eval \"$($ETCD_PLAN env -c sandbox=hosts)\" && etcdctl get a");
    assert_eq!(kept.stdout, "a\n10\n", "nothing was changed");

    // The tag destroys, as in the seeds; then nothing is there.
    site.ends_with(0, &format!("{APPLY} -t etcd_purge --destroy etcd"));
    let absent = site.ends_with(1, STATUS);
    assert!(absent.stdout.contains("absent"), "{absent:#?}");
}

#[test]
fn a_saved_plan_is_applied_only_while_it_holds() {
    let Some(site) = Site::with_etcd("127.0.54.", 1) else {
        return;
    };
    let saved = site.ends_with(10, &format!("{PLAN} -o plan.json"));
    let command = "to carry it out: etcd-plan apply plan.json -c 'sandbox=hosts'\n";
    assert!(saved.stderr.contains(command), "{saved:#?}");
    // Certificates are kept with the inventory, wherever the plan is.
    fs::create_dir(site.path("plans")).expect("a folder");
    let elsewhere = site.ends_with(10, &format!("{PLAN} -o plans/1.json"));
    let command = "etcd-plan apply plans/1.json --keys . -c 'sandbox=hosts'\n";
    assert!(elsewhere.stderr.contains(command), "{elsewhere:#?}");
    let shown = site.ends_with(10, &format!("{PLAN} --format json"));
    let text = fs::read_to_string(site.path("plan.json")).expect("a plan");
    for text in [text, shown.stdout] {
        let document: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(document["format"], "etcd-plan-saved/1");
        assert_eq!(
            document["facts"]["hosts"]
                .as_object()
                .map(serde_json::Map::len),
            Some(1)
        );
    }
    site.ends_with(0, &format!("{APPLY} plan.json"));
    site.ends_with(0, PLAN);
    // What it was made from is no longer so.
    let moved = site.ends_with(4, &format!("{APPLY} plan.json"));
    assert!(moved.stderr.contains("etcd.service"), "{moved:#?}");

    let file = site.path("hosts/127.0.54.1").join(ENVIRONMENT);
    fs::write(&file, "# by hand\n").expect("a file");
    site.ends_with(10, &format!("{PLAN} -o plan.json"));
    fs::write(&file, "# by another hand\n").expect("a file");
    let moved = site.ends_with(4, &format!("{APPLY} plan.json"));
    let line = "  127.0.54.1: content of /etc/profile.d/etcdctl.sh\n    was: sha256 ";
    assert!(moved.stderr.contains(line), "{moved:#?}");
    assert_eq!(
        fs::read_to_string(&file).expect("a file"),
        "# by another hand\n"
    );
    // Beside a plan that was saved elsewhere there is no authority: that is told before a second one
    // is made.
    site.ends_with(10, &format!("{PLAN} -o plans/2.json"));
    let lost = site.ends_with(4, &format!("{APPLY} plans/2.json"));
    assert!(lost.stderr.contains("`--keys DIR`"), "{lost:#?}");
    site.ends_with(0, &format!("{APPLY} plans/2.json --keys ."));
    // A bare plan was made without looking, and is carried out behind the guards alone.
    site.ends_with(0, &format!("{PLAN} --offline -o plan.json"));
    site.ends_with(0, &format!("{APPLY} plan.json"));
    site.ends_with(0, PLAN);
}

#[test]
fn a_missing_prerequisite_has_a_code_of_its_own() {
    let site = Site::with_sleepers("127.0.55.");
    let missing = site.ends_with(3, &format!("{APPLY} -e etcd_version=3.6"));
    assert!(missing.stderr.contains("[prerequisites]"), "{missing:#?}");
    site.ends_with(3, &format!("{PLAN} -e etcd_version=3.6"));
}

#[test]
fn status_is_watched_until_it_is_interrupted() {
    let site = Site::with_sleepers("127.0.56.");
    let words = "status -c sandbox=hosts --watch 1 --format json";
    let script = format!(
        "$ETCD_PLAN {words} >lines & until [ \"$(wc -l <lines)\" -ge 2 ]; do sleep 0.1; done; \
         kill -INT $!; wait $!; echo $?"
    );
    // A shell without job control starts what is behind `&` deaf for SIGINT; SIGTERM is the same.
    let ended = site.shell(&script.replace("-INT", "-TERM"));
    assert_eq!(ended.stdout, "130\n", "{ended:#?}");
    let lines = fs::read_to_string(site.path("lines")).expect("documents");
    for line in lines.lines() {
        let document: serde_json::Value = serde_json::from_str(line).expect("a line each");
        assert_eq!(document["format"], "etcd-plan-status/1");
    }
}

#[test]
fn a_setting_that_needs_a_restart_is_brought_by_a_reload() {
    let Some(site) = Site::with_etcd("127.0.68.", 3) else {
        return;
    };
    site.ends_with(0, APPLY);
    let vars = "-e etcd_quota_backend_bytes=1073741824";
    let drift = site.ends_with(4, &format!("{APPLY} {vars}"));
    assert!(drift.stderr.contains("`etcd-plan reload`"), "{drift:#?}");
    let reload = format!("reload -c sandbox=hosts {vars}");
    let reloaded = site.ends_with(0, &reload);
    assert!(
        reloaded.stdout.contains("members: restart etcd-"),
        "{reloaded:#?}"
    );
    assert!(
        reloaded.stderr.contains("restarts, one at a time: etcd-"),
        "{reloaded:#?}"
    );
    let again = site.ends_with(0, &reload);
    assert!(!again.stdout.contains(" changed"), "{again:#?}");
}

#[test]
fn a_member_leaves_and_the_rest_is_destroyed() {
    let Some(site) = Site::with_etcd("127.0.23.", 2) else {
        return;
    };
    site.ends_with(0, APPLY);
    let remove = "remove etcd-2 -c sandbox=hosts";
    let removed = site.ends_with(0, remove);
    assert!(
        removed.stdout.contains("etcd-2 (") && removed.stdout.contains("leaves the cluster"),
        "{removed:#?}"
    );
    let again = site.ends_with(0, remove);
    assert!(!again.stdout.contains(" changed"), "{again:#?}");
    // The inventory still has its host.
    let other = site.ends_with(4, APPLY);
    assert!(other.stderr.contains("[alive]"), "{other:#?}");
    let last = site.ends_with(2, "remove etcd-1 etcd-2 -c sandbox=hosts");
    assert!(
        last.stderr.contains("no voter of etcd would be left"),
        "{last:#?}"
    );

    let destroy = "destroy -c sandbox=hosts";
    let asked = site.ends_with(4, destroy);
    assert!(
        asked.stderr.contains("cluster etcd would lose:"),
        "{asked:#?}"
    );
    assert!(asked.stderr.contains("leases    0"), "{asked:#?}");
    let destroyed = site.ends_with(0, &format!("{destroy} --destroy etcd"));
    assert!(
        destroyed.stdout.contains("a snapshot of etcd"),
        "{destroyed:#?}"
    );
    let saved = fs::read_dir(site.path("backups")).expect("the folder of snapshots");
    assert!(saved.count() > 0);
    site.ends_with(0, &format!("{destroy} --destroy etcd"));
}
