use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use etcd_plan::Goal;
use etcd_plan::core::cert::{CertificateFacts, RotationStage};
use etcd_plan::pki::{ClientWanted, PkiFolder, now};
use etcd_plan_tests::Writes;

use crate::sandbox::Sandbox;

/// A client with a certificate of its own. Every call of it is a new process, and so a new connection.
struct Client<'a> {
    sandbox: &'a Sandbox,
    folder: PathBuf,
}

impl<'a> Client<'a> {
    /// Issues its certificate; again where it is of another authority than the one that issues now. Gives
    /// why it was issued.
    fn issued(sandbox: &'a Sandbox) -> (Self, Vec<String>) {
        let plan = sandbox.plan(3, |ask| ask);
        let wanted = ClientWanted::new("app".parse().expect("a name"));
        let keys = PkiFolder::new(&sandbox.dir);
        let issued = keys.issue_client(&plan.clusters()[0], &wanted, now());
        let issued = issued.expect("it can be issued");
        let folder = sandbox.dir.join("files/pki/clients");
        (Self { sandbox, folder }, issued.reasons)
    }

    fn etcdctl(&self, members: &[u8], arguments: &[&str]) -> Result<String, String> {
        let urls: Vec<String> = members
            .iter()
            .map(|seq| format!("https://{}:2379", self.sandbox.host(*seq)))
            .collect();
        let output = Command::new("etcdctl")
            .env("ETCDCTL_API", "3")
            .args(["--endpoints", &urls.join(","), "--command-timeout", "5s"])
            .arg("--cacert")
            .arg(self.folder.join("ca.crt"))
            .arg("--cert")
            .arg(self.folder.join("app.crt"))
            .arg("--key")
            .arg(self.folder.join("app.key"))
            .args(arguments)
            .output()
            .expect("etcdctl can be started");
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    /// Does something while one client writes through all members, and another reads through one after the
    /// other; gives how many reads of the second were refused. No write of the first may get lost.
    fn during(&self, prefix: &str, work: impl FnOnce()) -> u32 {
        let (reads, refused, end) = (AtomicU32::new(0), AtomicU32::new(0), AtomicBool::new(false));
        let put = |number: u32| {
            let key = format!("{prefix}{number}");
            self.etcdctl(&[1, 2, 3], &["put", &key, "v"]).is_ok()
        };
        let read = || {
            for member in [1, 2, 3].into_iter().cycle() {
                if end.load(Ordering::Relaxed) {
                    break;
                }
                let refusal = u32::from(self.etcdctl(&[member], &["get", "none"]).is_err());
                refused.fetch_add(refusal, Ordering::Relaxed);
                reads.fetch_add(1, Ordering::Relaxed);
                thread::sleep(Duration::from_millis(50));
            }
        };
        let writes = thread::scope(|scope| {
            let reader = scope.spawn(read);
            let ((), writes) = Writes::during(put, work);
            end.store(true, Ordering::Relaxed);
            reader.join().expect("the reader does not panic");
            writes
        });
        let all = ["get", prefix, "--prefix", "--keys-only"];
        let keys = self.etcdctl(&[1, 2, 3], &all).expect("it answers");
        writes.assert_kept(prefix, &keys);
        let (reads, refused) = (reads.into_inner(), refused.into_inner());
        eprintln!(
            "{prefix}: {} acknowledged writes, longest gap {:?}; {refused} of {reads} reads through one \
             member refused",
            writes.acknowledged.len(),
            writes.longest_gap
        );
        refused
    }
}

fn certificate(sandbox: &Sandbox, seq: u8) -> CertificateFacts {
    let root = sandbox.dir.join("hosts").join(sandbox.host(seq));
    let pem = std::fs::read(root.join("etc/etcd/server.crt")).expect("it is there");
    CertificateFacts::parse(&pem).expect("a certificate")
}

fn pids(sandbox: &Sandbox) -> Vec<String> {
    let pid = |seq| {
        let root = sandbox.dir.join("hosts").join(sandbox.host(seq));
        std::fs::read_to_string(root.join("run/etcd.pid")).unwrap_or_default()
    };
    (1..=3).map(pid).collect()
}

/// Certificates are replaced under load without a restart, and nobody is refused meanwhile; then another
/// authority takes over, and the certificate that a client had is good for nothing.
#[test]
fn certificates_and_their_authority_are_replaced_while_clients_work() {
    let Some(sandbox) = Sandbox::fresh(52) else {
        return;
    };
    sandbox.must_run(&sandbox.plan(3, |ask| ask));
    let (client, _) = Client::issued(&sandbox);
    let before = (certificate(&sandbox, 1), pids(&sandbox));
    let certs = sandbox.plan(3, |ask| ask.goal(Goal::RotateCerts).rotate_again());
    // What this machine makes of it when nothing is done.
    client.during("idle", || thread::sleep(Duration::from_secs(2)));
    let refused = client.during("certs", || drop(sandbox.must_run(&certs)));
    assert_eq!(refused, 0);
    assert_eq!(before.1, pids(&sandbox), "a member restarted");
    assert_ne!(before.0.serial, certificate(&sandbox, 1).serial);

    let old = sandbox.dir.join("old");
    std::fs::create_dir(&old).expect("a folder");
    for name in ["ca.crt", "app.crt", "app.key"] {
        let from = client.folder.join(name);
        std::fs::copy(from, old.join(name)).expect("it is there");
    }
    for stage in RotationStage::ALL {
        let plan = sandbox.plan(3, |ask| {
            let ask = ask.goal(Goal::RotateCa).rotation_stage(stage);
            match stage {
                RotationStage::Trust => ask.rotate_again(),
                _ => ask,
            }
        });
        client.during(stage.as_str(), || drop(sandbox.must_run(&plan)));
        let again = sandbox
            .must_run(&sandbox.plan(3, |ask| ask.goal(Goal::RotateCa).rotation_stage(stage)));
        assert!(!again.has_changes(), "{again}");
        // Its authorities follow by themselves; a new certificate it gets when the new one issues.
        let (_, reasons) = Client::issued(&sandbox);
        assert_eq!(
            reasons.is_empty(),
            stage != RotationStage::Issue,
            "{reasons:?}"
        );
    }
    assert_ne!(before.0.issuer, certificate(&sandbox, 3).issuer);
    let shut_out = Client {
        sandbox: &sandbox,
        folder: old,
    };
    assert!(shut_out.etcdctl(&[1], &["get", "none"]).is_err());
    client.etcdctl(&[1], &["get", "none"]).expect("it is well");
    let create = sandbox.must_run(&sandbox.plan(3, |ask| ask));
    assert!(!create.has_changes(), "{create}");
}
