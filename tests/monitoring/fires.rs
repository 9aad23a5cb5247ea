//! Every alert fires when it should, reads as it should, and no other fires with it; on a cluster
//! that is well, none does.

use std::collections::BTreeSet;
use std::fs;

use etcd_plan::monitoring::alerts;
use serde_json::json;
use tempfile::TempDir;

use crate::files;
use crate::promtool::{promtool, said};
use crate::scenario::{Scenario, bucket, of, told_of, told_of_cluster};

const CLUSTER: &[(&str, &str)] = &[("cls", "etcd")];
const SECOND: &[(&str, &str)] = &[("cls", "etcd"), ("ins", "etcd-2"), ("ip", "10.10.10.12")];
const FIRST_OF_TARGET: &[(&str, &str)] = &[
    ("cls", "etcd"),
    ("ins", "etcd-1"),
    ("ip", "10.10.10.11"),
    ("instance", "10.10.10.11:2379"),
    ("job", "etcd"),
];
const THIRD_OF_TARGET: &[(&str, &str)] = &[
    ("cls", "etcd"),
    ("ins", "etcd-3"),
    ("ip", "10.10.10.13"),
    ("instance", "10.10.10.13:2379"),
    ("job", "etcd"),
];

#[test]
fn alerts_fire_when_they_should_and_only_then() {
    let folder = TempDir::new().expect("a folder");
    let write = |name: &str, text: &str| {
        fs::write(folder.path().join(name), text).expect("it can be written");
    };
    let of = |third: &str, path: &str| {
        let file = files(third).into_iter().find(|file| file.path == path);
        file.expect("it is one of the files").content
    };
    write("rules.yml", &of("", "prometheus/rules/etcd.yml"));
    write("members.yml", &of("", "prometheus/rules/etcd-members.yml"));
    let learner = of(", etcd_learner: true", "prometheus/rules/etcd-members.yml");
    write("learner.yml", &learner);
    let (learners, others): (Vec<_>, Vec<_>) = scenarios()
        .into_iter()
        .partition(|scenario| scenario.wants_learner);
    for (name, members, scenarios) in [
        ("tests.yml", "members.yml", others),
        ("learners.yml", "learner.yml", learners),
    ] {
        let tests: Vec<_> = scenarios.iter().map(Scenario::to_json).collect();
        let document = json!({
            "rule_files": ["rules.yml", members],
            "evaluation_interval": "1m",
            "group_eval_order": ["etcd-members", "etcd-recording", "etcd-alerts"],
            "tests": tests,
        });
        write(name, &document.to_string());
    }
    let arguments = ["test", "rules", "tests.yml", "learners.yml"];
    if let Some(output) = promtool(folder.path(), &arguments) {
        assert!(output.status.success(), "{}", said(&output));
    }
}

#[test]
fn every_alert_is_tried() {
    let tried: BTreeSet<&str> = scenarios().iter().flat_map(|s| s.names.clone()).collect();
    let all: BTreeSet<&str> = alerts().iter().map(|alert| alert.name).collect();
    assert_eq!(tried, all);
}

fn scenarios() -> Vec<Scenario> {
    let mut all = members();
    all.extend(agreement());
    all.extend(slowness());
    all.extend(database());
    all.extend(care());
    all
}

fn members() -> Vec<Scenario> {
    let mut rolling = Scenario::healthy("a rolling restart");
    for (member, at) in [(2, 10), (3, 12), (1, 14)] {
        let changes = "etcd_server_leader_changes_seen_total";
        rolling = rolling
            .set(of("up", member), &format!("1x{} 0 1…", at - 1))
            .set(
                of("etcd_server_has_leader", member),
                &format!("1x{} _ 1…", at - 1),
            )
            .set(of(changes, member), &format!("1x{} _ 1 1 1 2…", at - 1));
    }
    vec![
        Scenario::healthy("a cluster that is well")
            .silent(1)
            .silent(15)
            .silent(180),
        rolling
            .silent(10)
            .silent(11)
            .silent(12)
            .silent(13)
            .silent(14)
            .silent(16)
            .silent(25),
        Scenario::healthy("one of three is down")
            .down(&[3], 5)
            .silent(5)
            .fires(6, &[("EtcdMemberDown", "etcd-3")])
            .fires(
                7,
                &[("EtcdMemberDown", "etcd-3"), ("EtcdQuorumAtRisk", "etcd")],
            )
            .reads(
                7,
                "EtcdMemberDown",
                THIRD_OF_TARGET,
                "0",
                "etcd-3 does not answer",
            )
            .reads(
                7,
                "EtcdQuorumAtRisk",
                CLUSTER,
                "2",
                "etcd does not survive one more failure",
            ),
        Scenario::healthy("two of three are down")
            .down(&[2, 3], 5)
            .set(of("etcd_server_has_leader", 1), "1x4 0…")
            .fires(
                6,
                &[
                    ("EtcdMemberDown", "etcd-2"),
                    ("EtcdMemberDown", "etcd-3"),
                    ("EtcdNoLeader", "etcd-1"),
                    ("EtcdQuorumLost", "etcd"),
                ],
            )
            .reads(
                6,
                "EtcdQuorumLost",
                CLUSTER,
                "0",
                "etcd has no quorum: only 0 of its voters are alive",
            )
            .reads(
                6,
                "EtcdNoLeader",
                FIRST_OF_TARGET,
                "0",
                "etcd-1 has no leader",
            ),
        Scenario::healthy("a learner that is down is no vote less")
            .set(of("etcd_server_is_learner", 3), "1…")
            .down(&[3], 5)
            .fires(20, &[("EtcdMemberDown", "etcd-3")]),
        Scenario::healthy("Prometheus does not know a member")
            .without("etcd-3\", ip")
            .silent(9)
            .fires(10, &[("EtcdTargetMissing", "etcd-3")])
            .reads(
                10,
                "EtcdTargetMissing",
                &[
                    ("cls", "etcd"),
                    ("ins", "etcd-3"),
                    ("ip", "10.10.10.13"),
                    ("role", "voter"),
                ],
                "1",
                "Prometheus does not scrape etcd-3",
            ),
    ]
}

fn agreement() -> Vec<Scenario> {
    let changes = |name, values| {
        let mut scenario = Scenario::healthy(name);
        for member in 1..=3 {
            let series = of("etcd_server_leader_changes_seen_total", member);
            scenario = scenario.set(series, values);
        }
        scenario
    };
    let version = |version: &str| {
        let metric = format!(r#"etcd_server_version{{server_version="{version}"}}"#);
        of(&metric, 3)
    };
    let learner = || {
        let learner = Scenario::healthy("a member is a learner");
        learner.set(of("etcd_server_is_learner", 3), "1…")
    };
    vec![
        changes("the leader changed three times", "1x30 2x2 3x2 4…")
            .silent(36)
            .silent(40),
        changes("the leader changed four times", "1x30 2x2 3x2 4x2 5…")
            .silent(36)
            .fires(41, &[("EtcdLeaderChangesOften", "etcd")])
            .reads(
                41,
                "EtcdLeaderChangesOften",
                CLUSTER,
                "4",
                "the leader of etcd changed 4 times within 15 minutes",
            )
            .silent(60),
        Scenario::healthy("proposals fail")
            .set(of("etcd_server_proposals_failed_total", 1), "0x29 2x3 8…")
            .silent(32)
            .fires(36, &[("EtcdProposalsFailing", "etcd-1")])
            .reads(
                36,
                "EtcdProposalsFailing",
                FIRST_OF_TARGET,
                "8",
                "8 proposals of etcd-1 failed within 15 minutes",
            )
            .silent(60),
        Scenario::healthy("proposals wait")
            .set(of("etcd_server_proposals_pending", 1), "2x4 30…")
            .set(of("etcd_server_proposals_pending", 2), "2x4 30x3 2…")
            .silent(9)
            .fires(10, &[("EtcdProposalsPending", "etcd-1")])
            .reads(
                10,
                "EtcdProposalsPending",
                FIRST_OF_TARGET,
                "30",
                "30 proposals of etcd-1 wait",
            ),
        Scenario::healthy("a member falls behind")
            .set(
                of("etcd_server_proposals_applied_total", 3),
                "100+600x10 6100…",
            )
            .silent(23)
            .fires(24, &[("EtcdMemberBehind", "etcd-3")])
            .reads(
                24,
                "EtcdMemberBehind",
                THIRD_OF_TARGET,
                "8400",
                "etcd-3 is 8400 raft entries behind",
            ),
        learner()
            .silent(59)
            .fires(60, &[("EtcdLearnerStays", "etcd-3")])
            .reads(
                60,
                "EtcdLearnerStays",
                THIRD_OF_TARGET,
                "1",
                "etcd-3 is still a learner",
            ),
        learner().with_a_wanted_learner().silent(120),
        Scenario::healthy("an upgrade stops half way")
            .without(
                r#"ins="etcd-3", ip="10.10.10.13", instance="10.10.10.13:2379", server_version"#,
            )
            .set(version("3.5.16"), "1x9 stale")
            .set(version("3.6.11"), "_x10 1…")
            .silent(129)
            .fires(130, &[("EtcdVersionsDiffer", "etcd")])
            .reads(
                130,
                "EtcdVersionsDiffer",
                CLUSTER,
                "2",
                "members of etcd run 2 different versions",
            ),
    ]
}

fn slowness() -> Vec<Scenario> {
    let slow = |name, metric: &str, alert, summary| {
        Scenario::healthy(name)
            .set(bucket(metric, "0.004", 2), "0…")
            .silent(5)
            .fires(6, &[(alert, "etcd-2")])
            .reads(6, alert, SECOND, "0.4866", summary)
    };
    vec![
        slow(
            "messages to peers take long",
            "etcd_network_peer_round_trip_time_seconds",
            "EtcdPeerRoundTripSlow",
            "messages of etcd-2 to its peers take 486.6ms",
        ),
        slow(
            "the log is synced slowly",
            "etcd_disk_wal_fsync_duration_seconds",
            "EtcdWalFsyncSlow",
            "the disk of etcd-2 takes 486.6ms to sync its log",
        ),
        slow(
            "the database is committed slowly",
            "etcd_disk_backend_commit_duration_seconds",
            "EtcdBackendCommitSlow",
            "the disk of etcd-2 takes 486.6ms to commit its database",
        ),
    ]
}

fn database() -> Vec<Scenario> {
    let size = |member| of("etcd_mvcc_db_total_size_in_bytes", member);
    let in_use = |member| of("etcd_mvcc_db_total_size_in_use_in_bytes", member);
    let alarm = |kind: &str| {
        let more = format!(r#", alarm="{kind}""#);
        told_of_cluster("etcd_plan_alarm", &more)
    };
    let of_kind = |kind| [("alarm", kind), ("cls", "etcd")];
    vec![
        Scenario::healthy("the alarm NOSPACE, told by the status")
            .set(alarm("NOSPACE"), "0x4 1…")
            .silent(4)
            .fires(5, &[("EtcdNoSpace", "etcd")])
            .reads(
                5,
                "EtcdNoSpace",
                &of_kind("NOSPACE"),
                "1",
                "etcd takes no writes: its quota is used up",
            ),
        // The status is older than the alarm.
        Scenario::healthy("the alarm NOSPACE, told by etcd 3.6")
            .set(
                of(
                    r#"etcd_debugging_server_alarms{alarm_type="NOSPACE", server_id="8e9e05c52164694d"}"#,
                    1,
                ),
                "_x5 1…",
            )
            .silent(4)
            .fires(5, &[("EtcdNoSpace", "etcd")]),
        Scenario::healthy("the alarm CORRUPT")
            .set(alarm("CORRUPT"), "0x4 1…")
            .fires(5, &[("EtcdCorrupt", "etcd")])
            .reads(
                5,
                "EtcdCorrupt",
                &of_kind("CORRUPT"),
                "1",
                "members of etcd hold different data",
            ),
        Scenario::healthy("the quota is nearly used up")
            .set(size(3), "6800000000…")
            .set(in_use(3), "6700000000…")
            .silent(0)
            .fires(1, &[("EtcdQuotaNear", "etcd-3")])
            .reads(
                1,
                "EtcdQuotaNear",
                THIRD_OF_TARGET,
                "0.85",
                "etcd-3 has used 85% of its quota",
            ),
        Scenario::healthy("the quota is all but used up")
            .set(size(3), "7600000000…")
            .set(in_use(3), "7500000000…")
            .silent(0)
            .fires(1, &[("EtcdQuotaCritical", "etcd-3")])
            .reads(
                1,
                "EtcdQuotaCritical",
                THIRD_OF_TARGET,
                "0.95",
                "etcd-3 has used 95% of its quota",
            ),
        // The second is small, and so it does not matter.
        Scenario::healthy("database files are mostly idle")
            .set(in_use(1), "40000000…")
            .set(size(2), "90000000…")
            .set(in_use(2), "9000000…")
            .silent(29)
            .fires(30, &[("EtcdFragmented", "etcd-1")])
            .reads(
                30,
                "EtcdFragmented",
                FIRST_OF_TARGET,
                "0.8",
                "80% of the database file of etcd-1 is idle",
            ),
    ]
}

fn care() -> Vec<Scenario> {
    let certificate = |name, values| {
        let metric = "etcd_plan_certificate_not_after_timestamp_seconds";
        Scenario::healthy(name).set(told_of(metric, 2), values)
    };
    let second = &SECOND[..2];
    vec![
        certificate("a certificate runs out in 20 days", "1728000…")
            .fires(0, &[("EtcdCertificateNear", "etcd-2")])
            .reads(
                0,
                "EtcdCertificateNear",
                second,
                "1728000",
                "the certificate of etcd-2 runs out in 20d 0h 0m 0s",
            ),
        certificate("a certificate runs out in three days", "259200…")
            .fires(0, &[("EtcdCertificateCritical", "etcd-2")])
            .reads(
                60,
                "EtcdCertificateCritical",
                second,
                "255600",
                "the certificate of etcd-2 runs out in 2d 23h 0m 0s",
            ),
        // The last one was made before the first sample.
        Scenario::healthy("no backup is made any more")
            .set(
                told_of_cluster("etcd_plan_backup_timestamp_seconds", ""),
                "-93000…",
            )
            .silent(10)
            .fires(11, &[("EtcdBackupOld", "etcd")])
            .reads(
                11,
                "EtcdBackupOld",
                CLUSTER,
                "93660",
                "the newest backup of etcd is 1d 2h 1m 0s old",
            ),
        // Node exporter goes on to show the last one; here it goes away after a while, too.
        Scenario::healthy("the status is not told any more")
            .set(
                told_of_cluster("etcd_plan_status_timestamp_seconds", ""),
                "0x70 stale",
            )
            .silent(60)
            .fires(61, &[("EtcdStatusOld", "etcd")])
            .reads(
                80,
                "EtcdStatusOld",
                CLUSTER,
                "4800",
                "what node exporter tells of etcd is 1h 20m 0s old",
            ),
    ]
}
