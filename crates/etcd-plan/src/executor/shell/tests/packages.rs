use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use etcd_plan_core::op::{Op, PackageManager, ReadOp, Reply, WriteOp};

use super::support::{Host, machine_session, message, one, skipped, with_each_shell};
use crate::executor::shell::{ShellProcess, ShellSession};

const ETCD: &str = "echo 'etcd Version: 3.5.16\nGit SHA: GitNotFound\nGo Version: go1.19'";
const ETCDCTL: &str = "echo 'etcdctl version: 3.5.16\nAPI version: 3.5'";

/// Plays apt: writes down how it was called, and `install` makes the programs.
const APT_GET: &str = r#"
dir=${0%/bin/*}
echo "$*" >>"$dir/calls"
if [ -x "$dir/policy-rc.d" ]; then
    cp "$dir/policy-rc.d" "$dir/left-by-a-cut"
    for service in etcd etcd.service cron; do
        "$dir/policy-rc.d" "$service" start
        echo "$service $?" >>"$dir/verdicts"
    done
fi
case "$*" in
    *' install '*)
        [ ! -e "$dir/broken" ] || { echo 'E: Unable to fetch some archives' >&2; exit 100; }
        for program in etcd etcdctl; do
            cp "$dir/$program.sh" "$dir/bin/$program"
        done ;;
esac
"#;
const APT_CACHE: &str = r#"
[ "$2" = etcd-server ] || exit 0
echo ' etcd-server | 3.6.1-1 | http://deb.debian.org/debian sid/main amd64 Packages'
echo ' etcd-server | 3.5.16-4+b1 | http://deb.debian.org/debian trixie/main amd64 Packages'
"#;

#[test]
fn the_installed_versions_are_read() {
    with_each_shell(|shell| {
        let programs = [("etcd", ETCD), ("etcdctl", ETCDCTL), ("apt-get", "")];
        let mut host = Host::with_programs(shell, &programs);
        let Ok(Reply::Package(facts)) = host.read(ReadOp::Package) else {
            panic!("no facts");
        };
        assert_eq!(facts.etcd, Some("3.5.16".parse().expect("a version")));
        assert_eq!(facts.etcdctl, facts.etcd);
        assert_eq!(facts.manager, Some(PackageManager::Apt));
        let broken = [("etcd", "echo 'cannot execute' >&2; exit 126")];
        let mut host = Host::with_programs(shell, &broken);
        assert_eq!(message(host.read(ReadOp::Package)), "cannot execute");
    });
}

#[test]
fn what_is_installed_is_not_installed_again() {
    with_each_shell(|shell| {
        let programs = [("etcd", ETCD), ("etcdctl", ETCDCTL), ("apt-get", APT_GET)];
        let mut host = Host::with_programs(shell, &programs);
        for version in [None, Some("3.5"), Some("3.5.16")] {
            let version = version.map(|version| version.parse().expect("a version"));
            host.write_twice(&WriteOp::InstallPackage { version });
        }
        assert!(!host.place("../calls").exists());
    });
}

/// Lets a shell take itself for root's, with the files that an installation uses in `dir`.
fn pretend(session: &mut ShellSession<ShellProcess>, dir: &Path) {
    let dir = dir.display();
    session.set(&format!(
        "uid=0 policy='{dir}/policy-rc.d' install_lock='{dir}/install.lock'"
    ));
}

fn install(version: &str) -> Op {
    Op::Write(WriteOp::InstallPackage {
        version: Some(version.parse().expect("a version")),
    })
}

#[test]
fn apt_installs_the_wanted_version_and_starts_nothing() {
    with_each_shell(|shell| {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let at = |name: &str| dir.path().join(name);
        let old = "echo 'etcd Version: 3.4.23\nGit SHA: x'";
        let programs = [
            ("apt-get", APT_GET),
            ("apt-cache", APT_CACHE),
            ("etcd", old),
            ("etcdctl", ""),
        ];
        let mut session = machine_session(shell, dir.path(), &programs);
        pretend(&mut session, dir.path());
        fs::write(at("etcd.sh"), format!("#!/bin/sh\n{ETCD}\n")).expect("a file");
        fs::write(at("etcdctl.sh"), "#!/bin/sh\n").expect("a file");
        let said = message(one(&mut session, install("3.7")));
        assert!(said.contains("no package source has etcd 3.7"), "{said}");
        fs::write(at("broken"), "").expect("a file");
        let said = message(one(&mut session, install("3.5")));
        assert!(said.contains("Unable to fetch"), "{said}");
        assert!(!at("policy-rc.d").exists(), "it was left behind");
        fs::remove_file(at("broken")).expect("a file");
        // What another cut left behind is replaced.
        fs::copy(at("left-by-a-cut"), at("policy-rc.d")).expect("a file");
        assert_eq!(one(&mut session, install("3.5")), Ok(Reply::Done));
        assert!(!at("policy-rc.d").exists(), "it was left behind");
        let calls = fs::read_to_string(at("calls")).expect("calls");
        let last = calls.lines().last().expect("a call");
        let wanted = "install etcd-server=3.5.16-4+b1 etcd-client=3.5.16-4+b1";
        assert!(last.ends_with(wanted), "{last}");
        let verdicts = fs::read_to_string(at("verdicts")).expect("verdicts");
        assert!(
            verdicts.ends_with("etcd 101\netcd.service 101\ncron 0\n"),
            "{verdicts}"
        );
        // What a cut leaves behind forbids nothing once the session is over.
        drop(session);
        let status = Command::new("sh")
            .arg(at("left-by-a-cut"))
            .args(["etcd", "start"])
            .status()
            .expect("a shell");
        assert_eq!(status.code(), Some(0));
    });
}

#[test]
fn the_policy_of_others_is_kept_and_must_forbid_the_start() {
    with_each_shell(|shell| {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let programs = [("apt-get", "exit 1"), ("apt-cache", APT_CACHE)];
        let mut session = machine_session(shell, dir.path(), &programs);
        pretend(&mut session, dir.path());
        let policy = dir.path().join("policy-rc.d");
        for (verdict, words) in [(0, "lets etcd be started"), (101, "ended with status 1")] {
            let text = format!("#!/bin/sh\nexit {verdict}\n");
            fs::write(&policy, &text).expect("a file");
            fs::set_permissions(&policy, fs::Permissions::from_mode(0o755)).expect("a mode");
            // A version that no machine has installed.
            let said = message(one(&mut session, install("3.6.1")));
            assert!(said.contains(words), "{said}");
            assert_eq!(fs::read_to_string(&policy).expect("a file"), text);
        }
    });
}

#[test]
fn dnf_takes_the_version_as_part_of_the_name() {
    let shells = super::support::shells();
    // Where all tools are busybox's, no apt-get of this machine comes before it.
    let Some(shell) = shells.iter().find(|shell| shell.name == "busybox") else {
        return skipped("dnf, which is looked for after the apt-get of this machine");
    };
    let dir = tempfile::tempdir().expect("a temporary folder");
    let programs = [("dnf", "echo \"$*\" >>\"${0%/bin/*}/calls\"")];
    let mut session = machine_session(shell, dir.path(), &programs);
    pretend(&mut session, dir.path());
    let said = message(one(&mut session, install("3.99.1")));
    assert!(said.contains("left no etcd 3.99.1"), "{said}");
    let calls = fs::read_to_string(dir.path().join("calls")).expect("calls");
    assert_eq!(calls, "-y -q install etcd-3.99.1*\n");
}

#[test]
fn a_real_installation_leaves_no_instance_running() {
    if std::env::var_os("ETCD_PLAN_TEST_INSTALL").is_none() {
        return skipped(
            "the installation of real packages: set ETCD_PLAN_TEST_INSTALL to allow it",
        );
    }
    let shell = &super::support::shells()[0];
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut session = machine_session(shell, dir.path(), &[]);
    let install = Op::Write(WriteOp::InstallPackage { version: None });
    assert_eq!(one(&mut session, install.clone()), Ok(Reply::Done));
    assert_eq!(one(&mut session, install), Ok(Reply::Done));
    let ports = vec![etcd_plan_core::names::Port::new(2379)];
    let listeners = one(&mut session, Op::Read(ReadOp::Listeners { ports }));
    assert_eq!(listeners, Ok(Reply::Listeners(Vec::new())));
}

#[test]
fn nothing_is_installed_by_others_than_root() {
    with_each_shell(|shell| {
        let mut host = Host::without_etcd(shell);
        host.session.set("uid=1000");
        let said = message(host.write(WriteOp::InstallPackage { version: None }));
        assert_eq!(said, "only root can install packages");
        let Ok(Reply::Package(facts)) = host.read(ReadOp::Package) else {
            panic!("no facts");
        };
        assert_eq!(
            (facts.etcd, facts.etcdctl, facts.manager),
            (None, None, None)
        );
    });
}
