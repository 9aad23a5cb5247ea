//! Pages of the status.

use etcd_plan::engine::{RunSettings, Silent};
use etcd_plan::op::{Alarm, Ownership};
use etcd_plan::status::{
    self, BackupStatus, CertificateStatus, ClusterStatus, Finding, Health, LastRun, Role, Status,
};
use etcd_plan_testkit::{Node, SimExecutor};
use etcd_plan_tests::{HOSTS, Scene};

use crate::Page;
use crate::runs::CLUSTERS;

/// The size of a database that is in use, and the quota, in bytes.
const DATABASE: u64 = 700 << 20;

pub(crate) fn pages() -> Vec<Page> {
    let scene = Scene::living();
    let mut healthy = read(&scene);
    grow(&mut healthy.clusters[0], 0);
    let file = Node::file("# by hand\n", Ownership::both("root"), 0o644);
    scene
        .world
        .put_file(HOSTS[0], "/etc/profile.d/etcdctl.sh", file);
    scene.world.stop_service(HOSTS[1], "etcd");
    let mut degraded = read(&scene);
    grow(&mut degraded.clusters[0], 0);
    let absent = read(&Scene::bare());
    let many = many(&healthy.clusters[0], &degraded.clusters[0]);
    vec![
        ("status", healthy.to_html()),
        ("status-degraded", degraded.to_html()),
        ("status-absent", absent.to_html()),
        ("status-300", many.to_html()),
    ]
}

fn read(scene: &Scene) -> Status {
    let executor = SimExecutor::new(&scene.world);
    let settings = RunSettings::default();
    let mut status = status::read(&scene.plan(), &executor, &scene.keys, settings, &mut Silent);
    "2026-11-21T14:30:00Z".clone_into(&mut status.read_at);
    status
}

/// Gives a cluster numbers as one has them that was used for a while.
fn grow(cluster: &mut ClusterStatus, nth: u64) {
    cluster.revision = cluster.revision.map(|_| 18_402_113 + nth * 7919);
    cluster.last_run = Some(LastRun {
        run: "create by ops@admin.example, process 4711, since 20261121T013000Z".to_owned(),
        ended: Some("43 changed, 0 failed".to_owned()),
        open: Vec::new(),
    });
    cluster.backup = (nth % 9 != 8).then(|| BackupStatus {
        taken_at: "2026-11-21T02:00:00Z".to_owned(),
        age_seconds: 45_000,
        taken_from: cluster.members[0].name.clone(),
        revision: 18_402_000,
        keys: Some(40_211),
        size: DATABASE,
        kept_at: "backups".to_owned(),
    });
    for (at, member) in (0..).zip(&mut cluster.members) {
        let Some(size) = &mut member.db_size else {
            continue;
        };
        *size = DATABASE + (nth * 131 + at * 17) % 900 * (1 << 20);
        member.db_size_in_use = Some(*size * 3 / 5);
        member.quota_used_percent = Some(*size * 100 / cluster.quota);
        member.certificate = Some(CertificateStatus {
            not_after: "2046-11-16T14:30:00Z".to_owned(),
            days_left: 7300,
        });
    }
}

/// Makes a hundred clusters, of which some are not well.
fn many(healthy: &ClusterStatus, degraded: &ClusterStatus) -> Status {
    let clusters = (0..CLUSTERS as u64).map(|nth| {
        let mut cluster = if nth % 31 == 7 { degraded } else { healthy }.clone();
        rename(&mut cluster, nth);
        grow(&mut cluster, nth);
        match nth {
            18 => is_full(&mut cluster),
            44 => runs_out(&mut cluster),
            63 => is_down(&mut cluster),
            _ => {}
        }
        cluster
    });
    Status {
        format: Status::FORMAT.to_owned(),
        read_at: "2026-11-21T14:30:00Z".to_owned(),
        clusters: clusters.collect(),
    }
}

fn rename(cluster: &mut ClusterStatus, nth: u64) {
    let name = format!("pg-{nth:03}");
    let renamed = |old: &str| old.replace("etcd-", &format!("{name}-"));
    cluster.name = name.parse().expect("a good name");
    let leader = cluster.leader.as_ref();
    cluster.leader = leader.and_then(|leader| renamed(leader.as_str()).parse().ok());
    for (at, member) in (1..).zip(&mut cluster.members) {
        member.name = renamed(member.name.as_str()).parse().expect("a good name");
        member.host = format!("10.20.{nth}.{at}").parse().expect("a good name");
    }
    for finding in cluster.problems.iter_mut().chain(&mut cluster.warnings) {
        let member = finding.member.as_ref();
        finding.member = member.and_then(|member| renamed(member.as_str()).parse().ok());
    }
}

fn is_full(cluster: &mut ClusterStatus) {
    cluster.health = Health::Degraded;
    let member = &mut cluster.members[1];
    member.db_size = Some(cluster.quota);
    member.db_size_in_use = Some(cluster.quota / 9);
    member.quota_used_percent = Some(100);
    cluster.alarms = member
        .id
        .map(|member_id| Alarm {
            member_id,
            kind: "NOSPACE".to_owned(),
        })
        .into_iter()
        .collect();
    cluster.problems = vec![Finding {
        member: Some(member.name.clone()),
        what: "the alarm NOSPACE is raised".to_owned(),
        hint: "compact and defragment each member, then `etcdctl alarm disarm`; writes are refused until then".to_owned(),
    }];
}

fn runs_out(cluster: &mut ClusterStatus) {
    let member = &mut cluster.members[2];
    member.certificate = Some(CertificateStatus {
        not_after: "2026-11-30T14:30:00Z".to_owned(),
        days_left: 9,
    });
    cluster.warnings = vec![Finding {
        member: Some(member.name.clone()),
        what: "its certificate runs out in 9 days".to_owned(),
        hint: "issue a new one with `etcd-plan apply -t etcd_cert`".to_owned(),
    }];
}

fn is_down(cluster: &mut ClusterStatus) {
    cluster.health = Health::Down;
    (cluster.answering, cluster.tolerance, cluster.leader) = (0, 0, None);
    cluster.problems = Vec::new();
    for member in &mut cluster.members {
        (member.healthy, member.role) = (false, Role::Unknown);
        (member.db_size, member.raft_lag, member.version) = (None, None, None);
        cluster.problems.push(Finding {
            member: Some(member.name.clone()),
            what: "etcd runs and does not answer".to_owned(),
            hint: "see `journalctl -u etcd` there, and that its peers can be reached from there"
                .to_owned(),
        });
    }
}
