//! Packages: one that is not to be had, a source that is down, and a host with dnf.

use etcd_plan::report::Outcome;
use etcd_plan_tests::plan;

use crate::fixture::{Hosts, ONE};

/// What packages leave behind, and services.
const INSTALLED: &str = "dpkg-query -W | sha256sum; ls -d /etc/etcd /data /usr/sbin/policy-rc.d; \
    systemctl list-unit-files etcd.service | grep etcd; :";

#[test]
fn without_a_package_nothing_is_begun_and_with_one_it_ends_well() {
    let Some(hosts) = Hosts::fresh(1) else { return };
    let with_version = |version: &str| {
        let setting = format!("etcd_cluster: etcd, etcd_version: {version}");
        plan(&ONE.replace("etcd_cluster: etcd", &setting))
    };
    let before = hosts.sh(1, INSTALLED);
    let fails = |version: &str, why: &str| {
        let report = hosts.apply(&with_version(version)).expect("guards agree");
        let failed: Vec<_> = report.failures().collect();
        assert_eq!(failed.len(), 1, "{report}");
        let step = failed[0];
        assert_eq!(step.step.as_str(), "etcd/10.10.10.10/etcd_install/package");
        assert!(step.lines.iter().any(|line| line.contains(why)), "{report}");
        assert_eq!(before, hosts.sh(1, INSTALLED));
    };
    hosts.sh(0, "systemctl stop lab-packages");
    fails("3.5.16", "Could not connect to 10.10.10.9:80");
    hosts.sh(0, "systemctl start lab-packages");
    fails("3.9.9", "no package source has etcd 3.9.9");

    hosts.converge(&with_version("3.5.16"));
    let version = hosts.sh(1, "etcd --version; dpkg-query -W etcd-server etcd-client");
    assert_eq!(version.matches("3.5.16").count(), 3, "{version}");
    // A source that is down is nothing to a host that has all it needs.
    hosts.sh(0, "systemctl stop lab-packages");
    let report = hosts.converge(&with_version("3.5.16"));
    hosts.sh(0, "systemctl start lab-packages");
    assert_eq!(report.count(Outcome::Changed), 0, "{report}");
}

/// etcd's own releases are archives: one is made of the programs of this machine.
#[test]
fn an_archive_from_here_serves_a_host_that_no_source_serves() {
    let Some(hosts) = Hosts::fresh(1) else { return };
    hosts.sh(0, "systemctl stop lab-packages");
    let folder = tempfile::TempDir::new().expect("a folder");
    let release = folder.path().join("etcd-release");
    std::fs::create_dir(&release).expect("a folder");
    for program in ["etcd", "etcdctl"] {
        std::fs::copy(format!("/usr/bin/{program}"), release.join(program))
            .expect("it is installed here");
    }
    let archive = folder.path().join("etcd-release.tar.gz");
    let packed = std::process::Command::new("tar")
        .args(["-C", &folder.path().to_string_lossy(), "-czf"])
        .arg(&archive)
        .arg("etcd-release")
        .status();
    assert!(packed.expect("tar is there").success());
    let digest = etcd_plan::op::digest(&std::fs::read(&archive).expect("it was made"));
    let vars = format!(
        "etcd_cluster: etcd, etcd_package: {}, etcd_package_sha256: {digest}",
        archive.display()
    );
    let plan = plan(&ONE.replace("etcd_cluster: etcd", &vars));
    let report = hosts.converge(&plan);
    hosts.sh(0, "systemctl start lab-packages");
    assert!(report.has_changes());
    assert_eq!(hosts.etcdctl(1, "put a 10"), "OK");
    let left = hosts.sh(1, "id -u etcd >/dev/null && ls -A /var/cache/etcd-plan; stat -c %U /proc/$(systemctl show -p MainPID --value etcd)");
    assert_eq!(
        left, "etcd",
        "no archive is left, and etcd runs as its own user"
    );
    assert!(!hosts.converge(&plan).has_changes());
}

/// Debian has dnf and rpm too: with its own package manager hidden, and a package source of dnf's
/// form, a host of the lab stands in for one of Enterprise Linux.
#[test]
fn a_host_with_dnf_stands_in_for_enterprise_linux() {
    let Some(hosts) = Hosts::fresh(1) else { return };
    hosts.sh(0, MAKE_RPM_SOURCE);
    hosts.sh(1, BECOME_ENTERPRISE_LINUX);
    let report = hosts.converge(&plan(ONE));
    assert!(report.has_changes());
    let package = hosts.sh(1, "rpm -q --queryformat '%{NAME} %{VERSION}' etcd");
    assert_eq!(package, "etcd 3.5.16");
    assert_eq!(hosts.sh(1, "systemctl is-enabled etcd"), "enabled");
    assert_eq!(hosts.etcdctl(1, "put a 10"), "OK");
    let report = hosts.converge(&plan(ONE));
    assert_eq!(report.count(Outcome::Changed), 0, "{report}");
}

/// Makes an rpm as that distribution has it (one package, with user and unit) out of Debian's
/// programs, and serves it. Without compression, which takes seconds.
const MAKE_RPM_SOURCE: &str = r"
    set -e
    mkdir -p /srv/rpm /tmp/rpm && cd /tmp/rpm
    for package in server client; do
        dpkg-deb -x /srv/packages/etcd-${package}_3.5.16*.deb files
    done
    cat >etcd.spec <<'SPEC'
Name: etcd
Version: 3.5.16
Release: 1.el9
Summary: A highly-available key value store
License: Apache-2.0
AutoReqProv: no
Provides: /bin/sh
%description
%{summary}
%install
mkdir -p %{buildroot}/usr/bin %{buildroot}/usr/lib/systemd/system
cp /tmp/rpm/files/usr/bin/etcd /tmp/rpm/files/usr/bin/etcdctl %{buildroot}/usr/bin
printf '[Service]\nType=notify\nUser=etcd\nExecStart=/usr/bin/etcd\n[Install]\nWantedBy=multi-user.target\n' \
    >%{buildroot}/usr/lib/systemd/system/etcd.service
%pre
getent passwd etcd >/dev/null || useradd --system --home-dir /var/lib/etcd --shell /usr/sbin/nologin etcd
%files
/usr/bin/etcd
/usr/bin/etcdctl
/usr/lib/systemd/system/etcd.service
SPEC
    rpmbuild -bb --quiet --define '_topdir /tmp/rpm' --define '_rpmdir /srv/rpm' \
        --define '_binary_payload w0.gzdio' --define '__os_install_post %{nil}' \
        --define '_build_id_links none' etcd.spec
    createrepo_c --quiet /srv/rpm
    systemctl stop rpm-source 2>/dev/null || :
    systemd-run --quiet --unit rpm-source busybox httpd -f -p 81 -h /srv/rpm
";

const BECOME_ENTERPRISE_LINUX: &str = "
    set -e
    rm /usr/bin/apt-get /usr/bin/apt-cache
    mkdir -p /etc/yum.repos.d
    printf '[lab]\\nname=lab\\nbaseurl=http://10.10.10.9:81/\\ngpgcheck=0\\n' >/etc/yum.repos.d/lab.repo
";
