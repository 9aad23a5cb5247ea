//! A cluster in a sandbox: real etcd processes on loopback addresses.

use std::path::PathBuf;
use std::process::Command;

use etcd_plan::engine::{Run, RunSettings, Silent};
use etcd_plan::executor::SandboxExecutor;
use etcd_plan::pki::PkiFolder;
use etcd_plan::plan::{Plan, PlanBuilder};
use etcd_plan::report::Report;
use etcd_plan_tests::{inventory, skipped};
use tempfile::TempDir;

/// Members `1` to `count` at `127.0.<net>.11` and the following, with a folder of their own. What
/// still runs ends with it.
pub(crate) struct Sandbox {
    net: u8,
    pub(crate) dir: PathBuf,
    pub(crate) executor: SandboxExecutor,
    owned: Option<TempDir>,
}

impl Sandbox {
    /// Makes one in a fresh folder; none, which is noted, where there is no etcd.
    pub(crate) fn fresh(net: u8) -> Option<Self> {
        if Command::new("etcd").arg("--version").output().is_err() {
            skipped("there is no etcd on this machine");
            return None;
        }
        let owned = TempDir::new().expect("a folder");
        let mut sandbox = Self::at(net, owned.path().to_owned());
        sandbox.owned = Some(owned);
        Some(sandbox)
    }

    /// Takes one that is there.
    pub(crate) fn at(net: u8, dir: PathBuf) -> Self {
        Self {
            net,
            executor: SandboxExecutor::new(dir.join("hosts")),
            dir,
            owned: None,
        }
    }

    pub(crate) fn host(&self, seq: u8) -> String {
        format!("127.0.{}.{}", self.net, 10 + seq)
    }

    /// Plans for an inventory of so many members.
    pub(crate) fn plan(
        &self,
        count: u8,
        ask: impl FnOnce(PlanBuilder<'_>) -> PlanBuilder<'_>,
    ) -> Plan {
        let members: Vec<u8> = (1..=count).collect();
        self.plan_of(&members, ask)
    }

    /// Plans for an inventory of the members with these numbers.
    pub(crate) fn plan_of(
        &self,
        members: &[u8],
        ask: impl FnOnce(PlanBuilder<'_>) -> PlanBuilder<'_>,
    ) -> Plan {
        let hosts: Vec<String> = members
            .iter()
            .map(|seq| format!("    {}: {{ etcd_seq: {seq} }}\n", self.host(*seq)))
            .collect();
        let text = format!("etcd:\n  hosts:\n{}", hosts.concat());
        match ask(Plan::builder(&inventory(&text))).build() {
            Ok(plan) => plan,
            Err(error) => panic!("{error}"),
        }
    }

    /// Carries a plan out.
    pub(crate) fn run(&self, plan: &Plan) -> Report {
        let keys = PkiFolder::new(&self.dir);
        let settings = RunSettings {
            folder: self.dir.clone(),
            ..RunSettings::default()
        };
        let run = Run::new(plan, &self.executor, &keys).settings(settings);
        let observed = run.observe(&mut Silent);
        match observed.approve() {
            Ok(approved) => approved.apply(&mut Silent),
            Err(refused) => panic!("{refused}"),
        }
    }

    /// Carries a plan out that must succeed.
    #[track_caller]
    pub(crate) fn must_run(&self, plan: &Plan) -> Report {
        let report = self.run(plan);
        assert!(report.is_success(), "{report}");
        report
    }

    /// Asks the members with these numbers through `etcdctl`, as a client on the first of them.
    pub(crate) fn etcdctl(&self, members: &[u8], arguments: &[&str]) -> Result<String, String> {
        let root = self.dir.join("hosts").join(self.host(members[0]));
        let urls: Vec<String> = members
            .iter()
            .map(|seq| format!("https://{}:2379", self.host(*seq)))
            .collect();
        let output = Command::new("etcdctl")
            .env("ETCDCTL_API", "3")
            .args(["--endpoints", &urls.join(","), "--command-timeout", "5s"])
            .arg("--cacert")
            .arg(root.join("etc/etcd/ca.crt"))
            .arg("--cert")
            .arg(root.join("etc/etcd/server.crt"))
            .arg("--key")
            .arg(root.join("etc/etcd/server.key"))
            .args(arguments)
            .output()
            .expect("etcdctl can be started");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        } else {
            Err(said)
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if self.owned.is_some()
            && let Err(error) = self.executor.stop_all()
        {
            eprintln!("{error}");
        }
    }
}
