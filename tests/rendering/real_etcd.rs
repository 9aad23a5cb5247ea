//! A real etcd is started with what is rendered, and says nothing against it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use etcd_plan::engine::{Run, Silent};
use etcd_plan::executor::{Executor as _, SandboxExecutor};
use etcd_plan::identity;
use etcd_plan::names::EtcdId;
use etcd_plan::pki::PkiFolder;
use etcd_plan::plan::Plan;
use etcd_plan::render;
use etcd_plan::spec::{ClusterSpec, MemberSpec};
use etcd_plan_tests::{inventory, skipped};
use serde_json::{Value, json};

/// Folders with further versions of `etcd` and `etcdctl`, separated as in `PATH`.
const FOLDERS: &str = "ETCD_PLAN_TEST_ETCD_DIRS";

/// Three members with everything set that can be, on addresses and ports that nobody else has.
const THREE: &str = "etcd:
  hosts:
    127.0.7.11: { etcd_seq: 1 }
    127.0.7.12: { etcd_seq: 2 }
    127.0.7.13: { etcd_seq: 3 }
  vars:
    etcd_cluster: rendered
    etcd_port: 23791
    etcd_peer_port: 23801
    etcd_data: /data/of etcd
    etcd_election_timeout: 1500
    etcd_heartbeat_interval: 150
    etcd_quota_backend_bytes: 1GiB
    etcd_auto_compaction_retention: 1h30m
    etcd_snapshot_count: 5000
    etcd_extra_config:
      max-txn-ops: 1024
      max-request-bytes: 2097152
      enable-pprof: no
      log-level: info
";

/// A member on an IPv6 address, with nothing set.
const SINGLE: &str = "etcd:
  hosts:
    \"::1\": { etcd_seq: 1 }
  vars: { etcd_cluster: single, etcd_port: 23792, etcd_peer_port: 23802 }
";

/// What etcd warns of whatever its configuration is, each with why that is no concern of ours.
const USUAL: &[(&str, &str)] = &[
    (
        "simple token is not cryptographically signed",
        "about the tokens of password logins, which there are none of",
    ),
    (
        "Running http and grpc server on single port. This is not recommended for production.",
        "of 3.5.10 and later: metrics stay on the client port, where Prometheus looks for them",
    ),
    (
        "established TCP streaming connection with remote peer",
        "good news, which etcd 3.4 gives as a warning",
    ),
    ("rejected connection", KNOCK),
    ("lost TCP streaming connection with remote peer", EARLY),
    ("prober detected unhealthy status", EARLY),
    ("peer became inactive (message send to peer failed)", EARLY),
    ("failed to reach the peer URL", EARLY),
    ("failed to get version", EARLY),
    ("apply request took too long", BUSY),
    (
        "leader failed to send out heartbeat on time; took too long, leader is overloaded likely from slow disk",
        BUSY,
    ),
    (
        "waiting for ReadIndex response took too long, retrying",
        BUSY,
    ),
    ("slow fdatasync", BUSY),
];

const KNOCK: &str = "the run knocks at the port until it opens";
const EARLY: &str = "a member is looked for before it has started";
const BUSY: &str = "the machine is busy with other tests";

/// How lines of the log begin that tell of nothing bad.
const INFO: &str = "{\"level\":\"info\"";

#[test]
fn etcd_takes_what_is_rendered() {
    for folder in std::env::var_os(FOLDERS)
        .iter()
        .flat_map(std::env::split_paths)
    {
        with_etcd_of(&folder);
    }
    let Some(version) = version() else {
        return skipped("there is no `etcd` with `etcdctl` in the PATH");
    };
    let of_three = [
        ("heartbeat-interval", json!("150ms")),
        ("election-timeout", json!("1.5s")),
        ("snapshot-count", json!(5000)),
        ("auto-compaction-mode", json!("periodic")),
        ("auto-compaction-retention", json!("1h30m0s")),
        ("listen-metrics-urls", json!([])),
    ];
    let of_one = [
        ("heartbeat-interval", json!("100ms")),
        ("election-timeout", json!("1s")),
        ("auto-compaction-retention", json!("24h0m0s")),
        ("listen-client-urls", json!(["https://[::1]:23792"])),
    ];
    for (text, settings) in [(THREE, &of_three[..]), (SINGLE, &of_one)] {
        let Some(cluster) = Cluster::start(text) else {
            skipped("this machine has no IPv6 loopback address");
            continue;
        };
        cluster.check_log(&version);
        cluster.check_settings(settings);
        cluster.check_id();
        cluster.check_certificates();
        cluster.check_environment();
    }
}

/// Runs this test again with another etcd in front of the `PATH`, which a process cannot change
/// for itself safely.
fn with_etcd_of(folder: &Path) {
    let mut path = vec![folder.to_owned()];
    path.extend(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    ));
    let program = std::env::current_exe().expect("the test's own program");
    let status = Command::new(program)
        .args([
            "--exact",
            "real_etcd::etcd_takes_what_is_rendered",
            "--nocapture",
        ])
        .env(
            "PATH",
            std::env::join_paths(path).expect("no folder has a colon in its name"),
        )
        .env_remove(FOLDERS)
        .status()
        .expect("the test's own program starts");
    assert!(status.success(), "with the etcd of {}", folder.display());
}

fn version() -> Option<String> {
    Command::new("etcdctl").arg("version").output().ok()?;
    let output = Command::new("etcd").arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let first = text.lines().next()?;
    Some(first.trim_start_matches("etcd Version: ").to_owned())
}

/// A cluster of processes in a folder of its own, which end with it.
struct Cluster {
    executor: SandboxExecutor,
    spec: ClusterSpec,
    folder: tempfile::TempDir,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let stopped = self.executor.stop_all();
        assert!(std::thread::panicking() || stopped.is_ok(), "{stopped:?}");
    }
}

impl Cluster {
    /// Starts a cluster; none when its addresses are not this machine's.
    fn start(text: &str) -> Option<Self> {
        let plan = Plan::from_inventory(&inventory(text)).expect("a good inventory");
        let spec = plan.clusters()[0].clone();
        for member in &spec.members {
            std::net::TcpListener::bind((member.address.ip()?, 0)).ok()?;
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let cluster = Self {
            executor: SandboxExecutor::new(folder.path().join("hosts")),
            spec,
            folder,
        };
        let keys = PkiFolder::new(cluster.folder.path());
        let run = Run::new(&plan, &cluster.executor, &keys);
        let approved = match run.observe(&mut Silent).approve() {
            Ok(approved) => approved,
            Err(refused) => panic!("{refused}"),
        };
        let report = approved.apply(&mut Silent);
        let logs = cluster.logs();
        let bad: Vec<&str> = logs.lines().filter(|line| !line.contains(INFO)).collect();
        assert!(report.is_success(), "{report}\n{bad:#?}");
        Some(cluster)
    }

    /// etcd's own log says nothing against the configuration.
    fn check_log(&self, version: &str) {
        let mut said: BTreeMap<String, String> = BTreeMap::new();
        for line in self.logs().lines() {
            let Ok(entry) = serde_json::from_str::<Value>(line) else {
                // etcd 3.4 and later write JSON only, so this is from before there was a logger.
                said.insert(line.to_owned(), line.to_owned());
                continue;
            };
            let message = entry["msg"].as_str().unwrap_or_default().to_owned();
            let is_usual = USUAL.iter().any(|(usual, _)| *usual == message);
            if entry["level"] != "info" && !is_usual {
                said.insert(message, line.to_owned());
            }
        }
        let lines: Vec<&String> = said.values().collect();
        assert!(lines.is_empty(), "etcd {version} says: {lines:#?}");
    }

    /// etcd has taken every setting: keys that it does not know it ignores without a word.
    fn check_settings(&self, wanted: &[(&str, Value)]) {
        let logs = self.logs();
        let entries = logs
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let starts: Vec<Value> = entries
            .filter(|entry| entry["msg"] == "starting an etcd server")
            .collect();
        assert_eq!(starts.len(), self.spec.members.len());
        for start in starts {
            for (key, value) in wanted {
                assert_eq!(start[*key], *value, "{key} in {start}");
            }
        }
    }

    /// The cluster has the id that is worked out beforehand, and so have its members.
    fn check_id(&self) {
        let first = &self.spec.members[0];
        let conf = self.read(first, "etc/etcd/etcd.conf");
        let line = conf
            .lines()
            .find(|line| line.starts_with("initial-cluster-token: "));
        let token = line
            .and_then(|line| line.split(": ").nth(1))
            .expect("a token");
        let ids = self.spec.members.iter();
        let ids = ids.map(|member| identity::member_id(&[self.spec.peer_url(member)], token));
        let wanted: Vec<EtcdId> = ids.collect();
        let status = self.etcdctl(&["endpoint", "status", "--write-out=json"]);
        let status: Value = serde_json::from_str(&status).expect("etcdctl prints JSON");
        let statuses = status.as_array().expect("a list of members");
        assert_eq!(statuses.len(), wanted.len());
        for status in statuses {
            let header = &status["Status"]["header"];
            let id = |name: &str| EtcdId(header[name].as_u64().expect("an id"));
            assert_eq!(
                id("cluster_id"),
                identity::cluster_id(wanted.iter().copied())
            );
            assert!(
                wanted.contains(&id("member_id")),
                "{header} is none of {wanted:?}"
            );
        }
    }

    /// OpenSSL takes the members' certificates for both of their uses.
    fn check_certificates(&self) {
        for member in &self.spec.members {
            for purpose in ["sslserver", "sslclient"] {
                let mut openssl = Command::new("openssl");
                openssl.args(["verify", "-x509_strict", "-purpose", purpose, "-CAfile"]);
                openssl.args(["etc/etcd/ca.crt", "etc/etcd/server.crt"]);
                let Ok(output) = openssl.current_dir(self.root(member)).output() else {
                    return skipped("there is no `openssl`");
                };
                let said = String::from_utf8_lossy(&output.stdout).into_owned();
                assert!(output.status.success(), "{said}{output:?}");
            }
        }
    }

    /// A shell that has read the environment file reaches the cluster.
    fn check_environment(&self) {
        assert_eq!(self.etcdctl(&["put", "a", "10"]), "OK\n");
        assert_eq!(self.etcdctl(&["get", "a"]), "a\n10\n");
        assert_eq!(self.etcdctl(&["del", "a"]), "1\n");
    }

    /// Runs etcdctl in a shell with the environment that is rendered for the first member's host.
    fn etcdctl(&self, arguments: &[&str]) -> String {
        let root = self.root(&self.spec.members[0]);
        let root = root.to_str().expect("a folder with a name in UTF-8");
        let environment = render::environment(&self.spec, root).expect("the template works");
        let script = format!("{environment}\nexec etcdctl {}", arguments.join(" "));
        let output = Command::new("sh")
            .args(["-euc", &script])
            .output()
            .expect("sh starts");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("etcdctl prints text")
    }

    fn logs(&self) -> String {
        let logs = self
            .spec
            .members
            .iter()
            .map(|member| self.read(member, "var/log/etcd.log"));
        logs.collect()
    }

    fn read(&self, member: &MemberSpec, file: &str) -> String {
        let file = self.root(member).join(file);
        std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }

    fn root(&self, member: &MemberSpec) -> PathBuf {
        self.executor
            .root(&member.host.name)
            .expect("a sandbox has folders")
    }
}
