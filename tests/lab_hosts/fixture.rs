//! What the tests share: fresh hosts, one test at a time, and what runs on them.

use std::fmt::Write as _;
use std::fs::File;
use std::process::Command;
use std::thread;

use etcd_plan::engine::{Refused, Run, Silent};
use etcd_plan::executor::ssh::SshExecutor;
use etcd_plan::guard::Refusal;
use etcd_plan::pki::PkiMemory;
use etcd_plan::plan::PlanBuilder;
use etcd_plan::report::Report;
use etcd_plan::{Plan, Subtask};
use etcd_plan_testkit::lab::{Lab, LabHost};
use etcd_plan_tests::{inventory, skipped};

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

/// What a run could change on a host. Packages are told by dpkg's list, which no run of `apt-get
/// update` touches. The first login by SSH makes the message of the day.
const STATE: &str = "
    export LC_ALL=C
    systemctl is-active --quiet etcd && in_use='-path */member/*' || in_use='-name none'
    find /etc /data* /var/lib/etcd* /usr/bin/etcd* -xdev ! -type d ! \\( $in_use \\) \\
        -printf '%p %u:%g %m %s %T@ %l\\n' 2>/dev/null | sort
    find /data* /var/lib/etcd* -xdev -printf '%p %y %u:%g %m\\n' 2>/dev/null | sort
    find /etc -xdev -type d -printf '%p %u:%g %m\\n' | sort
    find /etc /data* -xdev -type f ! -path '*/member/*' -exec sha256sum {} + 2>/dev/null | sort
    systemctl show -p ActiveState,MainPID,UnitFileState,NRestarts etcd.service
    dpkg-query -W | sha256sum
    ls /run | grep -v motd";

/// Takes away all that a run or a test has left of etcd on a host, but for its package.
const MAKE_EMPTY: &str = "
    set -e
    command -v apt-get >/dev/null # one without was to be another distribution
    [ ! -e /usr/bin/patroni ] # one with databases is for the test that made it
    left=$(ls -d /data /etc/etcd /etc/prometheus /run/systemd/transient/foreign.service \
        2>/dev/null) || [ -n \"$left\" ] || exit 0
    systemctl kill --signal=KILL etcd.service foreign.service 2>/dev/null || :
    systemctl stop etcd.service foreign.service 2>/dev/null || :
    for folder in /data /etc/etcd; do
        ! mountpoint -q $folder || umount $folder
    done
    rm -rf /data /etc/etcd /var/lib/etcd/* /etc/pki/ca.crt /etc/profile.d/etcdctl.sh \\
        /etc/systemd/system/etcd.service /etc/prometheus
    systemctl daemon-reload
    systemctl reset-failed
    [ ! -e /usr/bin/etcd ] || systemctl --quiet disable etcd";

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

    /// Gives hosts on which the package is, and nothing else of etcd: much faster than fresh ones,
    /// on which it would have to be installed first. All other nodes are as empty.
    pub(crate) fn empty(count: u8) -> Option<Self> {
        let hosts = Self::used()?;
        hosts.clear();
        let lacks_etcd = |host: &u8| hosts.sh(*host, "command -v etcdctl || :").is_empty();
        let bare: Vec<u8> = (1..=count).filter(lacks_etcd).collect();
        if !bare.is_empty() {
            hosts.sh(0, "systemctl start lab-packages");
            let text = inventory_of(&[("etcd", &bare)], "");
            hosts.converge(&planned(&text, |choose| choose.tags([Subtask::Install])));
        }
        Some(hosts)
    }

    /// Takes away all that is left of etcd on all hosts, but for its package.
    pub(crate) fn clear(&self) {
        let names = || LabHost::nodes(LabHost::MOST_NODES).chain([LabHost::INFRA]);
        let there = self.lab.status().expect("a lab that is up");
        let there = |name: &LabHost| there.iter().any(|status| status.host == *name);
        let there: Vec<LabHost> = names().filter(there).collect();
        let emptied = on_each(&there, |host| self.make_empty(host).is_ok());
        // A host that does not become empty was left broken by a test that failed.
        let broken = there.iter().zip(emptied).filter(|(_, is_empty)| !is_empty);
        let broken: Vec<LabHost> = broken.map(|(host, _)| *host).collect();
        self.lab.reset(&broken).expect("fresh hosts");
    }

    /// Gives the hosts as the last test left them.
    pub(crate) fn used() -> Option<Self> {
        let lab = match Lab::inside() {
            Ok(lab) => lab,
            Err(why) => {
                skipped(&format!("{why}; {}", why.hint));
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

    /// Runs a script over SSH on a host as a user, and gives what it printed.
    pub(crate) fn sh_as(&self, user: &str, host: u8, script: &str) -> Result<String, String> {
        let host = node(host);
        let mut ssh = self.lab.ssh(host, user).expect("a lab that is up");
        printed(ssh.arg(script)).map_err(|error| format!("{user}@{host}: {script}: {error}"))
    }

    /// Runs a script as root on a host, past its network; it must work.
    pub(crate) fn sh(&self, host: u8, script: &str) -> String {
        match self.try_sh(host, script) {
            Ok(text) => text,
            Err(error) => panic!("{error}"),
        }
    }

    /// Runs a script as root on a host, past its network, and gives what it printed.
    pub(crate) fn try_sh(&self, host: u8, script: &str) -> Result<String, String> {
        let host = node(host);
        let mut sh = self.lab.enter(host, "sh").expect("a host that runs");
        printed(sh.args(["-c", script])).map_err(|error| format!("{host}: {script}: {error}"))
    }

    /// Reaches the hosts as an operator would who has the key, and has met them before.
    pub(crate) fn executor(&self) -> SshExecutor {
        SshExecutor::new()
            .without_ssh_config()
            .identity_file(self.lab.key_file())
            .known_hosts([self.lab.known_hosts_file()])
    }

    fn make_empty(&self, host: LabHost) -> Result<(), String> {
        self.lab.heal(host).map_err(|error| error.to_string())?;
        let mut sh = self.lab.enter(host, "sh").map_err(|e| e.to_string())?;
        printed(sh.args(["-c", MAKE_EMPTY])).map(drop)
    }

    /// Carries a plan out.
    pub(crate) fn apply(&self, plan: &Plan) -> Result<Report, Refused> {
        self.apply_through(&self.executor(), plan)
    }

    /// Gives what is in the way of a plan.
    pub(crate) fn judge(&self, plan: &Plan) -> Vec<Refusal> {
        let executor = self.executor();
        let observed = Run::new(plan, &executor, &self.keys).observe(&mut Silent);
        observed.refusals().to_vec()
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

    /// Gives all that a run could change on a host: files and folders with digest, owner, mode and
    /// time, units, processes and installed packages. Of data that is in use, only which files there are.
    pub(crate) fn state(&self, host: u8) -> String {
        self.sh(host, STATE)
    }

    /// Gives [`Hosts::state`] of `infra` and the nodes up to a number.
    pub(crate) fn states(&self, nodes: u8) -> Vec<String> {
        let hosts: Vec<u8> = (0..=nodes).collect();
        on_each(&hosts, |host| self.state(host))
    }

    /// Asserts that `infra` and the nodes up to a number are as they were, and names the lines that
    /// are not.
    pub(crate) fn assert_unchanged(&self, before: &[String], context: &str) {
        let nodes = u8::try_from(before.len() - 1).expect("a few hosts");
        let after = self.states(nodes);
        for (host, (before, after)) in before.iter().zip(&after).enumerate() {
            let lines = |text: &str, other: &str| -> Vec<String> {
                let gone = text
                    .lines()
                    .filter(|line| !other.lines().any(|l| l == *line));
                gone.map(str::to_owned).collect()
            };
            let (gone, new) = (lines(before, after), lines(after, before));
            assert!(
                gone.is_empty() && new.is_empty(),
                "{context}: {} was {gone:#?}, and is {new:#?}",
                node(u8::try_from(host).expect("a few hosts"))
            );
        }
    }

    /// Runs `etcdctl` with the environment that members have.
    pub(crate) fn etcdctl(&self, host: u8, arguments: &str) -> String {
        self.sh(
            host,
            &format!(". /etc/profile.d/etcdctl.sh && etcdctl {arguments}"),
        )
    }
}

/// Makes a plan with choices, such as a goal or tags.
pub(crate) fn planned<F>(text: &str, choose: F) -> Plan
where
    F: for<'a> FnOnce(PlanBuilder<'a>) -> PlanBuilder<'a>,
{
    let inventory = inventory(text);
    choose(Plan::builder(&inventory)).build().expect("a plan")
}

/// Writes an inventory: clusters by name, with the numbers of their nodes, and variables of all.
pub(crate) fn inventory_of(clusters: &[(&str, &[u8])], vars: &str) -> String {
    let mut text = "all:\n  children:\n".to_owned();
    for (name, nodes) in clusters {
        writeln!(
            text,
            "    {name}:\n      vars: {{ etcd_cluster: {name} }}\n      hosts:"
        )
        .expect("a String takes everything");
        for (seq, number) in nodes.iter().enumerate() {
            let address = node(*number).address();
            writeln!(text, "        {address}: {{ etcd_seq: {} }}", seq + 1)
                .expect("a String takes everything");
        }
    }
    text + "  vars: { ansible_user: admin, ansible_become: true" + vars + " }\n"
}

/// Does something with several hosts at once.
fn on_each<H: Copy + Sync, T: Send>(hosts: &[H], act: impl Fn(H) -> T + Sync) -> Vec<T> {
    let act = &act;
    thread::scope(|scope| {
        let threads: Vec<_> = hosts
            .iter()
            .map(|host| scope.spawn(move || act(*host)))
            .collect();
        let joined = threads.into_iter().map(thread::ScopedJoinHandle::join);
        joined
            .map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

/// Runs a program, and gives what it printed.
fn printed(command: &mut Command) -> Result<String, String> {
    let output = command.output().expect("the program is there");
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() {
        return Ok(text);
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    Err(format!("{text} {errors}"))
}

/// Names a host by its number; 0 is `infra`.
pub(crate) fn node(number: u8) -> LabHost {
    let nodes = LabHost::nodes(number).last();
    nodes.unwrap_or(LabHost::INFRA)
}
