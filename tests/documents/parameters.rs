//! The page of the parameters is what the table of parameters gives. To write it anew:
//! `UPDATE_DOCUMENTS=1 cargo test -p etcd-plan-tests --test documents`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use etcd_plan::spec::params::{self, Settings};
use etcd_plan::spec::{Level, Parameter, ValueOrigin};

/// What stands above the table.
const HEAD: &str = "\
# Parameters

An etcd cluster is a group of an inventory whose hosts have an `etcd_seq`. These variables say the
rest. `-e` sets a variable above all others; then come those of the host, of its groups, of `all`,
and the default.

The level says where a variable belongs: G in `all.vars`, for all clusters; C in the `vars` of a
group, for one cluster; I at a host, for one member. One that stands elsewhere is read all the same,
with a warning. A marks those that are made for `-e`.

This page is generated: `UPDATE_DOCUMENTS=1 cargo test -p etcd-plan-tests --test documents`.

";

#[test]
fn the_page_is_what_the_table_gives() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/parameters.md");
    let wanted = page();
    if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
        fs::write(&path, &wanted).expect("the page can be written");
    }
    let found = fs::read_to_string(&path).expect("the page can be read");
    assert_eq!(
        found, wanted,
        "see the first lines of tests/documents/parameters.rs"
    );
}

#[test]
fn every_parameter_is_told_in_full() {
    let mut names = BTreeSet::new();
    for parameter in params::all() {
        let name = parameter.name;
        assert!(names.insert(name), "{name} is there twice");
        let summary = parameter.summary();
        let is_sentence = summary.ends_with('.') && summary.len() < 120;
        assert!(is_sentence, "{name}: {summary}");
        assert!(!parameter.type_name.is_empty(), "{name} has no type");
        assert!(!parameter.levels.is_empty(), "{name} stands nowhere");
        let is_sorted = parameter.levels.is_sorted();
        assert!(is_sorted, "{name}: {}", parameter.level_letters());
        assert_eq!(params::find(name), Some(parameter));
    }
    assert_eq!(params::find("etcd_"), None);
}

/// The ten parameters of the module that this one ports, with its types, defaults and levels.
#[test]
fn the_ten_parameters_of_the_seeds_are_there() {
    let seeds: Vec<(&str, &str, String)> = params::all()
        .filter(|parameter| parameter.in_seeds)
        .map(|parameter| (parameter.name, parameter.default, parameter.level_letters()))
        .collect();
    let wanted = [
        ("etcd_seq", "", "I"),
        ("etcd_cluster", "etcd", "C"),
        ("etcd_safeguard", "false", "G/C/A"),
        ("etcd_clean", "true", "G/C/A"),
        ("etcd_init", "new", "C/A"),
        ("etcd_port", "2379", "C"),
        ("etcd_peer_port", "2380", "C"),
        ("etcd_data", "/data/etcd", "C"),
        ("etcd_election_timeout", "1000", "C"),
        ("etcd_heartbeat_interval", "100", "C"),
    ];
    let wanted: Vec<(&str, &str, String)> = wanted
        .iter()
        .map(|(name, default, levels)| (*name, *default, (*levels).to_owned()))
        .collect();
    assert_eq!(seeds, wanted);
}

/// Each default of the table is a good value, and is shown as it stands there.
#[test]
fn defaults_are_good_values() {
    let settings = Settings::default();
    let shown = settings.show();
    let table: Vec<&Parameter> = Settings::groups().into_iter().flatten().collect();
    assert_eq!(shown.len(), table.len());
    for ((name, value, origin), parameter) in shown.into_iter().zip(table) {
        assert_eq!(name, parameter.name);
        assert_eq!(value, parameter.default, "{name}");
        assert_eq!(*origin, ValueOrigin::Default, "{name}");
    }
}

fn page() -> String {
    let mut page = String::from(HEAD);
    page.push_str("| parameter | type | default | level | what it is |\n");
    page.push_str("| --- | --- | --- | --- | --- |\n");
    for parameter in params::all() {
        let name = parameter.name;
        writeln!(
            page,
            "| [`{name}`](#{name}) | {} | {} | {} | {} |",
            parameter.type_name,
            default(parameter),
            parameter.level_letters(),
            parameter.summary()
        )
        .expect("a String takes everything");
    }
    for parameter in params::all() {
        page.push_str(&section(parameter));
    }
    page
}

/// Gives the section of a parameter.
fn section(parameter: &Parameter) -> String {
    let levels: Vec<String> = parameter
        .levels
        .iter()
        .filter(|level| **level != Level::Argument)
        .map(ToString::to_string)
        .collect();
    let origin = if parameter.in_seeds {
        ""
    } else {
        "\n\nAn addition to the parameters of the original module."
    };
    format!(
        "\n## {}\n\nType: {}. Default: {}. Belongs to: {}.\n\n{}{origin}\n",
        parameter.name,
        parameter.type_name,
        default(parameter),
        levels.join(", "),
        parameter.text()
    )
}

fn default(parameter: &Parameter) -> String {
    match parameter.default {
        "" if parameter.name == "etcd_seq" => "none, required".to_owned(),
        "" => "none".to_owned(),
        default => format!("`{default}`"),
    }
}
