use std::collections::BTreeMap;
use std::fmt::Write as _;

use etcd_plan::core::names::HostPath;
use etcd_plan::core::op::{FileFacts, FileKind, Ownership};
use sha2::Digest as _;

/// A file or folder of a simulated host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The bytes of a file; none for a folder.
    pub content: Option<Vec<u8>>,
    /// The owner and group.
    pub owner: Ownership,
    /// The permission bits.
    pub mode: u32,
}

impl Node {
    /// Makes a folder.
    pub fn folder(owner: Ownership, mode: u32) -> Self {
        Self {
            content: None,
            owner,
            mode,
        }
    }

    /// Makes a file.
    pub fn file(content: impl Into<Vec<u8>>, owner: Ownership, mode: u32) -> Self {
        Self {
            content: Some(content.into()),
            owner,
            mode,
        }
    }

    /// Says whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.content.is_none()
    }

    /// Gives what `stat` and `sha256sum` say of it.
    pub fn facts(&self) -> FileFacts {
        FileFacts {
            kind: match self.content {
                Some(_) => FileKind::File,
                None => FileKind::Folder,
            },
            user: self.owner.user.clone(),
            group: self.owner.group.clone(),
            mode: self.mode,
            size: self.content.as_ref().map_or(4096, |c| c.len() as u64),
            sha256: self.content.as_deref().map(sha256),
        }
    }

    /// Says whether the user has this permission (4 read, 2 write, 1 enter or run). A user is in
    /// the group of its own name only.
    fn allows(&self, user: &str, permission: u32) -> bool {
        let shift = if self.owner.user == user {
            6
        } else if self.owner.group == user {
            3
        } else {
            0
        };
        user == "root" || (self.mode >> shift) & permission == permission
    }
}

/// The files of a simulated host: every folder that leads to a file is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileTree {
    nodes: BTreeMap<HostPath, Node>,
}

/// What a file operation answers; the error is in the words of the shell's tools.
pub type FileResult<T = ()> = Result<T, String>;

impl FileTree {
    /// Makes a tree that holds `/` only.
    pub fn new() -> Self {
        let root = Node::folder(Ownership::both("root"), 0o755);
        Self {
            nodes: BTreeMap::from([(HostPath::fixed("/"), root)]),
        }
    }

    /// Gives what lies at a path.
    pub fn get(&self, path: &HostPath) -> Option<&Node> {
        self.nodes.get(path)
    }

    /// Gives the bytes of a file; none when there is no file.
    pub fn bytes(&self, path: &HostPath) -> Option<&[u8]> {
        self.get(path)?.content.as_deref()
    }

    /// Goes through all files and folders in order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&HostPath, &Node)> {
        self.nodes.iter()
    }

    /// Goes through what lies directly in a folder.
    pub fn children(&self, folder: &HostPath) -> impl Iterator<Item = &HostPath> {
        let folder = folder.clone();
        self.nodes
            .keys()
            .filter(move |path| path.as_str() != "/" && path.parent() == folder)
    }

    /// Makes a folder with its parents (root's, 0755); one that is there stays as it is.
    ///
    /// # Errors
    ///
    /// When a file is in the way.
    pub fn make_folders(&mut self, path: &HostPath) -> FileResult {
        match self.get(path).map(Node::is_folder) {
            Some(true) => return Ok(()),
            Some(false) => return Err(format!("{path}: Not a directory")),
            None => self.make_folders(&path.parent())?,
        }
        let folder = Node::folder(Ownership::both("root"), 0o755);
        self.nodes.insert(path.clone(), folder);
        Ok(())
    }

    /// Makes a folder with its parents, and gives it owner and mode.
    ///
    /// # Errors
    ///
    /// When a file is in the way.
    pub fn make_dir(&mut self, path: &HostPath, owner: &Ownership, mode: u32) -> FileResult {
        self.make_folders(path)?;
        let folder = Node::folder(owner.clone(), mode);
        self.nodes.insert(path.clone(), folder);
        Ok(())
    }

    /// Puts a file where it belongs, with missing parents, over a file that is there.
    ///
    /// # Errors
    ///
    /// When a folder is in the way.
    pub fn put(&mut self, path: &HostPath, file: Node) -> FileResult {
        if self.get(path).is_some_and(Node::is_folder) {
            return Err(format!("{path}: Is a directory"));
        }
        self.make_folders(&path.parent())?;
        self.nodes.insert(path.clone(), file);
        Ok(())
    }

    /// Removes a file; fine when nothing is there.
    ///
    /// # Errors
    ///
    /// When it is a folder.
    pub fn remove_file(&mut self, path: &HostPath) -> FileResult {
        if self.get(path).is_some_and(Node::is_folder) {
            return Err(format!("cannot remove '{path}': Is a directory"));
        }
        self.nodes.remove(path);
        Ok(())
    }

    /// Removes a file or folder with everything in it; fine when nothing is there.
    pub fn remove_all(&mut self, path: &HostPath) {
        self.nodes.retain(|held, _| !held.is_in(path));
    }

    /// Gives a file or folder with everything in it to somebody.
    pub fn own_all(&mut self, path: &HostPath, owner: &Ownership) {
        let held = self.nodes.iter_mut().filter(|(held, _)| held.is_in(path));
        held.for_each(|(_, node)| node.owner = owner.clone());
    }

    /// Renames a file or folder with everything in it; a file that has the new name is replaced.
    ///
    /// # Errors
    ///
    /// When nothing is there, or the new name is a folder's.
    pub fn rename(&mut self, from: &HostPath, to: &HostPath) -> FileResult {
        if self.get(from).is_none() {
            return Err(format!("cannot stat '{from}': No such file or directory"));
        }
        if self.get(to).is_some_and(Node::is_folder) {
            return Err(format!("cannot move '{from}' to '{to}': File exists"));
        }
        self.make_folders(&to.parent())?;
        let moved: Vec<HostPath> = self
            .nodes
            .keys()
            .filter(|path| path.is_in(from))
            .cloned()
            .collect();
        for path in moved {
            let rest = &path.as_str()[from.as_str().len()..];
            let target = HostPath::fixed(&format!("{to}{rest}"));
            let node = self.nodes.remove(&path).expect("its path was listed");
            self.nodes.insert(target, node);
        }
        Ok(())
    }

    /// Says why a user cannot read a file: as the kernel would, folders on the way included.
    ///
    /// # Errors
    ///
    /// With the kernel's words: no such file, or permission denied.
    pub fn read_as(&self, user: &str, path: &HostPath) -> FileResult<&[u8]> {
        self.enter_as(user, &path.parent())
            .map_err(|why| format!("open {path}: {why}"))?;
        let node = self
            .get(path)
            .ok_or_else(|| format!("open {path}: no such file or directory"))?;
        if !node.allows(user, 4) {
            return Err(format!("open {path}: permission denied"));
        }
        node.content
            .as_deref()
            .ok_or_else(|| format!("read {path}: is a directory"))
    }

    /// Says why a user cannot write in a folder.
    ///
    /// # Errors
    ///
    /// With the kernel's words.
    pub fn write_in_as(&self, user: &str, folder: &HostPath) -> FileResult {
        self.enter_as(user, folder)?;
        match self.get(folder) {
            Some(node) if node.allows(user, 2) => Ok(()),
            _ => Err("permission denied".to_owned()),
        }
    }

    /// Says why a user cannot enter a folder or one that leads to it.
    fn enter_as(&self, user: &str, folder: &HostPath) -> FileResult {
        if folder.as_str() != "/" {
            self.enter_as(user, &folder.parent())?;
        }
        match self.get(folder) {
            None => Err("no such file or directory".to_owned()),
            Some(node) if !node.is_folder() => Err("not a directory".to_owned()),
            Some(node) if !node.allows(user, 1) => Err("permission denied".to_owned()),
            Some(_) => Ok(()),
        }
    }
}

impl Default for FileTree {
    fn default() -> Self {
        Self::new()
    }
}

/// Gives the SHA-256 of bytes in lower-case hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    sha2::Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a String takes everything");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::{FileTree, Node};
    use etcd_plan::core::names::HostPath;
    use etcd_plan::core::op::Ownership;

    fn tree() -> FileTree {
        let mut tree = FileTree::new();
        let etcd = Ownership::both("etcd");
        tree.make_dir(&HostPath::fixed("/etc/etcd"), &etcd, 0o750)
            .expect("nothing is in the way");
        tree.put(
            &HostPath::fixed("/etc/etcd/server.key"),
            Node::file("k", etcd, 0o600),
        )
        .expect("nothing is in the way");
        tree
    }

    #[test]
    fn permissions_are_the_kernel_s() {
        let tree = tree();
        let key = HostPath::fixed("/etc/etcd/server.key");
        assert_eq!(tree.read_as("etcd", &key), Ok(&b"k"[..]));
        assert_eq!(tree.read_as("root", &key), Ok(&b"k"[..]));
        let refused = tree.read_as("nobody", &key).expect_err("0750 above it");
        assert_eq!(refused, "open /etc/etcd/server.key: permission denied");
        assert!(tree.write_in_as("etcd", &HostPath::fixed("/etc")).is_err());
    }

    #[test]
    fn a_folder_is_renamed_with_what_it_holds_and_no_more() {
        let mut tree = tree();
        let near = HostPath::fixed("/etc/etcd2/x");
        tree.put(&near, Node::file("", Ownership::both("root"), 0o644))
            .expect("nothing is in the way");
        let (from, to) = (HostPath::fixed("/etc/etcd"), HostPath::fixed("/etc/old"));
        tree.rename(&from, &to).expect("it is there");
        assert!(tree.get(&from).is_none());
        assert!(tree.get(&to.join("server.key")).is_some());
        assert!(tree.get(&near).is_some());
        assert!(tree.rename(&from, &to).is_err());
    }

    #[test]
    fn files_and_folders_do_not_replace_each_other() {
        let mut tree = tree();
        let key = HostPath::fixed("/etc/etcd/server.key");
        assert!(tree.make_folders(&key.join("below")).is_err());
        assert!(tree.remove_file(&key.parent()).is_err());
        let file = Node::file("", Ownership::both("root"), 0o644);
        assert!(tree.put(&key.parent(), file).is_err());
    }
}
