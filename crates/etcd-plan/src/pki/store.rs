use std::io;
use std::path::Path;

use etcd_plan_core::op::FileContent;
use etcd_plan_core::secret::Secret;

use crate::permit::Permit;

/// Where the files of a [`Pki`](super::Pki) lie. Paths are relative to the inventory's folder unless
/// absolute.
pub trait Store: Sync {
    /// Gives the text by which a person finds the file.
    fn place(&self, file: &Path) -> String;

    /// Reads a file; none when it is not there.
    ///
    /// # Errors
    ///
    /// When it is there and cannot be read.
    fn read(&self, file: &Path) -> io::Result<Option<Secret>>;

    /// Writes a file unless there is one, in one step: of two who try at once the first wins, and
    /// nobody ever sees half a file.
    ///
    /// # Errors
    ///
    /// When it cannot be written. That it is there already is no error.
    fn create(&self, file: &Path, content: &FileContent, permit: &Permit) -> io::Result<()>;

    /// Gives the names of the files in a folder, sorted; none when there is no such folder.
    ///
    /// # Errors
    ///
    /// When it is there and cannot be read.
    fn names(&self, folder: &Path) -> io::Result<Vec<String>>;

    /// Removes a file; fine when it is not there.
    ///
    /// # Errors
    ///
    /// When it cannot be removed.
    fn remove(&self, file: &Path, permit: &Permit) -> io::Result<()>;

    /// Writes a file in place of what is there, in one step.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    fn replace(&self, file: &Path, content: &FileContent, permit: &Permit) -> io::Result<()>;
}
