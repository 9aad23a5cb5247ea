use std::fmt;
use std::ops::Deref;

use crate::inventory::Origin;

/// One parameter, as the reference page shows it. The table of all of them is the source for
/// parsing, defaults, levels, checks and documentation: see [`crate::spec::params`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// The variable's name in the inventory.
    pub name: &'static str,
    /// The type, in the words of the reference page.
    pub type_name: &'static str,
    /// The default as it would be written; empty when there is none.
    pub default: &'static str,
    /// Where it may stand, besides an argument, which may always set it.
    pub levels: &'static [Level],
    /// Whether the module that the project ports had it; additions are marked on the page.
    pub in_seeds: bool,
    /// What it does, a line each; the first sentence is a summary.
    pub doc: &'static [&'static str],
}

impl Parameter {
    /// Gives the first sentence of what the parameter does.
    pub fn summary(&self) -> String {
        let text = self.text().replace('\n', " ");
        match text.split_once(". ") {
            Some((first, _)) => format!("{first}."),
            None => text,
        }
    }

    /// Gives all that is said of the parameter, in Markdown.
    pub fn text(&self) -> String {
        let lines: Vec<&str> = self.doc.iter().map(|line| line.trim()).collect();
        lines.join("\n")
    }

    /// Gives the levels in the form of the seeds' table: `G/C/A`.
    pub fn level_letters(&self) -> String {
        let letters: Vec<&str> = self.levels.iter().map(|level| level.letter()).collect();
        letters.join("/")
    }
}

impl serde::Serialize for Parameter {
    /// Writes the entry of the reference: `name`, `type`, `default`, `levels`, `in_seeds`, `summary`
    /// and `text`.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut entry = serializer.serialize_struct("Parameter", 7)?;
        entry.serialize_field("name", self.name)?;
        entry.serialize_field("type", self.type_name)?;
        entry.serialize_field("default", self.default)?;
        entry.serialize_field("levels", self.levels)?;
        entry.serialize_field("in_seeds", &self.in_seeds)?;
        entry.serialize_field("summary", &self.summary())?;
        entry.serialize_field("text", &self.text())?;
        entry.end()
    }
}

/// Where a parameter may stand in an inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// `all.vars`: for all clusters.
    Global,
    /// The `vars` of a group: for one cluster.
    Cluster,
    /// A host: for one member.
    Instance,
    /// An argument of a run (`-e`).
    Argument,
}

impl Level {
    /// Gives the letter that the seeds use: G, C, I or A.
    pub fn letter(self) -> &'static str {
        match self {
            Self::Global => "G",
            Self::Cluster => "C",
            Self::Instance => "I",
            Self::Argument => "A",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Global => "`all.vars`",
            Self::Cluster => "the `vars` of a group",
            Self::Instance => "a host",
            Self::Argument => "an argument",
        })
    }
}

/// A parameter's value together with where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub origin: ValueOrigin,
}

impl<T> Resolved<T> {
    /// Makes a value that is its parameter's default.
    pub fn default_of(value: T) -> Self {
        Self {
            value,
            origin: ValueOrigin::Default,
        }
    }
}

impl<T> Deref for Resolved<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// Where a parameter's value came from. Prints as `default`, `argument`, `code` or
/// `file:line:column`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueOrigin {
    /// Nobody set it.
    Default,
    /// Somebody did.
    Set(Origin),
    /// A plan file says so, in these words.
    Recorded(String),
}

impl fmt::Display for ValueOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Set(origin) => origin.fmt(f),
            Self::Recorded(words) => f.write_str(words),
        }
    }
}
