//! Two databases under Patroni hang from a cluster of etcd, on the files that are made for them, while
//! its members restart, and one is replaced.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use etcd_plan::consumers::{Consumer, Output, VipPlace};
use etcd_plan::pki::{ClientWanted, Store as _, now};
use etcd_plan::spec::ClusterSpec;
use etcd_plan::{Goal, Plan};
use etcd_plan_tests::{Writes, plan};

use crate::fixture::{Hosts, inventory_of, node, planned};

/// The hosts with databases: `infra` and the last one, so that one is left for another member.
const DATABASES: [u8; 2] = [0, 5];

/// The members at first.
const MEMBERS: [u8; 3] = [1, 2, 3];

/// The address that vip-manager moves.
const VIP: &str = "10.10.10.100";

/// How long an election of Patroni, or a copy of the database, may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

/// Patroni's own file, beside the one that is made: the shortest times that it takes, so that a
/// leader whose lock is not kept for long steps down within the test.
fn own_file(host: u8) -> String {
    let (name, address) = (node(host), node(host).address());
    format!(
        "name: {name}
restapi: {{ listen: '{address}:8008', connect_address: '{address}:8008' }}
bootstrap:
  dcs: {{ ttl: 20, loop_wait: 2, retry_timeout: 5 }}
  initdb: [ encoding: UTF8 ]
postgresql:
  listen: '{address}:5432'
  connect_address: '{address}:5432'
  data_dir: /var/lib/postgresql/lab
  bin_dir: /usr/lib/postgresql/15/bin
  authentication:
    superuser: {{ username: postgres, password: super }}
    replication: {{ username: replicator, password: copies }}
  pg_hba:
    - local all all trust
    - host all all 10.10.10.0/24 trust
    - host replication all 10.10.10.0/24 trust
"
    )
}

/// Debian's unit names a file; Patroni takes a folder too.
const DROP_IN: &str = "[Unit]
ConditionPathExists=
[Service]
ExecStart=
ExecStart=/usr/bin/patroni /etc/patroni/conf
";

/// A cluster of two databases.
struct Databases<'a> {
    hosts: &'a Hosts,
    /// The host of the primary.
    primary: u8,
}

impl<'a> Databases<'a> {
    /// Starts Patroni on files that are used as they were made.
    fn start(hosts: &'a Hosts, clusters: &[ClusterSpec]) -> Self {
        hosts
            .lab
            .reset_with_databases(&DATABASES.map(node))
            .expect("fresh hosts");
        let wanted = ClientWanted::new("patroni".parse().expect("a name"));
        let issued = hosts.keys.issue_client(&clusters[0], &wanted, now());
        let issued = issued.expect("the members' CA is there");
        let text = |path: &std::path::Path| {
            let content = hosts.keys.files().read(path).expect("it can be read");
            let content = content.expect("it was issued");
            String::from_utf8(content.expose().to_vec()).expect("PEM is text")
        };
        let etcd = patroni_file(clusters);
        for host in DATABASES {
            let vip = vip_file(clusters, host);
            let files = [
                ("/etc/pki/ca.crt", "root", text(&issued.ca)),
                (
                    "/etc/pki/etcd-client.crt",
                    "root",
                    text(&issued.certificate),
                ),
                ("/etc/pki/etcd-client.key", "postgres", text(&issued.key)),
                ("/etc/patroni/conf/etcd.yml", "root", etcd.clone()),
                ("/etc/patroni/conf/own.yml", "postgres", own_file(host)),
                ("/etc/vip-manager.yml", "root", vip),
                (
                    "/etc/systemd/system/patroni.service.d/folder.conf",
                    "root",
                    DROP_IN.to_owned(),
                ),
            ];
            for (path, owner, content) in files {
                put(hosts, host, path, owner, &content);
            }
            hosts.sh(host, "systemctl daemon-reload");
        }
        // The first one makes the database, and the second one copies it.
        let [primary, replica] = DATABASES;
        hosts.sh(primary, "systemctl start patroni");
        let databases = Self { hosts, primary };
        databases.wait(primary, "primary");
        hosts.sh(replica, "systemctl start patroni");
        databases.wait(replica, "replica");
        databases
    }

    /// Waits until Patroni says that a host has a role.
    fn wait(&self, host: u8, role: &str) {
        let url = format!("http://{}:8008/{role}", node(host).address());
        let begun = Instant::now();
        while self
            .hosts
            .try_sh(host, &format!("curl -fsS -o /dev/null {url}"))
            .is_err()
        {
            if begun.elapsed() > PATIENCE {
                let log = self.hosts.sh(host, "journalctl -u patroni | tail -40");
                panic!("{} has not become {role}:\n{log}", node(host));
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Does something while a client writes to the primary, and Patroni is asked before each write
    /// whether it is one: it says so each time, no write fails, and the timeline, which each
    /// promotion changes, is the same.
    #[expect(clippy::print_stderr, reason = "what was measured")]
    fn keep_their_primary<T>(&self, what: &str, work: impl FnOnce() -> T) -> T {
        let address = node(self.primary).address();
        let refused = AtomicU32::new(0);
        let before = self.timeline();
        let table = what.replace(' ', "_");
        self.sql(&format!("create table {table} (key text)"))
            .expect("the primary takes writes");
        let put = |number| {
            let role = format!("curl -fsS -o /dev/null http://{address}:8008/primary");
            let kept = self.hosts.try_sh(self.primary, &role).is_ok()
                && self
                    .sql(&format!("insert into {table} values ('k{number}')"))
                    .is_ok();
            refused.fetch_add(u32::from(!kept), Ordering::Relaxed);
            kept
        };
        let (done, writes) = Writes::during(put, work);
        eprintln!(
            "{what}: {} rows, longest gap {:?}",
            writes.acknowledged.len(),
            writes.longest_gap
        );
        assert_eq!(
            refused.into_inner(),
            0,
            "{what}: the primary was lost for a while"
        );
        writes.assert_kept(
            "k",
            &self.sql(&format!("select key from {table}")).expect("rows"),
        );
        assert_eq!(self.timeline(), before, "{what}: there was a promotion");
        let leader = "get /pg/pg-lab/leader --print-value-only";
        assert_eq!(
            self.hosts.etcdctl(2, leader),
            node(self.primary).to_string()
        );
        let log = self
            .hosts
            .sh(self.primary, "journalctl -u patroni | grep -ci demot || :");
        assert_eq!(log, "0");
        done
    }

    fn timeline(&self) -> String {
        self.sql("select timeline_id from pg_control_checkpoint()")
            .expect("the primary answers")
    }

    fn sql(&self, statement: &str) -> Result<String, String> {
        let address = node(self.primary).address();
        let script = format!("psql -h {address} -U postgres -AtXqc \"{statement}\"");
        self.hosts.try_sh(self.primary, &script)
    }

    /// vip-manager runs on the file that was made for it: the primary gets the address, and the
    /// other host does not.
    fn have_their_address(&self) {
        for host in DATABASES {
            self.hosts.sh(
                host,
                "systemd-run --quiet --unit vip vip-manager --config /etc/vip-manager.yml",
            );
        }
        let has = |host| {
            let addresses = self.hosts.sh(host, "ip -4 -o address show dev host0");
            addresses.contains(&format!("{VIP}/24"))
        };
        let begun = Instant::now();
        while !has(self.primary) {
            if begun.elapsed() > PATIENCE {
                let log = self.hosts.sh(self.primary, "journalctl -u vip | tail -40");
                panic!("the primary has not got its address:\n{log}");
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        for host in DATABASES {
            assert_eq!(has(host), host == self.primary);
            self.hosts.sh(host, "systemctl is-active vip");
        }
    }
}

/// Puts a file on a host, past its network.
fn put(hosts: &Hosts, host: u8, path: &str, owner: &str, content: &str) {
    let mode = if owner == "root" { "644" } else { "600" };
    let content = content.trim_end();
    let script = format!(
        "set -eu; umask 077; mkdir -p -m 755 \"$(dirname {path})\"; cat >{path} <<'END'
{content}
END
chown {owner} {path}; chmod {mode} {path}"
    );
    hosts.sh(host, &script);
}

fn patroni_file(clusters: &[ClusterSpec]) -> String {
    let output = Output {
        scope: Some("pg-lab".parse().expect("a scope")),
        ..Output::new(Consumer::Patroni, clusters[0].name.clone())
    };
    output.render(clusters).expect("all is said")
}

fn vip_file(clusters: &[ClusterSpec], host: u8) -> String {
    let output = Output {
        scope: Some("pg-lab".parse().expect("a scope")),
        vip: Some(VipPlace {
            address: format!("{VIP}/24").parse().expect("an address"),
            interface: "host0".to_owned(),
        }),
        node: Some(node(host).to_string()),
        ..Output::new(Consumer::VipManager, clusters[0].name.clone())
    };
    output.render(clusters).expect("all is said")
}

fn reload(vars: &str) -> Plan {
    planned(&inventory_of(&[("etcd", &MEMBERS)], vars), |choose| {
        choose.goal(Goal::Reload)
    })
}

/// Plans that node 4 takes the place of node 1.
fn replace(text: &str) -> Plan {
    planned(text, |choose| {
        let (old, new) = (node(1).address(), node(4).address());
        choose
            .goal(Goal::Replace)
            .depart([old.to_string()])
            .limit(new.to_string())
    })
}

#[test]
fn databases_keep_their_primary_while_members_restart_and_are_replaced() {
    let Some(hosts) = Hosts::empty(4) else { return };
    let create = plan(&inventory_of(&[("etcd", &MEMBERS)], ""));
    hosts.converge(&create);
    let databases = Databases::start(&hosts, create.clusters());
    databases.have_their_address();
    let slower = reload(", etcd_heartbeat_interval: 150, etcd_election_timeout: 1500");
    let pids = || MEMBERS.map(|host| hosts.sh(host, "systemctl show -p MainPID etcd"));
    let before = pids();
    databases.keep_their_primary("a reload", || hosts.converge(&slower));
    let same = before.iter().zip(pids()).filter(|(old, new)| *old == new);
    assert_eq!(same.count(), 0, "a member was not restarted");

    // What is written for Patroni is out of date after that, which does no harm until it is reloaded.
    let all = inventory_of(&[("etcd", &[1, 2, 3, 4])], "");
    let without = format!("        {}: {{ etcd_seq: 1 }}\n", node(1).address());
    let left = plan(&all.replace(&without, ""));
    let replace = replace(&all);
    databases.keep_their_primary("a replace", || hosts.converge(&replace));
    databases.keep_their_primary("new endpoints", || {
        let etcd = patroni_file(left.clusters());
        assert_ne!(etcd, patroni_file(create.clusters()));
        for host in DATABASES {
            put(&hosts, host, "/etc/patroni/conf/etcd.yml", "root", &etcd);
            hosts.sh(host, "systemctl reload patroni");
        }
        // The replica has nothing else to go by when it starts anew.
        let [_, replica] = DATABASES;
        hosts.sh(replica, "systemctl restart patroni");
        databases.wait(replica, "replica");
    });
    hosts.clear();
}
