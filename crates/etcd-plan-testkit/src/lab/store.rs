use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::error::LabError;

/// The folder that holds the image and the disks of all labs.
///
/// ```text
/// image-<digest>/   the Debian that all disks lie over, the packages, the key of the hosts' users
/// labs/<name>/      one lab: a folder a host, known_hosts
/// labs/<name>.lock  held by the command that changes the lab
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Store(PathBuf);

impl Store {
    /// Finds the folder: `ETCD_PLAN_LAB_DIR`, or `etcd-plan-lab` where caches are.
    pub(super) fn find() -> Result<Self, LabError> {
        let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
        let folder = set("ETCD_PLAN_LAB_DIR").map(PathBuf::from).or_else(|| {
            let cache = set("XDG_CACHE_HOME").map(PathBuf::from);
            let cache = cache.or_else(|| Some(PathBuf::from(set("HOME")?).join(".cache")))?;
            Some(cache.join("etcd-plan-lab"))
        });
        let refused = |message: &str| {
            let hint = "set ETCD_PLAN_LAB_DIR to an absolute path on a disk with 2 GB free";
            LabError::new("the folder of the lab", message, hint)
        };
        let folder = folder.ok_or_else(|| refused("neither it nor HOME is set"))?;
        // The path goes into the options of overlay mounts, where these have a meaning.
        let plain = folder
            .to_str()
            .is_some_and(|text| !text.contains([':', ',', '\\', '"']));
        if folder.is_absolute() && plain {
            return Ok(Self(folder));
        }
        let message = "its path is relative, or has a character such as `:` or `,`";
        Err(refused(message))
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0
    }

    /// Gives the folder of a lab.
    pub(super) fn lab(&self, name: &str) -> PathBuf {
        self.0.join("labs").join(name)
    }

    /// Waits until nobody else changes the lab, and keeps others out until the file is dropped.
    pub(super) fn lock_lab(&self, name: &str) -> Result<File, LabError> {
        lock(&self.0.join("labs").join(format!("{name}.lock")))
    }

    /// Waits until nobody else builds the image.
    pub(super) fn lock_image(&self) -> Result<File, LabError> {
        lock(&self.0.join("image.lock"))
    }
}

fn lock(path: &Path) -> Result<File, LabError> {
    let doing = || format!("locking {}", path.display());
    let folder = path.parent().expect("a lock lies in the folder of the lab");
    fs::create_dir_all(folder).map_err(LabError::io(doing()))?;
    let file = File::options().create(true).append(true).open(path);
    let file = file.map_err(LabError::io(doing()))?;
    file.lock().map_err(LabError::io(doing()))?;
    Ok(file)
}
