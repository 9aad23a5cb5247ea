//! What is written for Prometheus and Grafana.

use std::fs;

use crate::site::Site;

#[test]
fn files_are_written_once_and_again_only_where_they_change() {
    let site = Site::with_sleepers("127.0.66.");
    let command = "monitoring -o watch --cert /etc/prometheus/etcd.crt";
    let written = site.ends_with(0, command);
    let rules = "watch/prometheus/rules/etcd.yml";
    assert!(
        written.stdout.contains(&format!("+ {rules}\n")),
        "{written:#?}"
    );
    let job = fs::read_to_string(site.path("watch/prometheus/scrape/etcd.yml")).expect("a job");
    assert!(job.contains("cert_file: /etc/prometheus/etcd.crt"), "{job}");
    assert!(job.contains("key_file: /etc/pki/infra.key"), "{job}");
    let again = site.ends_with(0, command);
    assert_eq!((&*again.stdout, &*again.stderr), ("", "all is as it was\n"));

    // What changes with the members is one file and the page.
    fs::write(site.path(rules), "by hand").expect("it can be written");
    let renamed = site.ends_with(0, &format!("{command} -e etcd_cluster=meta"));
    let files = [
        "README.md",
        "prometheus/rules/etcd.yml",
        "prometheus/rules/etcd-members.yml",
    ];
    let lines = files.map(|file| format!("~ watch/{file}\n"));
    assert_eq!(renamed.stdout, lines.concat());
    let relative = site.ends_with(2, "monitoring -o watch --ca ca.crt");
    assert!(
        relative.stderr.contains("is not an absolute path"),
        "{relative:#?}"
    );
    fs::write(site.path("file"), "").expect("it can be written");
    let no_folder = site.ends_with(1, "monitoring -o file");
    assert!(
        no_folder.stderr.contains("hint: name another place"),
        "{no_folder:#?}"
    );
}

#[test]
fn the_status_is_told_to_node_exporter() {
    let site = Site::with_sleepers("127.0.67.");
    let status = "status -c sandbox=hosts --format prometheus";
    let shown = site.ends_with(1, status);
    let absent = "etcd_plan_cluster_health{etcd_cluster=\"etcd\",health=\"absent\"} 1\n";
    assert!(shown.stdout.contains(absent), "{shown:#?}");
    let quiet = site.ends_with(1, &format!("{status} -o etcd-plan.prom"));
    assert_eq!((&*quiet.stdout, &*quiet.stderr), ("", ""));
    let text = fs::read_to_string(site.path("etcd-plan.prom")).expect("a file");
    let without_time = |text: &str| {
        let lines = text
            .lines()
            .filter(|line| !line.contains("timestamp_seconds{"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(without_time(&text), without_time(&shown.stdout));
    let entries = fs::read_dir(site.path(".")).expect("a folder");
    let hidden = entries.flatten().filter(|entry| {
        let name = entry.file_name();
        name.to_string_lossy().starts_with('.')
    });
    assert_eq!(hidden.count(), 0, "nothing is left beside it");
    let nowhere = site.ends_with(1, &format!("{status} -o no/such/folder.prom"));
    assert!(nowhere.stderr.contains("cannot be written"), "{nowhere:#?}");
}
