use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use etcd_plan_testkit::lab::{Lab, LabHost};
use etcd_plan_testkit::{DelayProxy, ProxyTraffic};
use tempfile::TempDir;

use super::prepare::{self, run};
use super::table::Measure;
use super::tool::{Job, Tool};
use super::{material, said};

/// How many members the cluster has.
pub(super) const NODES: u8 = 3;

/// Takes away all of etcd but its package.
const CLEAR: &str = "
    systemctl kill --signal=KILL etcd 2>/dev/null; systemctl stop etcd 2>/dev/null
    rm -rf /data /etc/etcd /var/lib/etcd/* /etc/pki/ca.crt /etc/profile.d/etcdctl.sh
    rm -f /etc/systemd/system/etcd.service
    systemctl daemon-reload; systemctl --quiet disable etcd; systemctl reset-failed";

/// The package, and none of its own instance.
const INSTALL: &str = "
    export DEBIAN_FRONTEND=noninteractive
    command -v etcd && exit
    printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d
    apt-get -q update && apt-get -q -y install etcd-server=3.5.16* etcd-client=3.5.16*
    rm /usr/sbin/policy-rc.d";

/// Three hosts, each behind a proxy, and what the tools need to reach them and do their work.
pub(super) struct Scene<'a> {
    lab: &'a Lab,
    folder: PathBuf,
    proxies: Vec<(LabHost, DelayProxy)>,
    sockets: TempDir,
    /// How many runs there were: each gets a token of its own, and Ansible connects anew.
    runs: AtomicUsize,
}

impl<'a> Scene<'a> {
    /// Makes it with a delay for each of the two ways.
    pub(super) fn new(lab: &'a Lab, delay: Duration) -> Result<Self, String> {
        let folder = prepare::folder().join(format!("hosts-{}", delay.as_micros()));
        // What an interrupted bench left.
        let _ = fs::remove_dir_all(&folder);
        let io = |error| format!("{}: {error}", folder.display());
        fs::create_dir_all(folder.join("home/.ssh")).map_err(io)?;
        let mut proxies = Vec::new();
        for host in LabHost::nodes(NODES) {
            let sshd = SocketAddr::from((host.address(), 22));
            proxies.push((host, DelayProxy::start(sshd, delay).map_err(io)?));
        }
        let scene = Self {
            lab,
            folder: folder.clone(),
            proxies,
            sockets: tempfile::tempdir().map_err(io)?,
            runs: AtomicUsize::new(0),
        };
        let config = scene.ssh_config().map_err(io)?;
        fs::write(scene.config_file(), config).map_err(io)?;
        let hosts = scene.addresses();
        material::write(&scene.folder, &hosts)?;
        let members: Vec<String> = (1..)
            .zip(&hosts)
            .map(|(seq, host)| format!("        {host}: {{ etcd_seq: {seq} }}\n"))
            .collect();
        let inventory = format!(
            "all:\n  children:\n    etcd:\n      hosts:\n{}      vars: {{ etcd_cluster: etcd }}\n  \
             vars: {{ ansible_user: admin, ansible_become: true }}\n",
            members.concat()
        );
        fs::write(folder.join("etcd.yml"), inventory).map_err(io)?;
        Ok(scene)
    }

    /// Installs etcd on all hosts.
    pub(super) fn install_etcd(&self) -> Result<(), String> {
        self.on_all(INSTALL)
    }

    /// Takes away what the last tool has made.
    pub(super) fn clear(&self) -> Result<(), String> {
        self.on_all(CLEAR)
    }

    /// Lets a tool do a job, and measures it.
    pub(super) fn measure(&self, tool: Tool, job: Job) -> Result<Measure, String> {
        let number = self.runs.fetch_add(1, Ordering::Relaxed);
        let mut command = match tool {
            Tool::EtcdPlan => ours(job),
            Tool::Script => self.script(job, number),
            Tool::Ansible => self.ansible(job, number),
        };
        command
            .env("HOME", self.folder.join("home"))
            .env_remove("SSH_AUTH_SOCK");
        command.current_dir(&self.folder).stdin(Stdio::null());
        let before = self.traffic();
        let begun = Instant::now();
        let output = command
            .output()
            .map_err(|error| format!("{tool}: {error}"))?;
        let wall = begun.elapsed();
        let after = self.traffic();
        let printed = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!(
                "{tool}, {job}: {}: {printed}\n{said}",
                output.status
            ));
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "counts of bytes are far below 2^52"
        )]
        let per_host = |count: u64| count as f64 / f64::from(NODES);
        Ok(Measure {
            wall,
            turns: per_host(after.turns - before.turns),
            bytes: per_host(after.sent + after.received - before.sent - before.received),
            round_trips: round_trips(&printed),
        })
    }

    fn script(&self, job: Job, number: usize) -> Command {
        let mut command = Command::new("sh");
        let job = match job {
            Job::Create => "create",
            Job::Rebuild => "rebuild",
            Job::Nothing => "nothing",
        };
        command.arg("script.sh").arg(self.config_file()).arg(job);
        command
            .arg(format!("token-{number}"))
            .args(self.addresses());
        command
    }

    fn ansible(&self, job: Job, number: usize) -> Command {
        let run = number.to_string();
        // A job that leaves all as it is has the token of the job before.
        let number = if job == Job::Nothing {
            number - 1
        } else {
            number
        };
        let mut command = Command::new(prepare::ansible());
        command
            .args(["-i", "ansible.yml", "playbook.yml", "-f", "50", "-e"])
            .arg(format!(
                "token=token-{number} rebuild={}",
                job == Job::Rebuild
            ))
            .env("ANSIBLE_PIPELINING", "1")
            // Each run connects anew, as all tools do. The path of a socket must be short.
            .env(
                "ANSIBLE_SSH_CONTROL_PATH_DIR",
                self.sockets.path().join(run),
            )
            .env(
                "ANSIBLE_SSH_ARGS",
                format!(
                    "-F {} -o ControlMaster=auto -o ControlPersist=10s",
                    self.config_file().display()
                ),
            );
        command
    }

    fn traffic(&self) -> ProxyTraffic {
        let mut sum = ProxyTraffic::default();
        for (_, proxy) in &self.proxies {
            let traffic = proxy.traffic();
            sum.sent += traffic.sent;
            sum.received += traffic.received;
            sum.turns += traffic.turns;
        }
        sum
    }

    fn addresses(&self) -> Vec<String> {
        self.proxies
            .iter()
            .map(|(host, _)| host.address().to_string())
            .collect()
    }

    fn config_file(&self) -> PathBuf {
        self.folder.join("home/.ssh/config")
    }

    /// Writes the configuration through which all tools reach the hosts' proxies.
    fn ssh_config(&self) -> std::io::Result<String> {
        let known = fs::read_to_string(self.lab.known_hosts_file())?;
        let known_file = self.folder.join("home/.ssh/known_hosts");
        let (mut lines, mut config) = (String::new(), String::new());
        for (host, proxy) in &self.proxies {
            let (address, port) = (host.address().to_string(), proxy.address().port());
            for line in known.lines() {
                if let Some(key) = line.strip_prefix(&format!("{address} ")) {
                    let _ = writeln!(lines, "[127.0.0.1]:{port} {key}");
                }
            }
            let _ = writeln!(
                config,
                "Host {address}\n    HostName 127.0.0.1\n    Port {port}"
            );
        }
        fs::write(&known_file, lines)?;
        let (key, known) = (self.lab.key_file(), known_file);
        let _ = writeln!(
            config,
            "Host *\n    IdentityFile {}\n    UserKnownHostsFile {}\n    LogLevel ERROR",
            key.display(),
            known.display()
        );
        Ok(config)
    }

    /// Runs a script as root on all hosts, past their network.
    fn on_all(&self, script: &str) -> Result<(), String> {
        thread::scope(|scope| {
            let threads: Vec<_> = LabHost::nodes(NODES)
                .map(|host| {
                    scope.spawn(move || {
                        let mut sh = self.lab.enter(host, "sh").map_err(said)?;
                        run(sh.args(["-c", script]))
                    })
                })
                .collect();
            threads.into_iter().try_for_each(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
        })
    }
}

fn ours(job: Job) -> Command {
    let mut command = Command::new(prepare::our_program());
    let goal = if job == Job::Rebuild {
        "rebuild"
    } else {
        "create"
    };
    command.args(["etcd.yml", "--goal", goal]);
    command
}

/// Reads the lines `HOST: 7 round trips, …` that our program prints.
fn round_trips(printed: &str) -> Option<f64> {
    let counts: Vec<f64> = printed
        .lines()
        .filter_map(|line| {
            line.split_once(" round trips, ")?
                .0
                .rsplit_once(": ")?
                .1
                .parse()
                .ok()
        })
        .collect();
    let sum: f64 = counts.iter().sum();
    (!counts.is_empty()).then(|| sum / f64::from(u32::try_from(counts.len()).unwrap_or(u32::MAX)))
}
