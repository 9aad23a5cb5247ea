//! Inventories with nothing wrong in them, as people have them: what is read from each, and where
//! every value comes from.

use std::fmt::Write as _;

use etcd_plan::plan::Plan;
use etcd_plan::spec::{ClusterSpec, HostSpec, ValueOrigin};
use etcd_plan::{ExtraVars, Inventory};
use etcd_plan_tests::snapshots::{assert_snapshot, findings, for_each_file};

#[test]
fn good_inventories_are_read_in_full() {
    for_each_file("diagnostics/good", |name, text| {
        let (findings, plan) = findings(text);
        let plan = plan.unwrap_or_else(|| panic!("{name}:\n{findings}"));
        let mut told = clusters(&plan);
        if !findings.is_empty() {
            let _ = write!(told, "\n{findings}\n");
        }
        assert_snapshot("diagnostics", &format!("good.{name}"), &told);
    });
}

/// Ansible's order: extra variables, the host, the child group, its parent, `all`, the default.
#[test]
fn what_stands_higher_wins_and_is_named() {
    let text = include_str!("good/precedence.yml");
    let inventory = Inventory::parse(text, "inventory.yml").expect("a good inventory");
    let mut extra = ExtraVars::new();
    let file = "etcd_auto_compaction_retention: 6h\netcd_data: /data/file\n";
    extra.add_file(file, "site.yml").expect("a mapping");
    let argument = "etcd_safeguard=false etcd_data=/data/argument";
    extra.add_argument(argument).expect("assignments");
    extra.set("cert_validity", "30d");
    let plan = Plan::builder(&inventory).extra_vars(extra).build();
    let plan = plan.expect("a good inventory");
    assert_snapshot(
        "diagnostics",
        "good.precedence-with-arguments",
        &clusters(&plan),
    );
}

/// The text and the JSON that `ansible-inventory --list` prints of it are the same clusters.
#[test]
fn the_seeds_and_their_json_are_the_same_clusters() {
    let plan = |text| findings(text).1.expect("a good inventory");
    let yaml = plan(include_str!("good/seeds-three-nodes.yml"));
    let json = plan(include_str!("good/ansible-inventory.json"));
    assert_eq!(yaml.to_string(), json.to_string());
}

/// The clusters of a plan, and of each parameter that somebody set the value and where it stands.
fn clusters(plan: &Plan) -> String {
    let mut text = String::new();
    for cluster in plan.clusters() {
        let _ = writeln!(text, "cluster {} (group {})", cluster.name, cluster.group);
        members(&mut text, cluster);
        for infra in &cluster.infra {
            let _ = writeln!(text, "  infra {}{}", infra.name, connection(infra));
        }
        for (name, value, origin) in cluster.settings.show() {
            if *origin != ValueOrigin::Default {
                let _ = writeln!(text, "  {name} = {value}  [{origin}]");
            }
        }
    }
    text
}

fn members(text: &mut String, cluster: &ClusterSpec) {
    for member in &cluster.members {
        let (name, url) = (&member.name, cluster.client_url(member));
        let _ = writeln!(text, "  {name} {url}{}", connection(&member.host));
    }
}

fn connection(host: &HostSpec) -> String {
    let connection = &host.connection;
    let mut text = String::new();
    for (what, value) in [
        ("at", connection.host.clone()),
        ("port", connection.port.map(|port| port.to_string())),
        ("as", connection.user.clone()),
        ("with", connection.private_key_file.clone()),
        ("becomes", connection.become_user.clone()),
        ("is", connection.local.then(|| "this machine".to_owned())),
    ] {
        if let Some(value) = value {
            let _ = write!(text, ", {what} {value}");
        }
    }
    text
}
