//! The status as Prometheus reads it: for a file in node exporter's textfile folder.

use std::fmt::Write as _;

use super::{ClusterStatus, Health, MemberStatus, Role, Status};
use crate::cert::UnixTime;
use crate::monitoring::metrics;

/// What a series is about: names and values of its labels.
type Labels<'a> = Vec<(&'static str, &'a str)>;

impl Status {
    /// Writes the status in the text format of Prometheus, each metric with its explanation.
    ///
    /// The labels are `etcd_cluster` and `etcd_member`, since node exporter's own target often has a
    /// `cls` and an `ins`. Amounts are in seconds and bytes; what was not read is left out.
    pub fn to_prometheus(&self) -> String {
        let mut page = Page::default();
        self.of_clusters(&mut page);
        self.of_members(&mut page);
        page.text
    }

    fn of_clusters(&self, page: &mut Page) {
        let read_at = seconds(&self.read_at);
        page.metric(
            metrics::STATUS,
            "When the status of the cluster was read, in seconds since 1970.",
            self.each(|_| read_at),
        );
        let healths = [
            Health::Healthy,
            Health::Degraded,
            Health::Down,
            Health::Absent,
            Health::Unknown,
        ];
        let each = self.clusters.iter().flat_map(|cluster| {
            healths.into_iter().map(|health| {
                let mut labels = of_cluster(cluster);
                labels.push(("health", health.as_str()));
                (labels, i64::from(cluster.health == health))
            })
        });
        page.metric(
            "etcd_plan_cluster_health",
            "Whether the cluster is of the health in the label.",
            each,
        );
        page.metric(
            "etcd_plan_cluster_voters",
            "How many members vote, as the inventory has it.",
            self.each(|cluster| Some(count(cluster.voters))),
        );
        page.metric(
            "etcd_plan_cluster_voters_answering",
            "How many of them answer.",
            self.each(|cluster| Some(count(cluster.answering))),
        );
        page.metric(
            "etcd_plan_cluster_problems",
            "How many problems `etcd-plan status` tells.",
            self.each(|cluster| Some(count(cluster.problems.len()))),
        );
        page.metric(
            "etcd_plan_cluster_drift_steps",
            "How many steps `etcd-plan apply` would carry out to make it as the inventory has it.",
            self.each(|cluster| Some(count(cluster.drift.len()))),
        );
        page.metric(
            "etcd_plan_cluster_strangers",
            "How many members the cluster has that the inventory does not.",
            self.each(|cluster| Some(count(cluster.strangers.len()))),
        );
        // Where no member answered, nobody knows.
        let answered = self.clusters.iter().filter(|cluster| {
            let mut members = cluster.members.iter();
            members.any(|member| member.version.is_some())
        });
        let alarms = answered.flat_map(|cluster| {
            metrics::ALARMS.into_iter().map(|kind| {
                let mut labels = of_cluster(cluster);
                labels.push(("alarm", kind));
                let is_raised = cluster.alarms.iter().any(|alarm| alarm.kind == kind);
                (labels, i64::from(is_raised))
            })
        });
        page.metric(
            metrics::ALARM,
            "Whether the alarm in the label is raised by any member; left out where none answers.",
            alarms,
        );
        page.metric(
            metrics::BACKUP,
            "When the newest backup was made, in seconds since 1970; 0 when its hosts know of none.",
            self.each(newest_backup),
        );
    }

    fn of_members(&self, page: &mut Page) {
        let each = self.members().map(|(cluster, member)| {
            let mut labels = of_member(cluster, member);
            labels.push(("host", member.host.as_str()));
            labels.push(("role", member.role.as_str()));
            labels.push(("version", member.version.as_deref().unwrap_or("")));
            (labels, 1)
        });
        page.metric(
            "etcd_plan_member_info",
            "What the member is: its host, role and version, as far as they are known.",
            each,
        );
        page.metric(
            "etcd_plan_member_healthy",
            "Whether the member answers.",
            self.each_member(|member| Some(i64::from(member.healthy))),
        );
        page.metric(
            "etcd_plan_member_learner",
            "Whether the member has no vote; left out where nobody knows.",
            self.each_member(|member| {
                let is_known = member.role != Role::Unknown;
                is_known.then(|| i64::from(member.role == Role::Learner))
            }),
        );
        page.metric(
            metrics::CERTIFICATE,
            "When the certificate on the member's host runs out, in seconds since 1970.",
            self.each_member(|member| seconds(&member.certificate.as_ref()?.not_after)),
        );
    }

    fn each<'a>(
        &'a self,
        value: impl Fn(&'a ClusterStatus) -> Option<i64>,
    ) -> impl Iterator<Item = (Labels<'a>, i64)> {
        let clusters = self.clusters.iter();
        clusters.filter_map(move |cluster| Some((of_cluster(cluster), value(cluster)?)))
    }

    fn each_member<'a>(
        &'a self,
        value: impl Fn(&'a MemberStatus) -> Option<i64>,
    ) -> impl Iterator<Item = (Labels<'a>, i64)> {
        let members = self.members();
        members
            .filter_map(move |(cluster, member)| Some((of_member(cluster, member), value(member)?)))
    }

    fn members(&self) -> impl Iterator<Item = (&ClusterStatus, &MemberStatus)> {
        self.clusters
            .iter()
            .flat_map(|cluster| cluster.members.iter().map(move |member| (cluster, member)))
    }
}

/// Gives when the newest backup of a cluster was made; 0 when there is none, and nothing when no host
/// was read that could know.
fn newest_backup(cluster: &ClusterStatus) -> Option<i64> {
    if let Some(backup) = &cluster.backup {
        return seconds(&backup.taken_at);
    }
    let mut members = cluster.members.iter();
    let is_read = members.any(|member| member.service.is_some());
    is_read.then_some(0)
}

fn of_cluster(cluster: &ClusterStatus) -> Labels<'_> {
    vec![("etcd_cluster", cluster.name.as_str())]
}

fn of_member<'a>(cluster: &'a ClusterStatus, member: &'a MemberStatus) -> Labels<'a> {
    let mut labels = of_cluster(cluster);
    labels.push(("etcd_member", member.name.as_str()));
    labels
}

fn seconds(time: &str) -> Option<i64> {
    time.parse::<UnixTime>().ok().map(|time| time.0)
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    /// Writes a metric with all its series; nothing where there is none. All are gauges.
    fn metric<'a>(
        &mut self,
        name: &str,
        help: &str,
        series: impl Iterator<Item = (Labels<'a>, i64)>,
    ) {
        for (at, (labels, value)) in series.enumerate() {
            if at == 0 {
                let head = format!("# HELP {name} {help}\n# TYPE {name} gauge\n");
                self.text.push_str(&head);
            }
            let labels: Vec<String> = labels
                .into_iter()
                .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
                .collect();
            writeln!(self.text, "{name}{{{}}} {value}", labels.join(","))
                .expect("a String takes everything");
        }
    }
}

fn escaped(value: &str) -> String {
    value
        .replace('\\', r"\\")
        .replace('"', r#"\""#)
        .replace('\n', r"\n")
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn labels_are_escaped() {
        assert_eq!(escaped("a\"b\\c\nd"), r#"a\"b\\c\nd"#);
    }
}
