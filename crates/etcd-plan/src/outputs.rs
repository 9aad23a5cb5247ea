//! Consumers' files on the control machine: written, remembered, and compared when the cluster has
//! changed. [The manual](crate::manual::consumers) says how they are used.
//!
//! ```no_run
//! use etcd_plan::consumers::{Consumer, Output};
//! use etcd_plan::outputs::OutputFiles;
//! use etcd_plan::{Inventory, InventoryFile, Plan};
//!
//! let plan = Plan::from_inventory(&Inventory::from_path("inventory.yml")?)?;
//! let clusters = plan.clusters();
//! let files = OutputFiles::new(".");
//! let output = Output::new(Consumer::Patroni, clusters[0].name.clone());
//! files.write("patroni/etcd.yml".as_ref(), &output, clusters)?;
//! // After members have come or gone:
//! for file in files.outdated(clusters)? {
//!     println!("{file}");
//! }
//! files.refresh(clusters)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use etcd_plan_core::action::Problem;
use etcd_plan_core::consumers::{Consumer, Output, OutputRecord, OutputRecords};
use etcd_plan_core::names::ClusterName;
use etcd_plan_core::spec::ClusterSpec;

/// Where it is remembered which files were written, relative to the inventory's folder.
const RECORDS: &str = "files/etcd-outputs.json";

/// The consumers' files that were written beside an inventory.
#[derive(Debug, Clone)]
pub struct OutputFiles {
    base: PathBuf,
}

/// A consumer's file that is not what the inventory says. Prints as `path (why)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outdated {
    /// Where the file lies.
    pub path: PathBuf,
    /// Who it is for.
    pub consumer: Consumer,
    /// The etcd cluster that it is about.
    pub cluster: ClusterName,
    /// Why it is not as wanted, as a clause: `says something else` or `is gone`.
    pub why: String,
}

impl fmt::Display for Outdated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({}, {})",
            self.path.display(),
            self.consumer,
            self.why
        )
    }
}

impl OutputFiles {
    /// Remembers files in `files/etcd-outputs.json` below `base`, the folder of the inventory.
    pub fn new(base: impl Into<PathBuf>) -> Self {
        Self { base: base.into() }
    }

    /// Writes a consumer's file where it is not as wanted, and remembers it. Gives whether it was
    /// written.
    ///
    /// # Errors
    ///
    /// When it cannot be rendered, written or remembered.
    pub fn write(
        &self,
        path: &Path,
        output: &Output,
        clusters: &[ClusterSpec],
    ) -> Result<bool, OutputsError> {
        let text = output.render(clusters)?;
        let changed = put(path, &text)?;
        let record = OutputRecord {
            path: self.recorded(path)?,
            output: output.clone(),
        };
        let _turn = self.lock()?;
        let mut records = self.records()?;
        if !records.files.contains(&record) {
            records.put(record);
            put(&self.base.join(RECORDS), &records.to_json())?;
        }
        Ok(changed)
    }

    /// Gives the files that are not what these clusters say, in the order of their paths. Files
    /// about other clusters are left out: they may be those of another inventory.
    ///
    /// # Errors
    ///
    /// When it cannot be read which files there are.
    pub fn outdated(&self, clusters: &[ClusterSpec]) -> Result<Vec<Outdated>, OutputsError> {
        let records = self.records()?;
        let about = |record: &&OutputRecord| is_about(record, clusters);
        let judged = records.files.iter().filter(about).filter_map(|record| {
            let path = self.base.join(&record.path);
            let why = match (record.output.render(clusters), fs::read(&path)) {
                (Err(problem), _) => format!("cannot be made: {problem}"),
                (Ok(text), Ok(found)) if found == text.as_bytes() => return None,
                (Ok(_), Ok(_)) => "says something else".to_owned(),
                (Ok(_), Err(error)) if error.kind() == ErrorKind::NotFound => "is gone".to_owned(),
                (Ok(_), Err(error)) => format!("cannot be read: {error}"),
            };
            Some(Outdated {
                path: self.shown(&record.path),
                consumer: record.output.consumer,
                cluster: record.output.cluster.clone(),
                why,
            })
        });
        Ok(judged.collect())
    }

    /// Writes every file again that is not what these clusters say, and gives what was mended.
    ///
    /// # Errors
    ///
    /// When one cannot be rendered or written; those before it are.
    pub fn refresh(&self, clusters: &[ClusterSpec]) -> Result<Vec<Outdated>, OutputsError> {
        let outdated = self.outdated(clusters)?;
        for record in self.records()?.files {
            if is_about(&record, clusters) {
                put(
                    &self.base.join(&record.path),
                    &record.output.render(clusters)?,
                )?;
            }
        }
        Ok(outdated)
    }

    fn records(&self) -> Result<OutputRecords, OutputsError> {
        let path = self.base.join(RECORDS);
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(OutputRecords::default());
            }
            read => read.map_err(io("read", &path))?,
        };
        OutputRecords::from_json(&text).map_err(|why| OutputsError::Records { path, why })
    }

    /// Keeps others from remembering a file meanwhile.
    fn lock(&self) -> Result<File, OutputsError> {
        let folder = self.base.join(RECORDS);
        let folder = folder.parent().unwrap_or(&self.base);
        fs::create_dir_all(folder).map_err(io("made", folder))?;
        let file = File::open(folder).map_err(io("read", folder))?;
        file.lock().map_err(io("locked", folder))?;
        Ok(file)
    }

    /// Gives the path under which a file that is there is remembered.
    fn recorded(&self, path: &Path) -> Result<String, OutputsError> {
        let folder = folder_of(path);
        let whole = folder.canonicalize().map_err(io("found", folder))?;
        let whole = whole.join(path.file_name().unwrap_or_default());
        let base = if self.base.as_os_str().is_empty() {
            Path::new(".")
        } else {
            &self.base
        };
        let base = base.canonicalize().map_err(io("found", base))?;
        let kept = whole.strip_prefix(base).unwrap_or(&whole);
        let text = kept.to_str().map(str::to_owned);
        text.ok_or_else(|| {
            let error = io::Error::new(ErrorKind::InvalidFilename, "its name is no text");
            io("remembered", path)(error)
        })
    }

    /// Gives the path by which a person finds a remembered file.
    fn shown(&self, path: &str) -> PathBuf {
        if self.base == Path::new(".") {
            PathBuf::from(path)
        } else {
            self.base.join(path)
        }
    }
}

/// Says why consumers' files cannot be written or compared.
#[derive(Debug, thiserror::Error)]
pub enum OutputsError {
    /// One cannot be rendered.
    #[error(transparent)]
    Render(#[from] Problem),
    /// The file system refused.
    #[error("{} cannot be {action}: {error}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried, such as `written`.
        action: &'static str,
        /// What the system said.
        error: io::Error,
    },
    /// What is remembered cannot be understood.
    #[error("{} is not the list of consumers' files: {why}", path.display())]
    Records {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

impl OutputsError {
    /// Gives the next action.
    pub fn hint(&self) -> &str {
        match self {
            Self::Render(problem) => &problem.hint,
            Self::Io { .. } => "check the owner and mode of it and its folder, and free space",
            Self::Records { .. } => {
                "remove it, and write each file again with `etcd-plan outputs --for … -o FILE`"
            }
        }
    }
}

fn is_about(record: &OutputRecord, clusters: &[ClusterSpec]) -> bool {
    clusters
        .iter()
        .any(|spec| spec.name == record.output.cluster)
}

fn io<'a>(action: &'static str, path: &'a Path) -> impl Fn(io::Error) -> OutputsError + 'a {
    move |error| OutputsError::Io {
        path: path.to_owned(),
        action,
        error,
    }
}

/// Writes a file unless it says that already: who reads it meanwhile reads the old or the new one.
/// Nothing in it is secret, so everybody may read it.
fn put(path: &Path, text: &str) -> Result<bool, OutputsError> {
    if fs::read(path).is_ok_and(|found| found == text.as_bytes()) {
        return Ok(false);
    }
    let folder = folder_of(path);
    fs::create_dir_all(folder).map_err(io("made", folder))?;
    let staged = || {
        let mut file = tempfile::Builder::new().prefix(".").tempfile_in(folder)?;
        file.as_file()
            .set_permissions(Permissions::from_mode(0o644))?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|failure| failure.error)
    };
    staged().map_err(io("written", path))?;
    Ok(true)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use etcd_plan_core::inventory::Inventory;
    use etcd_plan_core::plan::Plan;

    fn clusters(hosts: &[&str]) -> Vec<ClusterSpec> {
        let hosts = hosts.iter().enumerate();
        let hosts: Vec<String> = hosts
            .map(|(at, host)| format!("{host}: {{ etcd_seq: {} }}", at + 1))
            .collect();
        let text = format!("etcd: {{ hosts: {{ {} }} }}", hosts.join(", "));
        let inventory = Inventory::parse(&text, "inventory.yml").expect("an inventory");
        let plan = Plan::from_inventory(&inventory).expect("a plan");
        plan.clusters().to_vec()
    }

    #[test]
    fn a_file_is_named_when_the_cluster_says_something_else_and_mended() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = OutputFiles::new(folder.path());
        let path = folder.path().join("patroni/etcd.yml");
        let one = clusters(&["10.10.10.10"]);
        let output = Output::new(Consumer::Patroni, ClusterName::default());
        assert!(files.write(&path, &output, &one).expect("written"));
        assert!(!files.write(&path, &output, &one).expect("kept"));
        assert_eq!(files.outdated(&one).expect("read"), []);

        let three = clusters(&["10.10.10.10", "10.10.10.11", "10.10.10.12"]);
        let outdated = files.outdated(&three).expect("read");
        assert_eq!(outdated.len(), 1);
        assert_eq!(outdated[0].path, path);
        assert_eq!(outdated[0].why, "says something else");
        assert_eq!(files.refresh(&three).expect("mended"), outdated);
        assert_eq!(files.outdated(&three).expect("read"), []);
        let text = fs::read_to_string(&path).expect("it is there");
        assert!(text.contains("10.10.10.12:2379"), "{text}");
        let mode = fs::metadata(&path).expect("it is there").permissions();
        assert_eq!(mode.mode() & 0o777, 0o644);

        fs::remove_file(&path).expect("it is there");
        let gone = files.outdated(&three).expect("read");
        assert_eq!(gone[0].why, "is gone");
        // The folder can be taken elsewhere, with all that is in it.
        let text = fs::read_to_string(folder.path().join(RECORDS)).expect("it is there");
        assert!(text.contains(r#""path": "patroni/etcd.yml""#), "{text}");
    }

    #[test]
    fn files_about_other_clusters_are_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = OutputFiles::new(folder.path());
        let one = clusters(&["10.10.10.10"]);
        let output = Output::new(Consumer::Json, ClusterName::default());
        let path = folder.path().join("etcd.json");
        files.write(&path, &output, &one).expect("written");
        fs::write(&path, "changed by hand").expect("written");
        assert_eq!(files.outdated(&[]).expect("read"), []);
        assert_eq!(files.refresh(&[]).expect("nothing"), []);
        assert_eq!(fs::read(&path).expect("it is there"), b"changed by hand");
    }

    #[test]
    fn what_is_remembered_and_cannot_be_read_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("files")).expect("a folder");
        let newer = r#"{"format": "etcd-plan-output-records/2", "files": []}"#;
        fs::write(folder.path().join(RECORDS), newer).expect("written");
        let error = OutputFiles::new(folder.path()).outdated(&[]);
        let error = error.expect_err("another version");
        assert!(error.to_string().contains("records/2"), "{error}");
    }
}
