use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use etcd_plan_core::op::FileContent;
use etcd_plan_core::secret::Secret;

use super::Store;
use crate::permit::Permit;

/// Files in memory.
#[derive(Debug, Default)]
pub struct Memory {
    files: Mutex<BTreeMap<PathBuf, Secret>>,
}

impl Memory {
    /// Puts a file there, as somebody else would have done before the run.
    pub fn put(&self, file: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) {
        self.files().insert(file.into(), Secret::new(bytes));
    }

    /// Removes a file; fine when it is not there.
    pub fn remove(&self, file: impl AsRef<Path>) {
        self.files().remove(file.as_ref());
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Secret>> {
        // Whoever panicked had no half-done change: each is one call.
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Memory {
    fn place(&self, file: &Path) -> String {
        format!("{} (in memory)", file.display())
    }

    fn read(&self, file: &Path) -> io::Result<Option<Secret>> {
        Ok(self.files().get(file).cloned())
    }

    fn create(&self, file: &Path, content: &FileContent, _permit: &Permit) -> io::Result<()> {
        self.files()
            .entry(file.to_owned())
            .or_insert_with(|| Secret::new(content.bytes()));
        Ok(())
    }

    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        let files = self.files();
        let inside = files.keys().filter(|path| path.parent() == Some(folder));
        let names = inside.filter_map(|path| path.file_name()?.to_str());
        Ok(names.map(str::to_owned).collect())
    }

    fn remove(&self, file: &Path, _permit: &Permit) -> io::Result<()> {
        self.files().remove(file);
        Ok(())
    }

    fn replace(&self, file: &Path, content: &FileContent, _permit: &Permit) -> io::Result<()> {
        self.put(file, content.bytes());
        Ok(())
    }
}
