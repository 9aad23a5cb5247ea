use std::env;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use sha2::{Digest as _, Sha256};

use super::command;
use super::error::LabError;
use super::store::Store;

/// The Debian release of the hosts.
const SUITE: &str = "bookworm";

/// What the hosts have from the start. Python is for the tools that are compared with; dnf and its
/// kin are for the host that stands in for one of Enterprise Linux.
const PACKAGES: &str = "apt-utils,busybox,ca-certificates,createrepo-c,curl,dbus,dnf,iproute2,\
    iputils-ping,openssh-server,procps,python3-apt,python3-minimal,rpm,sudo,systemd,systemd-sysv";

/// What dpkg need not do on hosts that are thrown away: sync every file, and unpack what nobody
/// reads. It holds on the hosts, too.
const DPKG_OPTIONS: [&str; 4] = [
    "force-unsafe-io",
    "path-exclude=/usr/share/doc/*",
    "path-exclude=/usr/share/locale/*",
    "path-exclude=/usr/share/man/*",
];

/// What makes it the image of a host.
const RECIPE: &str = include_str!("image.sh");

/// What makes the layer that hosts with databases have over it.
const DATABASES: &str = include_str!("databases.sh");

/// The mirror that packages come from, unless `ETCD_PLAN_LAB_MIRROR` names another.
const MIRROR: &str = "http://deb.debian.org/debian";

/// The file tree that every disk of a host lies over, and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Image {
    folder: PathBuf,
}

impl Image {
    /// Names the image that this version of the lab uses, whether it is built or not.
    pub(super) fn of(store: &Store) -> Self {
        let parts = [SUITE, PACKAGES, RECIPE].into_iter().chain(DPKG_OPTIONS);
        let name = format!("image-{}", short_digest(parts));
        Self {
            folder: store.folder().join(name),
        }
    }

    /// Builds the image, and the layer of databases, unless they are there; it takes about a minute
    /// and a half.
    pub(super) fn build(&self, store: &Store, say: &mut dyn FnMut(&str)) -> Result<(), LabError> {
        let _lock = store.lock_image()?;
        build_once(&self.folder, say, |folder| {
            let unfinished = Self {
                folder: folder.to_owned(),
            };
            unfinished.fill()
        })?;
        let left = self.layer().with_extension("unfinished").join("mounted");
        if left.is_dir() {
            // Whoever was interrupted may have left it mounted, and it is not to be emptied as such.
            let _ = Command::new("umount").arg(left).output();
        }
        build_once(&self.layer(), say, |folder| self.fill_layer(folder))
    }

    /// Gives the name that changes with the content.
    pub(super) fn name(&self) -> String {
        let name = self.folder.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// Gives the file tree.
    pub(super) fn tree(&self) -> PathBuf {
        self.folder.join("tree")
    }

    /// Gives the layer over the tree with Patroni, PostgreSQL and vip-manager, none of them running:
    /// installing them on a host takes longer than starting it.
    pub(super) fn databases(&self) -> PathBuf {
        self.layer().join("upper")
    }

    /// Gives the folder of that layer.
    fn layer(&self) -> PathBuf {
        let name = format!("databases-{}", short_digest([DATABASES]));
        self.folder.join(name)
    }

    /// Gives the folder of the packages that `infra` serves.
    pub(super) fn packages(&self) -> PathBuf {
        self.folder.join("packages")
    }

    /// Gives the private key (Ed25519) that lets in as root, `admin` and `oper`.
    pub(super) fn key(&self) -> PathBuf {
        self.folder.join("id_ed25519")
    }

    fn fill(&self) -> Result<(), LabError> {
        let tree = self.tree();
        let mirror = mirror();
        let io = |doing: &str| LabError::io(format!("{doing} in {}", self.folder.display()));
        fs::create_dir_all(&self.folder).map_err(io("making folders"))?;
        let mut keygen = Command::new("ssh-keygen");
        keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f"]);
        command::run(keygen.arg(self.key()), "making the key of the lab")?;
        let public = self.key().with_extension("pub");
        let public = fs::read_to_string(public).map_err(io("reading the key"))?;

        // Half the work of debootstrap.
        let mut mmdebstrap = Command::new("mmdebstrap");
        mmdebstrap.args(["--variant=minbase", &format!("--include={PACKAGES}")]);
        mmdebstrap.args(DPKG_OPTIONS.map(|option| format!("--dpkgopt={option}")));
        mmdebstrap.arg(SUITE).arg(&tree).arg(&mirror);
        command::run(&mut mmdebstrap, "installing Debian")?;

        // The recipe fetches packages, by this machine's name servers.
        fs::copy("/etc/resolv.conf", tree.join("etc/resolv.conf"))
            .map_err(io("copying resolv.conf"))?;
        run_in(
            &tree,
            RECIPE,
            &[("MIRROR", &mirror), ("KEY", public.trim())],
        )?;
        fs::rename(tree.join("packages"), self.packages()).map_err(io("moving packages"))
    }

    /// Installs what hosts with databases have into a layer of its own.
    fn fill_layer(&self, folder: &Path) -> Result<(), LabError> {
        let io = |doing: &str| LabError::io(format!("{doing} in {}", folder.display()));
        let mounted = folder.join("mounted");
        let layers = Overlay {
            lower: vec![self.tree()],
            upper: folder.join("upper"),
            work: folder.join("work"),
        };
        for folder in [&layers.upper, &layers.work, &mounted] {
            fs::create_dir_all(folder).map_err(io("making folders"))?;
        }
        layers.mount(&mounted, "mounting the layer of databases")?;
        let filled = fs::copy("/etc/resolv.conf", mounted.join("etc/resolv.conf"))
            .map_err(io("copying resolv.conf"))
            .and_then(|_| run_in(&mounted, DATABASES, &[("MIRROR", &mirror())]));
        let mut umount = Command::new("umount");
        let unmounted = command::run(umount.arg(&mounted), "unmounting the layer of databases");
        filled.and(unmounted.map(drop))
    }
}

fn mirror() -> String {
    env::var("ETCD_PLAN_LAB_MIRROR").unwrap_or_else(|_| MIRROR.to_owned())
}

/// Gives the name of what is made of some texts.
fn short_digest<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part);
    }
    let digest = digest.finalize();
    let short = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    format!("{short:08x}")
}

/// Builds a folder unless it is there; under another name, so that an interrupted one is not taken
/// for a whole one.
fn build_once(
    folder: &Path,
    say: &mut dyn FnMut(&str),
    fill: impl FnOnce(&Path) -> Result<(), LabError>,
) -> Result<(), LabError> {
    if folder.is_dir() {
        return Ok(());
    }
    let begun = Instant::now();
    say(&format!("building {} (once)", folder.display()));
    let unfinished = folder.with_extension("unfinished");
    match fs::remove_dir_all(&unfinished) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            let doing = format!("removing {}", unfinished.display());
            return Err(LabError::io(doing)(error));
        }
        _ => {}
    }
    fill(&unfinished)?;
    let doing = format!("renaming {}", unfinished.display());
    fs::rename(&unfinished, folder).map_err(LabError::io(doing))?;
    say(&format!("built in {:.0} s", begun.elapsed().as_secs_f64()));
    Ok(())
}

/// File trees that lie over each other.
#[derive(Debug)]
pub(super) struct Overlay {
    /// What is only read, the uppermost first.
    pub(super) lower: Vec<PathBuf>,
    /// What takes the changes.
    pub(super) upper: PathBuf,
    /// An empty folder on the same file system.
    pub(super) work: PathBuf,
}

impl Overlay {
    /// Mounts them as one tree.
    pub(super) fn mount(&self, at: &Path, doing: &str) -> Result<(), LabError> {
        let lower: Vec<String> = self.lower.iter().map(|p| p.display().to_string()).collect();
        let options = format!(
            "lowerdir={},upperdir={},workdir={}",
            lower.join(":"),
            self.upper.display(),
            self.work.display(),
        );
        let mut mount = Command::new("mount");
        mount.args(["-t", "overlay", "overlay", "-o", &options]);
        command::run(mount.arg(at), doing).map(drop)
    }
}

/// Runs a script as root in a file tree.
fn run_in(tree: &Path, script: &str, variables: &[(&str, &str)]) -> Result<(), LabError> {
    let doing = format!("setting up {}", tree.display());
    let mut sh = Command::new("chroot")
        .arg(tree)
        .arg("sh")
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(LabError::io(doing.clone()))?;
    let mut input = sh.stdin.take().expect("its standard input is a pipe");
    // The script is shorter than a pipe is large, so this does not wait for the shell.
    input
        .write_all(script.as_bytes())
        .map_err(LabError::io(doing.clone()))?;
    drop(input);
    let output = sh.wait_with_output().map_err(LabError::io(doing.clone()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = command::last_lines(&String::from_utf8_lossy(&output.stderr));
    let hint = "see that the mirror can be reached; ETCD_PLAN_LAB_MIRROR names another";
    Err(LabError::new(doing, said, hint))
}
