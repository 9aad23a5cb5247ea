//! The commands that tell of the tool itself: its parameters, its codes, its past runs.

use std::path::PathBuf;

use clap::Args;

use super::shared::Format;

#[derive(Debug, Args)]
pub(crate) struct ParamsArguments {
    /// Only this parameter, at length
    pub(crate) name: Option<String>,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// A code such as `etcd-seq-missing`, or a guard such as `safeguard`; without one, all are listed
    pub(crate) name: Option<String>,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct LogArguments {
    /// A run, by its name; without one, all are listed
    pub(crate) run: Option<String>,
    /// The folder that keeps the journals of runs
    #[arg(long, value_name = "DIR")]
    pub(crate) journal: Option<PathBuf>,
    /// How it is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}
