//! The lab is what it says: without this, other tests would prove little.

use crate::fixture::{Hosts, node};

#[test]
fn systemd_is_up_on_every_host() {
    let Some(hosts) = Hosts::fresh(3) else { return };
    for host in 0..=3 {
        let state = hosts.sh_as("root", host, "systemctl is-system-running --wait");
        assert_eq!(state, Ok("running".to_owned()));
        assert_eq!(hosts.sh(host, "hostname"), node(host).to_string());
        assert_eq!(hosts.sh(host, "cat /proc/1/comm"), "systemd");
        // Its own name must be known without a name server, or sudo and etcd wait for one.
        assert_eq!(hosts.sh(host, "getent hosts localhost | wc -l"), "1");
        hosts.sh(host, "getent hosts $(hostname)");
    }
}

#[test]
fn there_is_no_way_out() {
    let Some(hosts) = Hosts::used() else { return };
    assert_eq!(hosts.sh(1, "ip route show default"), "");
    let mut ip = hosts.lab.command("ip").expect("a lab that is up");
    let routes = ip.args(["route", "show"]).output().expect("ip is there");
    let routes = String::from_utf8_lossy(&routes.stdout).into_owned();
    assert!(routes.starts_with("10.10.10.0/24 dev br-lab"), "{routes}");
    assert_eq!(routes.lines().count(), 1, "{routes}");
}

#[test]
fn users_become_root_as_they_should() {
    let Some(hosts) = Hosts::used() else { return };
    let sudo = |user: &str, script: &str| hosts.sh_as(user, 1, script);
    assert_eq!(sudo("admin", "sudo -n id -u"), Ok("0".to_owned()));
    assert!(sudo("oper", "sudo -n id -u").is_err());
    let with_password = "echo oper-pass | sudo -S -p '' id -u";
    assert_eq!(sudo("oper", with_password), Ok("0".to_owned()));
    assert!(sudo("oper", "echo wrong | sudo -S -p '' id -u").is_err());
}

#[test]
fn two_versions_of_etcd_can_be_installed() {
    let Some(hosts) = Hosts::used() else { return };
    hosts.sh(1, "apt-get -qq update");
    for package in ["etcd-server", "etcd-client"] {
        let versions = hosts.sh(1, &format!("apt-cache madison {package}"));
        for version in ["3.4.23", "3.5.16"] {
            assert!(versions.contains(version), "{versions}");
        }
    }
}

#[test]
fn a_host_that_is_cut_off_is_silent_until_it_is_healed() {
    let Some(hosts) = Hosts::used() else { return };
    // One answer is enough, within a time that a busy machine keeps.
    let ping = "ping -c 1 -w 30 10.10.10.11 >/dev/null";
    hosts.sh(1, ping);
    hosts.lab.cut(node(2)).expect("cut");
    let cut = hosts.try_sh(1, "ping -c 1 -w 1 10.10.10.11 >/dev/null");
    hosts.lab.heal(node(2)).expect("healed");
    assert!(cut.is_err());
    hosts.sh(1, ping);
    assert_eq!(hosts.sh_as("root", 2, "echo there"), Ok("there".to_owned()));
}

#[test]
fn a_killed_host_comes_back_with_its_disk() {
    let Some(hosts) = Hosts::used() else { return };
    let boot = "cat /proc/sys/kernel/random/boot_id; cut -d ' ' -f 22 /proc/1/stat";
    let before = hosts.sh(2, boot);
    hosts.sh(2, "echo kept >/root/note");
    hosts.lab.kill(node(2)).expect("killed");
    assert!(hosts.sh_as("root", 2, "true").is_err());
    hosts.lab.start(node(2)).expect("started");
    assert_eq!(hosts.sh(2, "cat /root/note"), "kept");
    assert_ne!(hosts.sh(2, boot), before);
}

#[test]
fn a_reset_host_has_a_fresh_disk_and_fresh_keys() {
    let Some(hosts) = Hosts::used() else { return };
    let key = "cat /etc/ssh/ssh_host_ed25519_key.pub";
    let before = hosts.sh(2, key);
    hosts.sh(2, "echo gone >/root/note");
    hosts.lab.reset(&[node(2)]).expect("reset");
    assert!(hosts.sh_as("root", 2, "cat /root/note").is_err());
    assert_ne!(hosts.sh(2, key), before);
}
