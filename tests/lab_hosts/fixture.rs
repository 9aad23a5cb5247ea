//! What the tests share: fresh hosts, one test at a time, and what runs on them.

use std::env;
use std::fs::File;
use std::io::Write as _;
use std::thread;

use etcd_plan::Plan;
use etcd_plan::engine::{Refused, Run, Silent};
use etcd_plan::executor::ssh::SshExecutor;
use etcd_plan::pki::PkiMemory;
use etcd_plan::report::Report;
use etcd_plan_testkit::lab::{Lab, LabHost};

/// The seeds' inventory of three members, reached as an operator would.
pub(crate) const THREE: &str = "all:
  children:
    etcd:
      hosts:
        10.10.10.10: { etcd_seq: 1 }
        10.10.10.11: { etcd_seq: 2 }
        10.10.10.12: { etcd_seq: 3 }
      vars: { etcd_cluster: etcd }
    infra: { hosts: { 10.10.10.9: {} } }
  vars: { ansible_user: admin, ansible_become: true }
";

/// The seeds' inventory of one member.
pub(crate) const ONE: &str = "all:
  children:
    etcd:
      hosts: { 10.10.10.10: { etcd_seq: 1 } }
      vars: { etcd_cluster: etcd }
  vars: { ansible_user: admin, ansible_become: true }
";

/// Hosts of a lab that no other test touches meanwhile.
pub(crate) struct Hosts {
    pub(crate) lab: Lab,
    pub(crate) keys: PkiMemory,
    /// All tests share the hosts of one lab, and some test runners start a process for each.
    _turn: File,
}

impl Hosts {
    /// Gives `node-1` to `node-<count>` and `infra`, all with fresh disks; none where there is no
    /// lab, which is said.
    pub(crate) fn fresh(count: u8) -> Option<Self> {
        let hosts = Self::used()?;
        let names: Vec<LabHost> = LabHost::nodes(count).chain([LabHost::INFRA]).collect();
        hosts.lab.reset(&names).expect("fresh hosts");
        Some(hosts)
    }

    /// Gives the hosts as the last test left them.
    pub(crate) fn used() -> Option<Self> {
        let lab = match Lab::inside() {
            Ok(lab) => lab,
            Err(why) => {
                skip(&format!("{why}; {}", why.hint));
                return None;
            }
        };
        let turn = File::create(lab.folder().join("tests.lock")).expect("a file");
        turn.lock().expect("a lock");
        Some(Self {
            lab,
            keys: PkiMemory::new(),
            _turn: turn,
        })
    }

    /// Runs a script on a host as a user, and gives what it printed.
    pub(crate) fn sh_as(&self, user: &str, host: u8, script: &str) -> Result<String, String> {
        let host = node(host);
        let mut ssh = self.lab.ssh(host, user).expect("a lab that is up");
        let output = ssh.arg(script).output().expect("ssh is there");
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if output.status.success() {
            return Ok(text);
        }
        let errors = String::from_utf8_lossy(&output.stderr);
        Err(format!("{user}@{host}: {script}: {text} {errors}"))
    }

    /// Runs a script as root on a host, which must work.
    pub(crate) fn sh(&self, host: u8, script: &str) -> String {
        match self.sh_as("root", host, script) {
            Ok(text) => text,
            Err(error) => panic!("{error}"),
        }
    }

    /// Reaches the hosts as an operator would who has the key, and has met them before.
    pub(crate) fn executor(&self) -> SshExecutor {
        SshExecutor::new()
            .without_ssh_config()
            .identity_file(self.lab.key_file())
            .known_hosts([self.lab.known_hosts_file()])
    }

    /// Carries a plan out.
    pub(crate) fn apply(&self, plan: &Plan) -> Result<Report, Refused> {
        self.apply_through(&self.executor(), plan)
    }

    /// Carries a plan out through an executor with other settings.
    pub(crate) fn apply_through(
        &self,
        executor: &SshExecutor,
        plan: &Plan,
    ) -> Result<Report, Refused> {
        let observed = Run::new(plan, executor, &self.keys).observe(&mut Silent);
        Ok(observed.approve()?.apply(&mut Silent))
    }

    /// Carries a plan out that nothing is in the way of.
    pub(crate) fn converge(&self, plan: &Plan) -> Report {
        let report = match self.apply(plan) {
            Ok(report) => report,
            Err(refused) => panic!("{refused}"),
        };
        assert!(report.is_success(), "{report}");
        report
    }

    /// Gives all that a run could change on a host: files with digest, owner and mode, units and
    /// processes.
    pub(crate) fn state(&self, host: u8) -> String {
        self.sh(
            host,
            "find /etc /data /var/lib/etcd /usr/bin/etcd* -xdev ! -type d ! -path '*/member/*' \
                 -printf '%p %u:%g %m %s %T@\\n' 2>/dev/null | sort; \
             find /data /var/lib/etcd -name '*.wal' -printf '%p\\n' 2>/dev/null | sort; \
             systemctl show -p ActiveState,MainPID,UnitFileState etcd.service; ls /run",
        )
    }

    /// Runs `etcdctl` with the environment that members have.
    pub(crate) fn etcdctl(&self, host: u8, arguments: &str) -> String {
        self.sh(
            host,
            &format!(". /etc/profile.d/etcdctl.sh && etcdctl {arguments}"),
        )
    }
}

/// Names a host by its number; 0 is `infra`.
pub(crate) fn node(number: u8) -> LabHost {
    let nodes = LabHost::nodes(number).last();
    nodes.unwrap_or(LabHost::INFRA)
}

/// Says that the running test cannot run here, also to `cargo xtask test`: that counts what stands
/// in the file of `ETCD_PLAN_SKIPS`, each a line of program, test and reason with tabs between.
#[expect(clippy::print_stderr, reason = "a test that does not run says so")]
pub(crate) fn skip(why: &str) {
    let test = thread::current().name().unwrap_or("a test").to_owned();
    eprintln!("SKIPPED: {test}: {why}");
    if let Some(notes) = env::var_os("ETCD_PLAN_SKIPS") {
        let notes = File::options().create(true).append(true).open(notes);
        let line = format!("lab\t{test}\t{why}\n");
        let written = notes.and_then(|mut notes| notes.write_all(line.as_bytes()));
        written.expect("the file of ETCD_PLAN_SKIPS can be written");
    }
}
