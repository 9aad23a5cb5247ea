use std::borrow::Cow;
use std::sync::Arc;

use etcd_plan::guard::Refusal;
use etcd_plan::view::html::{Outline, StepsPage};
use pyo3::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{self, detached};

/// What happened in a run, or would happen.
#[pyclass(frozen, module = "pyetcdplan._native")]
pub(crate) struct Report {
    pub(crate) document: Document,
    /// What the page is drawn from besides; none where only the document is known.
    pub(crate) drawn_from: Option<DrawnFrom>,
}

/// What says how the plan of a report looks. It is drawn when it is asked for, since most reports
/// become no page.
pub(crate) enum DrawnFrom {
    Plan(Arc<etcd_plan::Plan>),
    Outline(Outline),
}

impl DrawnFrom {
    fn outline(&self) -> Cow<'_, Outline> {
        match self {
            Self::Plan(plan) => Cow::Owned(Outline::of(plan)),
            Self::Outline(outline) => Cow::Borrowed(outline),
        }
    }
}

/// A report as it is written and read.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    pub(crate) report: etcd_plan::Report,
    /// What guards refuse; of a preview only.
    pub(crate) refusals: Vec<Refusal>,
}

#[pymethods]
impl Report {
    /// Reads what `to_json` wrote, and what `outline` gave, if that is known.
    #[staticmethod]
    #[pyo3(signature = (text, outline=None))]
    fn from_json(py: Python<'_>, text: &str, outline: Option<&str>) -> PyResult<Self> {
        let no_report = |why: serde_json::Error| {
            let message = format!("the document is no report: {why}");
            error::error(
                py,
                "no-report",
                &message,
                "give what `Report.to_json` wrote",
            )
        };
        let document = serde_json::from_str(text).map_err(no_report)?;
        let outline = outline.map(serde_json::from_str).transpose();
        Ok(Self {
            document,
            drawn_from: outline.map_err(no_report)?.map(DrawnFrom::Outline),
        })
    }

    /// Gives what the plan looks like, as JSON; none where only the document is known.
    fn outline(&self) -> Option<String> {
        let outline = self.drawn_from.as_ref()?.outline();
        Some(serde_json::to_string(&*outline).expect("an outline has only text keys"))
    }

    /// Writes the report as one HTML page.
    fn to_html(&self, py: Python<'_>) -> PyResult<String> {
        detached(py, || {
            let Document { report, refusals } = &self.document;
            let outline = match &self.drawn_from {
                Some(from) => from.outline(),
                None => Cow::Owned(Outline::of_report(report)),
            };
            let page = StepsPage::of(&outline).report(report);
            page.refusals(refusals).to_html()
        })
    }

    /// Writes the report as a document, with what guards refuse.
    fn to_json(&self) -> String {
        serde_json::to_string_pretty(&self.document).expect("a report has only text keys")
    }

    /// Writes the report for a person.
    fn to_text(&self) -> String {
        self.document.report.to_string()
    }

    /// Says whether all that was wanted is so, or would be.
    fn is_success(&self) -> bool {
        self.document.refusals.is_empty() && self.document.report.is_success()
    }
}

/// What clusters are like now.
#[pyclass(frozen, module = "pyetcdplan._native")]
pub(crate) struct Status {
    pub(crate) status: etcd_plan::status::Status,
}

#[pymethods]
impl Status {
    /// Reads what `to_json` wrote.
    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        let status = serde_json::from_str(text).map_err(|why| {
            let message = format!("the document is no status: {why}");
            error::error(
                py,
                "no-status",
                &message,
                "give what `Status.to_json` wrote",
            )
        })?;
        Ok(Self { status })
    }

    /// Writes the status as a document.
    fn to_json(&self) -> String {
        self.status.to_json()
    }

    /// Writes the status as one HTML page.
    fn to_html(&self, py: Python<'_>) -> PyResult<String> {
        detached(py, || self.status.to_html())
    }

    /// Writes the status for a person.
    fn to_text(&self) -> String {
        self.status.to_string()
    }

    /// Writes the status in the text format of Prometheus.
    fn to_prometheus(&self) -> String {
        self.status.to_prometheus()
    }

    /// Says whether every cluster is healthy.
    fn is_healthy(&self) -> bool {
        self.status.is_healthy()
    }

    /// Says whether something is not as the inventory has it.
    fn has_drift(&self) -> bool {
        self.status.has_drift()
    }
}
