use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::Arc;

use etcd_plan::core::cert::RotationStage;
use etcd_plan::names::EtcdVersion;
use etcd_plan::plan::PlanBuilder;
use etcd_plan::{ExtraVars, Goal, Subtask};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::{self, detached};
use crate::inventory::Inventory;

/// What has to happen, as data.
#[pyclass(frozen, module = "pyetcdplan._native")]
pub(crate) struct Plan {
    pub(crate) plan: Arc<etcd_plan::Plan>,
}

#[pymethods]
impl Plan {
    /// Makes the plan of an inventory, or one for each of its clusters.
    #[staticmethod]
    #[pyo3(signature = (inventory, *, goal, limit, tags, skip_tags, extra_vars, options, each))]
    #[expect(
        clippy::too_many_arguments,
        clippy::needless_pass_by_value,
        reason = "they are named where it is called; Python gives lists, and no slices of texts"
    )]
    fn build(
        py: Python<'_>,
        inventory: &Bound<'_, Inventory>,
        goal: &str,
        limit: Option<String>,
        tags: Vec<String>,
        skip_tags: Vec<String>,
        extra_vars: Vec<String>,
        options: &Bound<'_, PyDict>,
        each: bool,
    ) -> PyResult<Vec<Self>> {
        let goal: Goal = goal.parse().map_err(|why| {
            let message = format!("the goal `{goal}` {why}");
            error::plan_problem(py, "no-such-goal", &message, "name one of these goals")
        })?;
        let (tags, skip_tags) = (subtasks(py, &tags)?, subtasks(py, &skip_tags)?);
        let vars = variables(py, &extra_vars)?;
        let options = goal_options(options)?;
        let inventory = &inventory.get().inventory;
        let plans = detached(py, || {
            let mut builder = etcd_plan::Plan::builder(inventory)
                .goal(goal)
                .tags(tags)
                .skip_tags(skip_tags)
                .extra_vars(vars);
            for option in options {
                builder = option.set(builder);
            }
            if let Some(limit) = limit {
                builder = builder.limit(limit);
            }
            if each {
                builder.build_each()
            } else {
                builder.build().map(|plan| vec![plan])
            }
        })?;
        let plans = plans.map_err(|why| error::plan(py, &why))?;
        Ok(plans.into_iter().map(Self::of).collect())
    }

    /// Reads a document that `to_json` wrote.
    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        let plan = detached(py, || etcd_plan::Plan::from_json(text))?;
        plan.map(Self::of).map_err(|why| error::plan(py, &why))
    }

    /// Writes the plan as a document.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        detached(py, || self.plan.to_json())
    }

    /// Draws the plan for Graphviz.
    fn to_dot(&self, py: Python<'_>) -> PyResult<String> {
        detached(py, || self.plan.to_dot())
    }

    /// Draws the plan for Mermaid.
    fn to_mermaid(&self, py: Python<'_>) -> PyResult<String> {
        detached(py, || self.plan.to_mermaid())
    }

    /// Draws the plan as an SVG image.
    fn to_svg(&self, py: Python<'_>) -> PyResult<String> {
        detached(py, || self.plan.to_svg())
    }

    /// Writes the plan as one HTML page.
    fn to_html(&self, py: Python<'_>) -> PyResult<String> {
        detached(py, || self.plan.to_html())
    }

    /// Writes the plan for a person.
    fn to_text(&self, py: Python<'_>) -> PyResult<String> {
        detached(py, || self.plan.to_string())
    }

    /// Gives the warnings about the inventory, as JSON.
    fn diagnostics(&self) -> String {
        error::diagnostics(self.plan.diagnostics()).to_string()
    }

    /// Gives what the plan is for.
    fn goal(&self) -> String {
        self.plan.goal().to_string()
    }

    /// Gives the names of the clusters.
    pub(crate) fn clusters(&self) -> Vec<String> {
        let clusters = self.plan.clusters().iter();
        clusters.map(|cluster| cluster.name.to_string()).collect()
    }

    fn __len__(&self) -> usize {
        self.plan.len()
    }
}

/// Something that a goal is asked for besides hosts and subtasks.
enum GoalOption {
    BackupTo(String),
    BackupOnHost,
    BackupKeep(NonZeroU32),
    To(EtcdVersion),
    NoSnapshot,
    Depart(Vec<String>),
    Dead,
    KeepRevisions(u64),
    Threshold(u8),
    Snapshot(String),
    Stage(RotationStage),
    Again,
    LeaveClients,
}

impl GoalOption {
    fn set(self, builder: PlanBuilder<'_>) -> PlanBuilder<'_> {
        match self {
            Self::BackupTo(folder) => builder.backup_to(folder),
            Self::BackupOnHost => builder.backup_on_host(),
            Self::BackupKeep(snapshots) => builder.backup_keep(snapshots),
            Self::To(version) => builder.version(version),
            Self::NoSnapshot => builder.without_snapshot(),
            Self::Depart(members) => builder.depart(members),
            Self::Dead => builder.dead(true),
            Self::KeepRevisions(revisions) => builder.keep_revisions(revisions),
            Self::Threshold(percent) => builder.threshold(percent),
            Self::Snapshot(file) => builder.snapshot(file),
            Self::Stage(stage) => builder.rotation_stage(stage),
            Self::Again => builder.rotate_again(),
            Self::LeaveClients => builder.leave_clients(),
        }
    }
}

/// Takes keyword arguments: those that are `None` or `False` are as if they were not given.
fn goal_options(options: &Bound<'_, PyDict>) -> PyResult<Vec<GoalOption>> {
    let mut asked = Vec::new();
    for (name, value) in options {
        let name: String = name.extract()?;
        if value.is_none() {
            continue;
        }
        match name.as_str() {
            "backup_to" => asked.push(GoalOption::BackupTo(value.extract()?)),
            "backup_on_host" => {
                asked.extend(value.extract::<bool>()?.then_some(GoalOption::BackupOnHost));
            }
            "to" => asked.push(GoalOption::To(version(
                value.py(),
                &value.extract::<String>()?,
            )?)),
            "no_snapshot" => {
                asked.extend(value.extract::<bool>()?.then_some(GoalOption::NoSnapshot));
            }
            "depart" => asked.push(GoalOption::Depart(value.extract()?)),
            "dead" => asked.extend(value.extract::<bool>()?.then_some(GoalOption::Dead)),
            "backup_keep" => asked.push(GoalOption::BackupKeep(value.extract()?)),
            "keep_revisions" => asked.push(GoalOption::KeepRevisions(value.extract()?)),
            "snapshot" => asked.push(GoalOption::Snapshot(value.extract()?)),
            "threshold" => asked.push(GoalOption::Threshold(value.extract()?)),
            "stage" => asked.push(GoalOption::Stage(stage(
                value.py(),
                &value.extract::<String>()?,
            )?)),
            "again" => asked.extend(value.extract::<bool>()?.then_some(GoalOption::Again)),
            "leave_clients" => {
                asked.extend(value.extract::<bool>()?.then_some(GoalOption::LeaveClients));
            }
            other => {
                let message = format!("`{other}` is nothing that a plan can be asked for");
                return Err(PyTypeError::new_err(message));
            }
        }
    }
    Ok(asked)
}

impl Plan {
    fn of(plan: etcd_plan::Plan) -> Self {
        Self {
            plan: Arc::new(plan),
        }
    }
}

/// Reads extra variables: each an argument of `-e`.
pub(crate) fn variables(py: Python<'_>, arguments: &[String]) -> PyResult<ExtraVars> {
    let mut vars = ExtraVars::new();
    for argument in arguments {
        vars.add_argument(argument)
            .map_err(|found| error::findings(py, &found))?;
    }
    Ok(vars)
}

fn version(py: Python<'_>, text: &str) -> PyResult<EtcdVersion> {
    text.parse().map_err(|why| {
        let message = format!("the version `{text}` {why}");
        error::plan_problem(py, "goal-argument", &message, "give one such as `3.5.16`")
    })
}

fn stage(py: Python<'_>, text: &str) -> PyResult<RotationStage> {
    text.parse().map_err(|why| {
        let message = format!("the stage `{text}` {why}");
        error::plan_problem(py, "goal-argument", &message, "give them in this order")
    })
}

fn subtasks(py: Python<'_>, names: &[String]) -> PyResult<BTreeSet<Subtask>> {
    let parse = |name: &String| {
        name.parse().map_err(|why| {
            let message = format!("the tag `{name}` {why}");
            error::plan_problem(py, "no-such-tag", &message, "name one of these subtasks")
        })
    };
    names.iter().map(parse).collect()
}
