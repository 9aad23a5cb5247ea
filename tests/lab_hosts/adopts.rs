//! Clusters that etcd-plan did not build: as the original module does it, and by hand with flags.

use std::fs;
use std::path::Path;
use std::process::Command;

use etcd_plan_tests::skipped;

use crate::cli::Shell;
use crate::create::say;
use crate::fixture::Hosts;

const ADDRESSES: [&str; 3] = ["10.10.10.10", "10.10.10.11", "10.10.10.12"];

/// Makes a CA, and certificates as the original module issues them; none where there is no OpenSSL.
fn certificates(folder: &Path) -> Option<()> {
    let openssl = |arguments: &str| {
        let mut command = Command::new("openssl");
        command
            .current_dir(folder)
            .args(arguments.split(' '))
            .output()
    };
    let new = "req -x509 -newkey rsa:2048 -nodes -days 300";
    let ca = openssl(&format!(
        "{new} -subj /CN=pigsty-ca -keyout ca.key -out ca.crt"
    ));
    if !ca.is_ok_and(|output| output.status.success()) {
        skipped("there is no openssl on this machine");
        return None;
    }
    for (seq, address) in (1..).zip(ADDRESSES) {
        let names = format!("IP:127.0.0.1,DNS:localhost,IP:{address},DNS:etcd-{seq}");
        let made = openssl(&format!(
            "{new} -days 200 -CA ca.crt -CAkey ca.key -subj /O=pigsty/OU=etcd/CN=etcd-{seq} \
             -addext subjectAltName={names} -addext extendedKeyUsage=serverAuth,clientAuth \
             -addext basicConstraints=CA:FALSE -keyout {seq}.key -out {seq}.crt"
        ));
        let made = made.expect("openssl starts");
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
    }
    Some(())
}

/// Writes a file on a host, with owner and mode.
fn put(hosts: &Hosts, host: u8, path: &str, content: &str, owner: &str, mode: &str) {
    hosts.sh(
        host,
        &format!(
            "cat >{path} <<'END'\n{}\nEND\nchown {owner}:{owner} {path}; chmod {mode} {path}",
            content.trim_end()
        ),
    );
}

/// Builds the cluster as the original module does: files by hand, and all members at once.
fn build(hosts: &Hosts, material: &Path) {
    let read = |name: &str| fs::read_to_string(material.join(name)).expect("it was made");
    let cluster: Vec<String> = (1..)
        .zip(ADDRESSES)
        .map(|(seq, address)| format!("etcd-{seq}=https://{address}:2380"))
        .collect();
    let security = "  cert-file: '/etc/etcd/server.crt'\n  key-file: '/etc/etcd/server.key'\n  \
                    client-cert-auth: true\n  trusted-ca-file: '/etc/etcd/ca.crt'\n";
    let endpoints = ADDRESSES
        .map(|address| format!("https://{address}:2379"))
        .join(",");
    for (seq, address) in (1..).zip(ADDRESSES) {
        hosts.sh(
            seq,
            "mkdir -p /etc/etcd /etc/pki /data/etcd; chown etcd:etcd /etc/etcd /data/etcd; \
             chmod 750 /etc/etcd; chmod 700 /data/etcd",
        );
        let conf = format!(
            "name: etcd-{seq}\ndata-dir: /data/etcd\nmax-wals: 5\n\
             initial-advertise-peer-urls: https://{address}:2380\ninitial-cluster: {}\n\
             initial-cluster-state: new\ninitial-cluster-token: etcd-cluster\n\
             listen-peer-urls: https://{address}:2380\n\
             listen-client-urls: https://{address}:2379,https://127.0.0.1:2379\n\
             advertise-client-urls: https://{address}:2379\nheartbeat-interval: 100\n\
             election-timeout: 1000\n\
             client-transport-security:\n{security}peer-transport-security:\n{security}",
            cluster.join(",")
        );
        put(hosts, seq, "/etc/etcd/etcd.conf", &conf, "etcd", "644");
        put(
            hosts,
            seq,
            "/etc/etcd/ca.crt",
            &read("ca.crt"),
            "etcd",
            "644",
        );
        put(
            hosts,
            seq,
            "/etc/pki/ca.crt",
            &read("ca.crt"),
            "root",
            "644",
        );
        let (certificate, key) = (read(&format!("{seq}.crt")), read(&format!("{seq}.key")));
        put(
            hosts,
            seq,
            "/etc/etcd/server.crt",
            &certificate,
            "etcd",
            "644",
        );
        put(hosts, seq, "/etc/etcd/server.key", &key, "etcd", "600");
        put(
            hosts,
            seq,
            "/etc/systemd/system/etcd.service",
            "[Unit]\nDescription=etcd key-value store\nAfter=network-online.target\n\n[Service]\n\
             User=etcd\nType=notify\nExecStart=/usr/bin/etcd --config-file /etc/etcd/etcd.conf\n\
             Restart=on-failure\nLimitNOFILE=65536\nOOMScoreAdjust=-1000\n\n[Install]\n\
             WantedBy=multi-user.target\n",
            "root",
            "644",
        );
        put(
            hosts,
            seq,
            "/etc/profile.d/etcdctl.sh",
            &format!(
                "alias e=\"etcdctl\"\nalias em=\"etcdctl member\"\nexport ETCDCTL_API=3\n\
                 export ETCDCTL_ENDPOINTS={endpoints}\nexport ETCDCTL_CACERT=/etc/pki/ca.crt\n\
                 export ETCDCTL_CERT=/etc/etcd/server.crt\nexport ETCDCTL_KEY=/etc/etcd/server.key\n"
            ),
            "root",
            "644",
        );
        hosts.sh(
            seq,
            "systemctl daemon-reload; systemctl --quiet enable etcd; systemctl --no-block start etcd",
        );
    }
    hosts.sh(
        1,
        ". /etc/profile.d/etcdctl.sh; for try in $(seq 100); do etcdctl endpoint health >/dev/null 2>&1 \
         && break; sleep 0.3; done; etcdctl put a 10",
    );
}

#[test]
fn clusters_that_others_built_are_adopted() {
    let Some(hosts) = Hosts::empty(3) else { return };
    let Some(shell) = Shell::new(&hosts) else {
        return;
    };
    let material = tempfile::tempdir().expect("a folder");
    if certificates(material.path()).is_none() {
        return;
    }
    build(&hosts, material.path());
    let before = hosts.states(3);
    let adopt = "adopt --ssh-config ssh_config -u admin -b";
    let some = shell.ends_with_of(2, &format!("{adopt} 10.10.10.10 10.10.10.11"));
    assert!(
        some.contains("etcd-plan adopt 10.10.10.10 10.10.10.11 10.10.10.12"),
        "{some}"
    );
    let all = ADDRESSES.join(" ");
    let told = shell.ends_with_of(0, &format!("{adopt} {all} -o adopted.yml"));
    assert!(told.contains("has nothing to do"), "{told}");
    let text = fs::read_to_string(shell.path("adopted.yml")).expect("it was written");
    say(&text);
    let on = "-i adopted.yml --ssh-config ssh_config";
    let nothing = shell.ends_with_of(0, &format!("plan {on}"));
    assert!(nothing.contains("Nothing to do"), "{nothing}");
    let nothing = shell.ends_with_of(0, &format!("apply {on}"));
    assert!(!nothing.contains(" changed,"), "{nothing}");
    for (host, (was, is)) in before.iter().zip(hosts.states(3)).enumerate() {
        assert_eq!(*was, is, "host {host} was changed");
    }
    shell.ends_with_of(0, &format!("reload {on} -e etcd_quota_backend_bytes=4GiB"));
    for host in 1..=3 {
        let quota = hosts.sh(
            host,
            "grep -c '^quota-backend-bytes: 4294967296' /etc/etcd/etcd.conf",
        );
        assert_eq!(quota, "1");
    }
    assert_eq!(hosts.etcdctl(3, "get a --print-value-only"), "10");

    // By hand, with flags, in other places: what is not as a plan needs it is said.
    hosts.clear();
    hosts.sh(1, "mkdir -p /etc/etcd/hand /data/hand; chown -R etcd:etcd /etc/etcd /data/hand; chmod 700 /data/hand");
    for (name, from) in [("ca.crt", "ca.crt"), ("a.crt", "1.crt"), ("a.key", "1.key")] {
        let content = fs::read_to_string(material.path().join(from)).expect("it was made");
        put(
            &hosts,
            1,
            &format!("/etc/etcd/hand/{name}"),
            &content,
            "etcd",
            "600",
        );
    }
    let files = "--cert-file=/etc/etcd/hand/a.crt --key-file=/etc/etcd/hand/a.key \
                 --trusted-ca-file=/etc/etcd/hand/ca.crt --client-cert-auth \
                 --peer-cert-file=/etc/etcd/hand/a.crt --peer-key-file=/etc/etcd/hand/a.key \
                 --peer-trusted-ca-file=/etc/etcd/hand/ca.crt --peer-client-cert-auth";
    let peer = "https://10.10.10.10:2390";
    hosts.sh(
        1,
        &format!(
            "systemd-run --quiet --unit foreign --service-type notify --uid etcd /usr/bin/etcd --name infra0 \
             --data-dir /data/hand --listen-client-urls https://10.10.10.10:2389 \
             --advertise-client-urls https://10.10.10.10:2389 --listen-peer-urls {peer} \
             --initial-advertise-peer-urls {peer} --initial-cluster infra0={peer} --max-txn-ops 512 {files}"
        ),
    );
    // etcd itself goes on writing.
    let state = || {
        let state = hosts.state(1);
        let lines = state
            .lines()
            .filter(|line| !line.contains("/data/hand/member/"));
        lines.map(str::to_owned).collect::<Vec<String>>()
    };
    let before = state();
    let told = shell.ends_with_of(4, &format!("{adopt} 10.10.10.10 -o hand.yml --keys hand"));
    for said in [
        "set by flags",
        "etcd runs as foreign.service",
        "/etc/etcd/hand/a.crt",
        "[safeguard]",
    ] {
        assert!(told.contains(said), "{said}: {told}");
    }
    let text = fs::read_to_string(shell.path("hand.yml")).expect("it was written");
    say(&text);
    for line in [
        "etcd_name: infra0",
        "etcd_data: /data/hand",
        "etcd_port: 2389",
        "etcd_peer_port: 2390",
        "max-txn-ops: 512",
        "etcd_safeguard: true",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert_eq!(before, state());
}
