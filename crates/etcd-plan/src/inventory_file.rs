use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use etcd_plan_core::diagnostic::Diagnostics;
use etcd_plan_core::inventory::Inventory;

/// A little more than the largest inventory that is taken: a larger file is not read to its end.
const READ_LIMIT: u64 = (64 << 20) + 1;

/// Reads inventories from files, which the pure half of the library does not.
pub trait InventoryFile: Sized {
    /// Reads an inventory from a file: YAML as in Ansible, or what `ansible-inventory --list`
    /// prints.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or is not an inventory: all findings at once.
    fn from_path(path: impl AsRef<Path>) -> Result<Self, InventoryFileError>;
}

impl InventoryFile for Inventory {
    fn from_path(path: impl AsRef<Path>) -> Result<Self, InventoryFileError> {
        let path = path.as_ref();
        let unreadable = |source| InventoryFileError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(READ_LIMIT).read_to_end(&mut bytes))
            .map_err(unreadable)?;
        let name = path.to_string_lossy();
        Self::parse_bytes(&bytes, &name).map_err(InventoryFileError::Findings)
    }
}

/// Says why there is no inventory.
#[derive(Debug, thiserror::Error)]
pub enum InventoryFileError {
    /// The file cannot be read.
    #[error("the inventory {} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The text is not an inventory.
    #[error("{0}")]
    Findings(Diagnostics),
}
