use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::command;
use super::error::LabError;
use super::host::LabHost;
use super::image::{Image, Overlay};

/// The kinds of SSH keys that a host has. RSA takes a second to make, and is left out.
const HOST_KEYS: [&str; 2] = ["ed25519", "ecdsa"];

/// The disk of one host: what differs from the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Disk {
    folder: PathBuf,
    host: LabHost,
}

impl Disk {
    /// Names the disk of a host of a lab.
    pub(super) fn of(lab: &Path, host: LabHost) -> Self {
        Self {
            folder: lab.join(host.to_string()),
            host,
        }
    }

    /// Gives the folder where the whole file tree of the host is mounted.
    pub(super) fn tree(&self) -> PathBuf {
        self.folder.join("tree")
    }

    /// Gives the file that takes what the host's console shows.
    pub(super) fn console(&self) -> PathBuf {
        self.folder.join("console.log")
    }

    /// Says whether the disk was made to its end, over this image.
    pub(super) fn is_made(&self, image: &Image) -> bool {
        fs::read_to_string(self.mark()).is_ok_and(|made_of| made_of == image.name())
    }

    /// Makes the disk of a new host, with or without databases; it is mounted afterwards.
    pub(super) fn make(&self, image: &Image, databases: bool) -> Result<(), LabError> {
        self.remove()?;
        for part in ["upper", "work", "tree"] {
            let part = self.folder.join(part);
            let doing = format!("making {}", part.display());
            fs::create_dir_all(part).map_err(LabError::io(doing))?;
        }
        if databases {
            let doing = format!("marking the disk of {}", self.host);
            fs::write(self.with_databases(), "").map_err(LabError::io(doing))?;
        }
        self.mount(image)?;
        self.write("etc/hostname", &format!("{}\n", self.host))?;
        self.write("etc/hosts", &hosts_file())?;
        self.write("etc/machine-id", &machine_id()?)?;
        let network = "etc/systemd/network/10-host0.network";
        self.write(network, &network_file(self.host))?;
        for kind in HOST_KEYS {
            let mut keygen = Command::new("ssh-keygen");
            keygen
                .args(["-q", "-t", kind, "-N", "", "-C"])
                .arg(self.host.to_string());
            keygen.arg("-f").arg(self.host_key(kind));
            command::run(&mut keygen, &format!("making SSH keys of {}", self.host))?;
        }
        let doing = format!("marking the disk of {} as made", self.host);
        fs::write(self.mark(), image.name()).map_err(LabError::io(doing))
    }

    /// Mounts the file tree, unless it is.
    pub(super) fn mount(&self, image: &Image) -> Result<(), LabError> {
        if self.is_mounted()? {
            return Ok(());
        }
        let mut lower = vec![image.tree()];
        if self.with_databases().exists() {
            lower.insert(0, image.databases());
        }
        let layers = Overlay {
            lower,
            upper: self.folder.join("upper"),
            work: self.folder.join("work"),
        };
        layers.mount(&self.tree(), &format!("mounting the disk of {}", self.host))
    }

    /// Takes the disk away. Nothing of the host may run.
    pub(super) fn remove(&self) -> Result<(), LabError> {
        if self.is_mounted()? {
            let doing = format!("unmounting the disk of {}", self.host);
            command::run(Command::new("umount").arg(self.tree()), &doing)?;
        }
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                let doing = format!("removing the disk of {}", self.host);
                Err(LabError::io(doing)(error))
            }
            _ => Ok(()),
        }
    }

    /// Gives the lines of `known_hosts` for this host; none before its disk is made.
    pub(super) fn known_hosts(&self) -> String {
        let mut lines = String::new();
        for kind in HOST_KEYS {
            let file = self.folder.join("upper/etc/ssh");
            let file = file.join(format!("ssh_host_{kind}_key.pub"));
            let public = fs::read_to_string(file).unwrap_or_default();
            // `TYPE KEY COMMENT`
            if let Some((key, _comment)) = public.trim().rsplit_once(' ') {
                writeln!(lines, "{} {key}", self.host.address())
                    .expect("a String takes everything");
            }
        }
        lines
    }

    fn mark(&self) -> PathBuf {
        self.folder.join("made-of")
    }

    /// Names the file that says that the layer of databases belongs to the disk.
    fn with_databases(&self) -> PathBuf {
        self.folder.join("with-databases")
    }

    fn host_key(&self, kind: &str) -> PathBuf {
        self.tree().join(format!("etc/ssh/ssh_host_{kind}_key"))
    }

    fn is_mounted(&self) -> Result<bool, LabError> {
        let doing = "reading the mounts of the machine";
        let mounts = fs::read_to_string("/proc/self/mounts").map_err(LabError::io(doing))?;
        // Blanks are written as octal numbers there.
        let tree = self.tree().display().to_string().replace(' ', "\\040");
        Ok(mounts
            .lines()
            .any(|line| line.split(' ').nth(1) == Some(tree.as_str())))
    }

    fn write(&self, path: &str, text: &str) -> Result<(), LabError> {
        let doing = format!("writing /{path} of {}", self.host);
        fs::write(self.tree().join(path), text).map_err(LabError::io(doing))
    }
}

/// Gives `/etc/hosts`. etcd 3.4 needs `localhost` to start, and sudo waits for a name server where
/// the host's own name is missing.
fn hosts_file() -> String {
    let mut text = "127.0.0.1 localhost\n::1 localhost ip6-localhost\n".to_owned();
    for host in LabHost::all() {
        writeln!(text, "{} {host}", host.address()).expect("a String takes everything");
    }
    text
}

fn network_file(host: LabHost) -> String {
    format!(
        "[Match]\nName=host0\n[Network]\nAddress={}/24\nLinkLocalAddressing=no\n",
        host.address()
    )
}

fn machine_id() -> Result<String, LabError> {
    let uuid = fs::read_to_string("/proc/sys/kernel/random/uuid")
        .map_err(LabError::io("making a machine id"))?;
    Ok(uuid.replace('-', ""))
}
