//! The clusters of an inventory as a person reads them.

use std::fmt;

use super::page::count;
use super::wrap::write_line;
use crate::spec::{ClusterSpec, ResolvedInventory};

impl ResolvedInventory {
    /// Gives the clusters as a person reads them in a terminal of so many columns: members with
    /// hosts, and every parameter with its value; with `origins` also where that came from.
    pub fn page(&self, width: usize, origins: bool) -> impl fmt::Display {
        Page {
            clusters: &self.clusters,
            width,
            origins,
        }
    }
}

struct Page<'a> {
    clusters: &'a [ClusterSpec],
    width: usize,
    origins: bool,
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, cluster) in self.clusters.iter().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            self.write_cluster(f, cluster)?;
        }
        Ok(())
    }
}

impl Page<'_> {
    fn write_cluster(&self, f: &mut fmt::Formatter<'_>, cluster: &ClusterSpec) -> fmt::Result {
        let members = count(cluster.members.len(), "member");
        writeln!(
            f,
            "Cluster {} (group {}): {members}",
            cluster.name, cluster.group
        )?;
        for member in &cluster.members {
            let (name, host, url) = (&member.name, &member.host.name, cluster.client_url(member));
            let learner = if member.learner { ", learner" } else { "" };
            write_line(
                f,
                self.width,
                "  ",
                2,
                &format!("{name} on {host}, {url}{learner}"),
            )?;
        }
        if !cluster.infra.is_empty() {
            let infra: Vec<&str> = cluster
                .infra
                .iter()
                .map(|host| host.name.as_str())
                .collect();
            write_line(f, self.width, "  registered at", 4, &infra.join(", "))?;
        }
        writeln!(f)?;
        for (name, value, origin) in cluster.settings.show() {
            let value = if value.is_empty() { "(none)" } else { &value };
            let origin = if self.origins {
                format!("  ({origin})")
            } else {
                String::new()
            };
            write_line(f, self.width, "  ", 2, &format!("{name} = {value}{origin}"))?;
        }
        Ok(())
    }
}
