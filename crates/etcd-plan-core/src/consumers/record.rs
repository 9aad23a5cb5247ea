use serde::{Deserialize, Serialize};

use super::Output;

/// Which consumers' files were written where: what is needed to write them again. Its JSON is
/// `etcd-plan-output-records/1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputRecords {
    /// `etcd-plan-output-records/1`.
    pub format: String,
    /// The files, in the order of their paths.
    pub files: Vec<OutputRecord>,
}

/// A consumer's file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputRecord {
    /// Where it lies on the control machine: relative to the inventory's folder where it lies below
    /// that, else absolute.
    pub path: String,
    /// What it is.
    pub output: Output,
}

impl OutputRecords {
    /// The format of the document.
    pub const FORMAT: &str = "etcd-plan-output-records/1";

    /// Reads the document.
    ///
    /// # Errors
    ///
    /// When it is none, or of another version; the text says so as one clause.
    pub fn from_json(text: &str) -> Result<Self, String> {
        let records: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if records.format == Self::FORMAT {
            Ok(records)
        } else {
            Err(format!(
                "its format is `{}`, not `{}`",
                records.format,
                Self::FORMAT
            ))
        }
    }

    /// Writes the document.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("the document has only text keys") + "\n"
    }

    /// Takes in a file, in place of what was known of its path.
    pub fn put(&mut self, record: OutputRecord) {
        self.files.retain(|other| other.path != record.path);
        let at = self.files.partition_point(|other| other.path < record.path);
        self.files.insert(at, record);
    }
}

impl Default for OutputRecords {
    /// Begins with no file.
    fn default() -> Self {
        Self {
            format: Self::FORMAT.to_owned(),
            files: Vec::new(),
        }
    }
}
