use serde::{Deserialize, Serialize};

use super::PinnedFacts;
use crate::guard::Refusal;
use crate::plan::{Plan, PlanError};
use crate::report::Report;

/// A plan with what it was made from: to be kept, reviewed, and carried out later, as long as what
/// it was made from still holds.
///
/// A plan that was made without looking at hosts has no facts, no preview and no refusals.
#[derive(Debug, Clone)]
pub struct SavedPlan {
    /// When it was made, in UTC: `2026-11-21T14:30:00Z`.
    pub made_at: String,
    /// The plan.
    pub plan: Plan,
    /// The facts that must still hold when it is carried out; none when no host was read.
    pub facts: Option<PinnedFacts>,
    /// What would happen to every step; none when no host was read.
    pub preview: Option<Report>,
    /// What guards refuse; nothing when changes may begin.
    pub refusals: Vec<Refusal>,
}

/// The document: see `docs/plan-format.md` in the repository.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    made_at: String,
    facts: Option<PinnedFacts>,
    preview: Option<Report>,
    refusals: Vec<Refusal>,
    plan: serde_json::Value,
}

impl SavedPlan {
    /// The format of the document.
    pub const FORMAT: &str = "etcd-plan-saved/1";

    /// Writes it as a JSON document, without secrets.
    pub fn to_json(&self) -> String {
        let document = Document {
            format: Self::FORMAT.to_owned(),
            made_at: self.made_at.clone(),
            facts: self.facts.clone(),
            preview: self.preview.clone(),
            refusals: self.refusals.clone(),
            plan: serde_json::from_str(&self.plan.to_json()).expect("a plan is written as JSON"),
        };
        serde_json::to_string_pretty(&document).expect("the document has only text keys")
    }

    /// Reads what [`SavedPlan::to_json`] wrote, and checks every invariant of the plan again. A bare
    /// plan, as [`Plan::to_json`] writes it, is taken too: it has no facts.
    ///
    /// # Errors
    ///
    /// When the text is no such document, or the plan in it is not good: see [`Plan::from_json`].
    pub fn from_json(text: &str) -> Result<Self, PlanError> {
        #[derive(Deserialize)]
        struct Head {
            format: String,
        }
        let bad = |error: serde_json::Error| PlanError::Document {
            message: error.to_string(),
        };
        let head: Head = serde_json::from_str(text).map_err(bad)?;
        if head.format != Self::FORMAT {
            // It is a bare plan, or what says of itself what it is.
            return Plan::from_json(text).map(|plan| Self {
                made_at: String::new(),
                plan,
                facts: None,
                preview: None,
                refusals: Vec::new(),
            });
        }
        let document: Document = serde_json::from_str(text).map_err(bad)?;
        Ok(Self {
            made_at: document.made_at,
            plan: Plan::from_json(&document.plan.to_string())?,
            facts: document.facts,
            preview: document.preview,
            refusals: document.refusals,
        })
    }
}
