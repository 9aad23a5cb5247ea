//! The status as a person reads it.

use std::fmt::{self, Write as _};

use super::{ClusterStatus, Finding, Health, MemberStatus, Role, Status};
use crate::cert::Span;
use crate::op::ServiceState;
use crate::view::text::{WIDTH, count, write_line};

/// What stands where nothing is known.
const NOTHING: &str = "-";

impl fmt::Display for Status {
    /// Writes the status as a person reads it in a terminal of 80 columns: see [`Status::page`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.page(WIDTH).fmt(f)
    }
}

impl Status {
    /// Gives the status as a person reads it in a terminal of so many columns: each cluster with a
    /// table of its members, then what is wrong, what will be, and what is not as the inventory
    /// has it. The table is cut to no width; it takes 80 columns with names of usual length.
    pub fn page(&self, width: usize) -> impl fmt::Display {
        Page {
            status: self,
            width,
        }
    }
}

struct Page<'a> {
    status: &'a Status,
    width: usize,
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, cluster) in self.status.clusters.iter().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            write_cluster(f, self.width, cluster)?;
        }
        Ok(())
    }
}

fn write_cluster(f: &mut fmt::Formatter<'_>, width: usize, cluster: &ClusterStatus) -> fmt::Result {
    let survives = match (cluster.answering >= cluster.quorum, cluster.tolerance) {
        (false, _) => "no quorum".to_owned(),
        (true, 0) => "survives no failure".to_owned(),
        (true, some) => format!("survives {}", count(some, "failure")),
    };
    writeln!(
        f,
        "Cluster {}: {}; {} of {} answer, quorum {}, {survives}",
        cluster.name,
        cluster.health.as_str(),
        cluster.answering,
        count(cluster.voters, "voter"),
        cluster.quorum,
    )?;
    if let (Some(id), Some(revision)) = (cluster.cluster_id, cluster.revision) {
        writeln!(f, "  id {id}, revision {revision}")?;
    }
    if let Some(backup) = &cluster.backup {
        let age = Span(backup.age_seconds.max(0));
        let keys = backup
            .keys
            .map_or_else(String::new, |keys| format!(", {keys} keys"));
        let text = format!(
            "backed up {age} ago: revision {}{keys}, {}, {}",
            backup.revision,
            size_of(backup.size),
            backup.kept_at
        );
        write_line(f, width, "  ", 4, &text)?;
    }
    if cluster.health != Health::Absent {
        write_members(f, cluster)?;
    }
    write_findings(f, width, "wrong:", &cluster.problems)?;
    write_findings(f, width, "to be seen to:", &cluster.warnings)?;
    if !cluster.drift.is_empty() {
        writeln!(
            f,
            "\n  not as the inventory has it (`etcd-plan plan` shows it in full):"
        )?;
    }
    for drift in &cluster.drift {
        let place = drift.host.as_ref().map_or("here", |host| host.as_str());
        for line in &drift.lines {
            let (mark, text) = line.split_once(' ').unwrap_or(("~", line));
            write_line(
                f,
                width,
                &format!("  {mark} "),
                4,
                &format!("{place}: {text}"),
            )?;
        }
    }
    Ok(())
}

fn write_findings(
    f: &mut fmt::Formatter<'_>,
    width: usize,
    heading: &str,
    findings: &[Finding],
) -> fmt::Result {
    if !findings.is_empty() {
        writeln!(f, "\n  {heading}")?;
    }
    for finding in findings {
        let what = match &finding.member {
            Some(member) => format!("{member}: {}", finding.what),
            None => finding.what.clone(),
        };
        write_line(f, width, "  - ", 4, &what)?;
        write_line(f, width, "    hint: ", 10, &finding.hint)?;
    }
    Ok(())
}

const HEAD: [&str; 6] = [
    "member",
    "role",
    "version",
    "database",
    "lag",
    "certificate until",
];

fn write_members(f: &mut fmt::Formatter<'_>, cluster: &ClusterStatus) -> fmt::Result {
    let rows: Vec<[String; 6]> = cluster.members.iter().map(row).collect();
    let rows: Vec<[String; 6]> = std::iter::once(HEAD.map(str::to_owned))
        .chain(rows)
        .collect();
    let widths: Vec<usize> = (0..HEAD.len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max())
        .map(Option::unwrap_or_default)
        .collect();
    writeln!(f)?;
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            write!(line, "  {cell:<width$}")?;
        }
        writeln!(f, "{}", line.trim_end())?;
    }
    Ok(())
}

fn row(member: &MemberStatus) -> [String; 6] {
    let role = match (member.role, member.service) {
        (Role::Unknown, Some(ServiceState::Starting)) => "starting",
        (Role::Unknown, Some(state)) if !state.is_alive() => "stopped",
        (role, _) => role.as_str(),
    };
    let mark = if member.healthy { "" } else { " (!)" };
    let database = member.db_size.map(|size| match member.quota_used_percent {
        Some(percent) => format!("{} ({percent} %)", size_of(size)),
        None => size_of(size),
    });
    let certificate = member.certificate.as_ref();
    let or_nothing = |text: Option<String>| text.unwrap_or_else(|| NOTHING.to_owned());
    [
        member.name.to_string(),
        format!("{role}{mark}"),
        or_nothing(member.version.clone()),
        or_nothing(database),
        or_nothing(member.raft_lag.map(|lag| lag.to_string())),
        or_nothing(certificate.map(|certificate| {
            let day = certificate.not_after.split('T').next();
            day.unwrap_or_default().to_owned()
        })),
    ]
}

/// Gives a size for a person: in the largest unit of which there is one, cut to whole ones.
pub(crate) fn size_of(bytes: u64) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let unit = units.into_iter().find(|(_, shift)| bytes >> shift > 0);
    match unit {
        Some((unit, shift)) => format!("{} {unit}", bytes >> shift),
        None => format!("{bytes} B"),
    }
}
