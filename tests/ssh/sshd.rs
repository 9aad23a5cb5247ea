//! A real sshd of our own, on a port of this machine.

use std::fmt::Write as _;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use etcd_plan::executor::Target;
use tempfile::TempDir;

use crate::support::{make_key, public, skipped, target, user};

/// An sshd that ends with the test.
pub(crate) struct Sshd {
    child: Child,
    pub(crate) port: u16,
    dir: TempDir,
}

impl Sshd {
    /// Starts one with host keys of each type; none where it is not installed, which is said.
    pub(crate) fn start(what: &str, config: &str) -> Option<Self> {
        let program = ["/usr/sbin/sshd", "/usr/local/sbin/sshd"].map(Path::new);
        let Some(program) = program.into_iter().find(|program| program.exists()) else {
            skipped(&format!("{what}: sshd is not installed"));
            return None;
        };
        let is_root = rustix::process::geteuid().is_root();
        if is_root {
            // Where it drops its privileges; packages leave making it to the service.
            let _ = fs::create_dir_all("/run/sshd");
        }
        let dir = tempfile::tempdir().expect("a temporary folder");
        let place = |name: &str| dir.path().join(name);
        let mut text = String::new();
        for key_type in ["ed25519", "ecdsa", "rsa"] {
            let file = place(&format!("host_{key_type}"));
            make_key(&file, key_type, "", &[]);
            writeln!(text, "HostKey {}", file.display()).expect("a String takes everything");
        }
        make_key(&place("client"), "ed25519", "", &[]);
        fs::write(place("authorized_keys"), public(&place("client"))).expect("a file");
        writeln!(
            text,
            "ListenAddress 127.0.0.1\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\n\
             PidFile none\nPermitRootLogin yes\nPasswordAuthentication no\n\
             KbdInteractiveAuthentication no\n{config}",
            place("authorized_keys").display()
        )
        .expect("a String takes everything");
        fs::write(place("sshd_config"), text).expect("a file");
        let port = free_port();
        let child = Command::new(program)
            .args(["-D", "-e", "-p", &port.to_string(), "-f"])
            .arg(place("sshd_config"))
            .stdin(Stdio::null())
            .stderr(fs::File::create(place("log")).expect("a file"))
            .spawn()
            .expect("sshd");
        let mut sshd = Self { child, port, dir };
        sshd.wait();
        Some(sshd)
    }

    pub(crate) fn place(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Gives the file in which a host with this name has this server's key of a type.
    pub(crate) fn known_hosts(&self, name: &str, key_type: &str) -> PathBuf {
        let file = self.place(&format!("known_hosts_{key_type}"));
        let key = public(&self.place(&format!("host_{key_type}")));
        fs::write(&file, format!("[{name}]:{} {key}", self.port)).expect("a file");
        file
    }

    /// Gives this machine, with the key that lets us in.
    pub(crate) fn target(&self) -> Target {
        Target {
            private_key_file: Some(self.place("client").display().to_string()),
            ..target(self.port, &user())
        }
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.place("log")).unwrap_or_default()
    }

    fn wait(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let ended = self.child.try_wait().expect("a child");
            assert!(ended.is_none(), "sshd: {}", self.log());
            assert!(Instant::now() < deadline, "sshd does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}
