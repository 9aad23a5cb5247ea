//! The stages, in the order in which they run: a stage a file.

mod browser;
mod clippy;
mod deny;
mod doc;
mod doc_tests;
mod example;
mod format;
mod grafana;
mod lab;
mod package;
mod python;
mod tests;

use super::outcome::Outcome;

pub(crate) use lab::prepare_meanwhile as prepare_lab_meanwhile;

/// The stage that needs an image of hosts.
pub(crate) const LAB: &str = "lab";

/// The stage that needs a browser.
pub(crate) const BROWSER: &str = "browser";

/// One thing that must hold.
pub(crate) struct Stage {
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    /// Whether it wants etcd and the other tools that are installed at the beginning.
    pub(crate) runs_etcd: bool,
    pub(crate) how: How,
}

/// How a stage runs.
pub(crate) enum How {
    /// After the stage before it, and before the one behind it.
    InTurn(fn() -> Outcome),
    /// Beside the stages behind it, since it mostly waits.
    Beside {
        /// What it does in its turn: all that needs the cores, or cargo.
        first: fn() -> Result<(), Outcome>,
        /// What it does beside others.
        then: fn() -> Outcome,
    },
}

/// All stages. The lab needs what `python` leaves, and comes before the tests, which run beside it,
/// since it takes longest and mostly waits. To add one, write its file and add it here.
pub(crate) const STAGES: &[Stage] = &[
    Stage {
        name: "format",
        summary: "`cargo fmt` would change nothing",
        runs_etcd: false,
        how: How::InTurn(format::run),
    },
    Stage {
        name: "clippy",
        summary: "clippy has nothing to say",
        runs_etcd: false,
        how: How::InTurn(clippy::run),
    },
    Stage {
        name: "python",
        summary: "the Python package in a fresh environment, and its tests",
        runs_etcd: true,
        how: How::InTurn(python::run),
    },
    Stage {
        name: LAB,
        summary: "the tests on real hosts, as root on Linux",
        runs_etcd: false,
        how: How::Beside {
            first: lab::build,
            then: lab::run,
        },
    },
    Stage {
        name: "tests",
        summary: "the Rust tests",
        runs_etcd: true,
        how: How::InTurn(tests::run),
    },
    Stage {
        name: BROWSER,
        summary: "the pages of plans, runs and statuses, in a real browser",
        runs_etcd: false,
        how: How::Beside {
            first: browser::build,
            then: browser::run,
        },
    },
    Stage {
        name: "grafana",
        summary: "the dashboard is as Grafana's own types have it",
        runs_etcd: false,
        how: How::Beside {
            first: grafana::build,
            then: grafana::run,
        },
    },
    Stage {
        name: "doc-tests",
        summary: "the code in the documentation",
        runs_etcd: false,
        how: How::InTurn(doc_tests::run),
    },
    Stage {
        name: "doc",
        summary: "`cargo doc` has nothing to say",
        runs_etcd: false,
        how: How::InTurn(doc::run),
    },
    Stage {
        name: "example",
        summary: "three_nodes builds a cluster, and again, and leaves no process",
        runs_etcd: true,
        how: How::InTurn(example::run),
    },
    Stage {
        name: "package",
        summary: "the crates could be published",
        runs_etcd: false,
        how: How::InTurn(package::run),
    },
    Stage {
        name: "deny",
        summary: "licences, sources, versions and advisories of dependencies",
        runs_etcd: false,
        how: How::InTurn(deny::run),
    },
];

/// Runs a command that is one check.
fn check(command: &mut std::process::Command) -> Outcome {
    match crate::shell::watch(command) {
        Ok(ran) if ran.status.success() => Outcome::passed(),
        Ok(ran) => Outcome::failed(format!("{command:?} ended with {}", ran.status)),
        Err(why) => Outcome::failed(why),
    }
}
