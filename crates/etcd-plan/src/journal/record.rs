use etcd_plan_core::event::Event;
use etcd_plan_core::names::ClusterName;
use etcd_plan_core::plan::Goal;
use etcd_plan_core::report::Report;
use etcd_plan_core::view::html::Outline;
use serde::{Deserialize, Serialize};

/// A line of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// The first: which run it is.
    Begin {
        /// `etcd-plan-journal/1`.
        format: String,
        /// When it began, in UTC: `2026-11-21T14:30:00Z`.
        at: String,
        /// Who runs.
        holder: String,
        /// What the plan is for.
        goal: Goal,
        /// The clusters of the plan.
        clusters: Vec<ClusterName>,
        /// How many steps the plan has.
        steps: usize,
    },
    /// The second: what the plan looks like, for pages.
    Outline {
        /// The steps with their words, and which waits for which.
        outline: Outline,
    },
    /// Something happened.
    Event {
        /// What.
        event: Event,
    },
    /// The last: the run came to its end.
    End {
        /// When, in UTC.
        at: String,
        /// What happened to every step; none when the run was given up before its first change.
        report: Option<Report>,
    },
}

impl Record {
    /// The format of the lines.
    pub const FORMAT: &str = "etcd-plan-journal/1";
}
