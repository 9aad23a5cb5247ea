//! What a cluster holds, on real hosts: maintained, saved, taken away, and put back.

use std::fs;
use std::path::Path;

use etcd_plan::plan::PlanBuilder;
use etcd_plan::{Goal, Plan};
use etcd_plan_tests::{Writes, plan};
use tempfile::TempDir;

use crate::fixture::{Hosts, THREE, planned};

const MEMBERS: [u8; 3] = [1, 2, 3];

/// Writes and overwrites what is to be kept, and gives it.
fn fill(hosts: &Hosts) -> String {
    hosts.sh(
        1,
        ". /etc/profile.d/etcdctl.sh
         value=$(head -c 90000 /dev/zero | tr '\\0' v)
         for round in 1 2 3 4 5 6; do
             for key in 1 2 3 4 5 6 7 8 9 10; do
                 etcdctl put /pg/$key \"$value$round\" >/dev/null || exit
             done
         done",
    );
    kept(hosts, 1)
}

/// Gives all that lies under a prefix, as one member itself has it.
fn kept(hosts: &Hosts, host: u8) -> String {
    hosts.etcdctl(host, "get /pg/ --prefix | sha256sum")
}

/// Gives the sizes of the members' databases, as their files have them, in KiB.
fn sizes(hosts: &Hosts) -> [u64; 3] {
    MEMBERS.map(|host| {
        let size = hosts.sh(host, "du -k /data/etcd/member/snap/db | cut -f 1");
        size.parse().expect("a number")
    })
}

fn with(goal: Goal, folder: &Path) -> impl FnOnce(PlanBuilder<'_>) -> PlanBuilder<'_> + '_ {
    move |choose| {
        let choose = choose.goal(goal).keep_revisions(1).threshold(1);
        choose.backup_to(folder.to_string_lossy())
    }
}

/// Carries a plan out while a client writes.
#[expect(clippy::print_stderr, reason = "what was measured")]
fn under_load(hosts: &Hosts, prefix: &str, plan: &Plan) {
    let put = |number| {
        let script = format!(". /etc/profile.d/etcdctl.sh; etcdctl put {prefix}{number} v");
        hosts.try_sh(1, &script).is_ok()
    };
    let (report, seen) = Writes::during(put, || hosts.converge(plan));
    assert!(report.has_changes(), "{report}");
    let keys = hosts.etcdctl(2, &format!("get {prefix} --prefix --keys-only"));
    seen.assert_kept(prefix, &keys);
    eprintln!(
        "{prefix}: {} acknowledged writes, longest gap {:?}; {report}",
        seen.acknowledged.len(),
        seen.longest_gap
    );
}

/// Gives the only snapshot of a folder.
fn snapshot(folder: &Path) -> String {
    let names = fs::read_dir(folder).expect("it is there");
    let paths = names.map(|entry| entry.expect("it can be read").path());
    let mut snapshots = paths.filter(|path| path.extension().is_some_and(|end| end == "db"));
    let snapshot = snapshots.next().expect("a snapshot");
    assert_eq!(snapshots.next(), None, "there are several");
    snapshot.to_string_lossy().into_owned()
}

#[test]
fn what_a_cluster_holds_is_maintained_saved_and_put_back() {
    let Some(hosts) = Hosts::empty(3) else { return };
    let folder = TempDir::new().expect("a folder");
    let (backups, last) = (folder.path().join("backups"), folder.path().join("last"));
    hosts.converge(&plan(THREE));
    let before = fill(&hosts);

    let full = sizes(&hosts);
    under_load(
        &hosts,
        "maintain-",
        &planned(THREE, with(Goal::Maintain, folder.path())),
    );
    let small = sizes(&hosts);
    let shrank = full
        .iter()
        .zip(small)
        .all(|(full, small)| small * 2 < *full);
    assert!(shrank, "{full:?} KiB before, {small:?} after");
    under_load(
        &hosts,
        "backup-",
        &planned(THREE, with(Goal::Backup, &backups)),
    );
    let saved = snapshot(&backups);
    for host in MEMBERS {
        let left = hosts.sh(host, "find /var/lib/etcd-plan -name '*.db'");
        assert_eq!(left, "", "it was brought to the control machine");
    }

    // What was written since is in the snapshot that the end of the cluster leaves.
    hosts.etcdctl(2, "put /pg/since 1");
    let at_the_end = kept(&hosts, 2);
    hosts.converge(&planned(THREE, with(Goal::Destroy, &last)));
    // One of the hosts comes back with a disk of its own for data, which no rename reaches.
    hosts.sh(
        2,
        "mkdir -p /data/etcd && mount -t tmpfs -o size=600m own /data/etcd",
    );

    for (file, wanted) in [(snapshot(&last), at_the_end), (saved, before)] {
        let restore = planned(THREE, |choose| choose.goal(Goal::Restore).snapshot(file));
        hosts.converge(&restore);
        for host in MEMBERS {
            assert_eq!(kept(&hosts, host), wanted);
            let others = "cd /data/etcd; find . member ! -path './.purged*' \
                          \\( ! -user etcd -o ! -group etcd -o -type d ! -perm 700 \\)
                          find . -maxdepth 1 -type d ! -perm 700";
            assert_eq!(hosts.sh(host, others), "");
            let state = "systemctl is-enabled etcd; systemctl is-active etcd";
            assert_eq!(hosts.sh(host, state), "enabled\nactive");
            let left = "ls -d /data/etcd.restored* /data/etcd/.restored* /var/lib/etcd-plan/restore/* \
                        2>/dev/null || :";
            assert_eq!(hosts.sh(host, left), "");
        }
        let again = hosts.converge(&plan(THREE));
        assert!(!again.has_changes(), "{again}");
    }
    let own = hosts.sh(
        2,
        "mountpoint -q /data/etcd; ls -d /data/etcd/.purged-*/member",
    );
    assert!(own.contains("/member"), "{own}");
}
