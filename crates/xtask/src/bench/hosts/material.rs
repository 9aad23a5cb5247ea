//! The files of the tools that we compare with: certificates, configuration, script, playbook.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::prepare::run;

const SCRIPT: &str = include_str!("script.sh");
const PLAYBOOK: &str = include_str!("playbook.yml");

/// Writes them into a folder, for hosts with these addresses.
pub(super) fn write(folder: &Path, addresses: &[String]) -> Result<(), String> {
    let put = |name: &str, text: &str| {
        fs::write(folder.join(name), text).map_err(|error| format!("{name}: {error}"))
    };
    put("script.sh", SCRIPT)?;
    put("playbook.yml", PLAYBOOK)?;
    certificates(folder, addresses)?;
    put("etcd.service", UNIT)?;
    put("etcdctl.sh", &environment(addresses))?;
    for (place, address) in addresses.iter().enumerate() {
        put(&format!("etcd.conf.{address}"), &conf(place, addresses))?;
    }
    let hosts: Vec<String> = addresses
        .iter()
        .map(|host| format!("        {host}: {{}}"))
        .collect();
    put(
        "ansible.yml",
        &format!(
            "all:\n  children:\n    etcd:\n      hosts:\n{}\n  vars:\n    ansible_user: admin\n    \
             ansible_become: true\n    ansible_python_interpreter: /usr/bin/python3\n",
            hosts.join("\n")
        ),
    )
}

/// One authority, and one certificate for all: it is there before anybody's time is taken.
fn certificates(folder: &Path, addresses: &[String]) -> Result<(), String> {
    let openssl =
        |arguments: &[&str]| run(Command::new("openssl").args(arguments).current_dir(folder));
    let mut names = "subjectAltName=IP:127.0.0.1,DNS:localhost".to_owned();
    for address in addresses {
        write!(names, ",IP:{address}").expect("a String takes everything");
    }
    let curve = [
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "30",
    ];
    let new = |name: &str, rest: &[&str]| {
        let (key, file) = (format!("{name}.key"), format!("{name}.crt"));
        let subject = format!("/CN={name}");
        let own = [
            "req", "-x509", "-subj", &subject, "-keyout", &key, "-out", &file,
        ];
        openssl(&[&own, &curve[..], rest].concat())
    };
    new("ca", &[])?;
    new(
        "server",
        &["-CA", "ca.crt", "-CAkey", "ca.key", "-addext", &names],
    )
}

fn conf(place: usize, addresses: &[String]) -> String {
    let host = &addresses[place];
    let cluster: Vec<String> = (1..)
        .zip(addresses)
        .map(|(seq, address)| format!("etcd-{seq}=https://{address}:2380"))
        .collect();
    let security = "  client-cert-auth: true\n  trusted-ca-file: /etc/etcd/ca.crt\n  \
                    cert-file: /etc/etcd/server.crt\n  key-file: /etc/etcd/server.key\n";
    format!(
        "name: etcd-{}\ndata-dir: /data/etcd\nlogger: zap\ninitial-cluster-token: TOKEN\n\
         initial-cluster-state: new\ninitial-cluster: {}\n\
         initial-advertise-peer-urls: https://{host}:2380\nlisten-peer-urls: https://{host}:2380\n\
         advertise-client-urls: https://{host}:2379\n\
         listen-client-urls: https://{host}:2379,https://127.0.0.1:2379\n\
         client-transport-security:\n{security}peer-transport-security:\n{security}",
        place + 1,
        cluster.join(",")
    )
}

fn environment(addresses: &[String]) -> String {
    let endpoints: Vec<String> = addresses
        .iter()
        .map(|address| format!("https://{address}:2379"))
        .collect();
    format!(
        "export ETCDCTL_API=3\nexport ETCDCTL_ENDPOINTS={}\nexport ETCDCTL_CACERT=/etc/etcd/ca.crt\n\
         export ETCDCTL_CERT=/etc/etcd/server.crt\nexport ETCDCTL_KEY=/etc/etcd/server.key\n",
        endpoints.join(",")
    )
}

const UNIT: &str = "\
[Unit]
Description=etcd
After=network-online.target

[Service]
Type=notify
User=etcd
ExecStart=/usr/bin/etcd --config-file /etc/etcd/etcd.conf
Restart=on-failure
LimitNOFILE=65536

[Install]
WantedBy=multi-user.target
";
