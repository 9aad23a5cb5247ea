use serde::Serialize;

use super::{Alert, Recording};
use crate::action::Problem;
use crate::render::render_template;
use crate::spec::ClusterSpec;

/// Renders the rules that are the same for all clusters: what is recorded, and the alerts.
pub(super) fn common(recordings: &[Recording], alerts: &[Alert]) -> Result<String, Problem> {
    let recordings = recordings.iter().map(|recording| Rule {
        kind: "record",
        name: recording.name,
        what: Some(recording.what),
        expr: &recording.expr,
        ..Rule::default()
    });
    let alerts = alerts.iter().map(|alert| Rule {
        kind: "alert",
        name: alert.name,
        expr: &alert.expr,
        hold: alert.hold.map(super::Quantity::duration),
        labels: vec![pair("severity", alert.severity.as_str())],
        annotations: vec![
            pair("summary", alert.summary),
            pair("description", &alert.description),
        ],
        ..Rule::default()
    });
    let groups = vec![
        Group {
            name: "etcd-recording",
            rules: recordings.collect(),
        },
        Group {
            name: "etcd-alerts",
            rules: alerts.collect(),
        },
    ];
    render("What is recorded of etcd, and the alerts", groups)
}

/// Renders the rules that say which members there should be: a series for each, whose value is 1.
pub(super) fn members(clusters: &[ClusterSpec]) -> Result<String, Problem> {
    let members = clusters.iter().flat_map(|spec| {
        spec.members.iter().map(|member| Rule {
            kind: "record",
            name: "etcd:ins:wanted",
            expr: "vector(1)",
            labels: vec![
                pair("cls", spec.name.as_str()),
                pair("ins", member.name.as_str()),
                pair("ip", &member.address.to_string()),
                pair("role", if member.learner { "learner" } else { "voter" }),
            ],
            ..Rule::default()
        })
    });
    let groups = vec![Group {
        name: "etcd-members",
        rules: members.collect(),
    }];
    render("The members of etcd that there should be", groups)
}

fn render(about: &str, groups: Vec<Group<'_>>) -> Result<String, Problem> {
    render_template("prometheus-rules.yml", &Rules { about, groups })
}

fn pair(name: &'static str, value: &str) -> Pair {
    Pair {
        name,
        value: value.to_owned(),
    }
}

#[derive(Serialize)]
struct Rules<'a> {
    about: &'a str,
    groups: Vec<Group<'a>>,
}

#[derive(Serialize)]
struct Group<'a> {
    name: &'a str,
    rules: Vec<Rule<'a>>,
}

#[derive(Default, Serialize)]
struct Rule<'a> {
    kind: &'a str,
    name: &'a str,
    what: Option<&'a str>,
    expr: &'a str,
    hold: Option<String>,
    labels: Vec<Pair>,
    annotations: Vec<Pair>,
}

#[derive(Serialize)]
struct Pair {
    name: &'static str,
    value: String,
}
