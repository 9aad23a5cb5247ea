use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use etcd_plan_core::op::FileContent;
use etcd_plan_core::secret::Secret;
use tempfile::NamedTempFile;

use super::Store;
use crate::permit::Permit;

/// Files below a folder of this machine.
///
/// Keys are 0600 from their first byte, certificates 0644, the folders made for them 0700. A file is
/// written under a temporary name beside its place, synced, and renamed. A process that is killed
/// in between leaves that temporary file (`.ca.key.….etcd-plan`, of the same mode) and nothing else.
#[derive(Debug)]
pub struct Folder {
    base: PathBuf,
}

impl Folder {
    pub(super) fn new(base: PathBuf) -> Self {
        Self { base }
    }

    /// Writes a file beside its final place, complete and synced.
    fn stage(path: &Path, content: &FileContent) -> io::Result<NamedTempFile> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let mode = Permissions::from_mode(match content {
            FileContent::Shown(_) | FileContent::Shared(_) => 0o644,
            FileContent::Hidden(_) => 0o600,
        });
        let mut file = tempfile::Builder::new()
            .prefix(&format!(".{name}."))
            .suffix(".etcd-plan")
            .permissions(mode.clone())
            .tempfile_in(folder_of(path))?;
        // Once more: the mode at creation is cut down by the umask.
        file.as_file().set_permissions(mode)?;
        file.write_all(content.bytes())?;
        file.as_file().sync_all()?;
        Ok(file)
    }
}

impl Store for Folder {
    fn place(&self, file: &Path) -> String {
        self.base.join(file).display().to_string()
    }

    fn read(&self, file: &Path) -> io::Result<Option<Secret>> {
        match fs::read(self.base.join(file)) {
            Ok(bytes) => Ok(Some(Secret::new(bytes))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn create(&self, file: &Path, content: &FileContent, _permit: &Permit) -> io::Result<()> {
        let path = self.base.join(file);
        make_folder(folder_of(&path))?;
        match Self::stage(&path, content)?.persist_noclobber(&path) {
            Err(failure) if failure.error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(failure) => Err(failure.error),
            Ok(_) => sync_folder(&path),
        }
    }

    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(self.base.join(folder)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let names = entries.map(|entry| entry.map(|entry| entry.file_name()));
        let names: io::Result<Vec<_>> = names.collect();
        let mut names: Vec<String> = names?
            .into_iter()
            .filter_map(|name| name.into_string().ok())
            .collect();
        names.sort();
        Ok(names)
    }

    fn remove(&self, file: &Path, _permit: &Permit) -> io::Result<()> {
        let path = self.base.join(file);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            removed => removed.and_then(|()| sync_folder(&path)),
        }
    }

    fn replace(&self, file: &Path, content: &FileContent, _permit: &Permit) -> io::Result<()> {
        let path = self.base.join(file);
        make_folder(folder_of(&path))?;
        Self::stage(&path, content)?
            .persist(&path)
            .map_err(|failure| failure.error)?;
        sync_folder(&path)
    }
}

/// Makes a folder that only its owner may enter, unless it is there. Its parents hold no keys.
fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(folder) {
        // Somebody was faster.
        Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        made => made,
    }
}

/// Makes a rename in the folder of a file outlive a power failure.
fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
