use std::fmt::Write as _;

use serde::Serialize;

use super::page::{Kind, page};
use super::words::{Fact, Tone};
use crate::status::{ClusterStatus, Health, Status};
use crate::view::text::{WIDTH, count};

/// The most clusters that stand on a page a second time, as the text for those without scripts.
const CLUSTERS_AS_TEXT: usize = 20;

/// What a page of the status shows. It is read by the script of the same page and by nobody else.
#[derive(Serialize)]
struct Document<'a> {
    line: String,
    tone: Tone,
    facts: Vec<Fact>,
    status: &'a Status,
}

impl Status {
    /// Writes the status as one HTML page that needs nothing besides itself: how well each cluster
    /// is, what is wrong and what to do, its members with role, database and certificate, and what
    /// is not as the inventory has it. Clusters that are not well come first.
    pub fn to_html(&self) -> String {
        let document = Document {
            line: line(self),
            tone: tone(self),
            facts: facts(self),
            status: self,
        };
        let mut text = document.line.clone();
        for Fact { name, value } in &document.facts {
            let _ = write!(text, "\n{name}: {value}");
        }
        if self.clusters.len() <= CLUSTERS_AS_TEXT {
            let _ = write!(text, "\n\n{}", self.page(WIDTH));
        }
        let title = format!("{} · etcd", document.line);
        page(Kind::Status, &title, &document, &text)
    }
}

fn line(status: &Status) -> String {
    match status.clusters.as_slice() {
        [] => "There is no cluster".to_owned(),
        [one] => format!("Cluster {} is {}", one.name, one.health.as_str()),
        many => {
            let well = of_health(many, Health::Healthy);
            if well == many.len() {
                format!("All {well} clusters are healthy")
            } else {
                format!(
                    "{} of {} are not well",
                    many.len() - well,
                    count(many.len(), "cluster")
                )
            }
        }
    }
}

fn tone(status: &Status) -> Tone {
    let is_bad = |cluster: &ClusterStatus| {
        matches!(cluster.health, Health::Down | Health::Unknown)
            || cluster.answering < cluster.quorum
    };
    if status.clusters.iter().any(is_bad) {
        Tone::Bad
    } else if !status.is_healthy() {
        Tone::Warn
    } else {
        Tone::Good
    }
}

fn of_health(clusters: &[ClusterStatus], health: Health) -> usize {
    clusters
        .iter()
        .filter(|cluster| cluster.health == health)
        .count()
}

fn facts(status: &Status) -> Vec<Fact> {
    let clusters = &status.clusters;
    let members = clusters.iter().flat_map(|cluster| &cluster.members);
    let answering = members.clone().filter(|member| member.healthy).count();
    let alarms: usize = clusters.iter().map(|cluster| cluster.alarms.len()).sum();
    let drift: usize = clusters.iter().map(|cluster| cluster.drift.len()).sum();
    let days = members
        .clone()
        .filter_map(|member| Some(member.certificate.as_ref()?.days_left))
        .min();
    let mut facts = Vec::new();
    if clusters.len() != 1 {
        facts.push(("Clusters", clusters.len().to_string()));
    }
    facts.extend([
        (
            "Members that answer",
            format!("{answering} of {}", members.count()),
        ),
        ("Alarms", alarms.to_string()),
        ("Not as the inventory has it", drift.to_string()),
    ]);
    if let Some(days) = days {
        facts.push(("First certificate runs out", in_days(days)));
    }
    let at = status.read_at.replace('T', " ").replace('Z', " UTC");
    facts.push(("Read", at));
    let facts = facts.into_iter();
    facts.map(|(name, value)| Fact { name, value }).collect()
}

fn in_days(days: i64) -> String {
    match days {
        days if days < 0 => "it has".to_owned(),
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        days => format!("in {days} days"),
    }
}
