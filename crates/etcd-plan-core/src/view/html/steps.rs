use super::Outline;
use super::document::Document;
use super::page::{Kind, page};
use crate::event::Event;
use crate::guard::Refusal;
use crate::plan::Plan;
use crate::report::Report;
use crate::saved::SavedPlan;
use crate::view::json::{Files, ShownFile};

/// The most clusters whose plan stands on a page a second time, as the text for those without
/// scripts.
const CLUSTERS_AS_TEXT: usize = 5;

/// What is to be known of a plan or run besides its steps. What is empty is not told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The name of the run.
    pub run: String,
    /// When the plan was made or the run began, in UTC.
    pub at: String,
    /// Who ran.
    pub holder: String,
    /// Whether the run was cut off: it has no end.
    pub cut_off: bool,
}

/// A page of steps: as they are planned, as they would go, or as they went.
///
/// Which of them it is follows from the report: without one it is a plan, and steps that ended at
/// some time are those of a run.
#[derive(Debug, Clone)]
pub struct StepsPage<'a> {
    pub(super) outline: &'a Outline,
    pub(super) report: Option<&'a Report>,
    pub(super) refusals: &'a [Refusal],
    pub(super) events: &'a [Event],
    pub(super) about: About,
    pub(super) files: Vec<(usize, ShownFile)>,
    text: String,
}

impl<'a> StepsPage<'a> {
    /// Begins the page of a plan.
    pub fn of(outline: &'a Outline) -> Self {
        Self {
            outline,
            report: None,
            refusals: &[],
            events: &[],
            about: About::default(),
            files: Vec::new(),
            text: String::new(),
        }
    }

    /// Adds what would happen to every step, or what happened: the steps of the report are those of
    /// the outline, in their order.
    #[must_use]
    pub fn report(mut self, report: &'a Report) -> Self {
        self.report = Some(report);
        self
    }

    /// Adds what guards refuse.
    #[must_use]
    pub fn refusals(mut self, refusals: &'a [Refusal]) -> Self {
        self.refusals = refusals;
        self
    }

    /// Adds what the run said: when hosts were read, and when the guards were judged.
    #[must_use]
    pub fn events(mut self, events: &'a [Event]) -> Self {
        self.events = events;
        let refusals = events.iter().find_map(|event| match event {
            Event::Judged { refusals, .. } if !refusals.is_empty() => Some(&refusals[..]),
            _ => None,
        });
        self.refusals = refusals.unwrap_or(self.refusals);
        self
    }

    /// Adds what is to be known besides.
    #[must_use]
    pub fn about(mut self, about: About) -> Self {
        self.about = about;
        self
    }

    /// Writes the page. The same input gives the same bytes.
    pub fn to_html(&self) -> String {
        let document = Document::of(self);
        let mut text = document.text();
        if !self.text.is_empty() {
            text = format!("{text}\n\n{}", self.text);
        }
        page(Kind::Steps, &document.title(), &document, &text)
    }

    /// Adds the files of a plan that was made without looking at hosts, and its text.
    fn of_plan_alone(mut self, plan: &Plan) -> Self {
        let files = Files::new(plan);
        let files = plan
            .indices()
            .filter_map(|index| Some((index.get(), files.of(plan.step(index))?)));
        self.files = files.collect();
        if plan.clusters().len() <= CLUSTERS_AS_TEXT {
            self.text = plan.to_string();
        }
        self
    }

    fn with_changes(mut self, plan: &Plan, report: &Report) -> Self {
        if plan.clusters().len() <= CLUSTERS_AS_TEXT {
            self.text = plan.changes(report, crate::view::text::WIDTH).to_string();
        }
        self
    }
}

impl Plan {
    /// Writes the plan as one HTML page that needs nothing besides itself: the graph with hosts as
    /// lanes, and each step with what it is for. Hundreds of hosts are shown by cluster.
    pub fn to_html(&self) -> String {
        let outline = Outline::of(self);
        StepsPage::of(&outline).of_plan_alone(self).to_html()
    }

    /// Writes a report of the plan as such a page: what a preview says would happen, or what a run
    /// did, with its time line and the chain of steps that decided how long it took.
    pub fn report_to_html(&self, report: &Report) -> String {
        let outline = Outline::of(self);
        let page = StepsPage::of(&outline).report(report);
        page.with_changes(self, report).to_html()
    }
}

impl Report {
    /// Writes the report as one HTML page that needs nothing besides itself. It tells no more than
    /// the report itself knows: [`Plan::report_to_html`] adds what waits for what.
    pub fn to_html(&self) -> String {
        let outline = Outline::of_report(self);
        StepsPage::of(&outline).report(self).to_html()
    }
}

impl SavedPlan {
    /// Writes the plan as one HTML page that needs nothing besides itself, with what would happen
    /// and what guards refuse, as far as hosts were read when it was made.
    pub fn to_html(&self) -> String {
        let outline = Outline::of(&self.plan);
        let page = StepsPage::of(&outline)
            .refusals(&self.refusals)
            .about(About {
                at: self.made_at.clone(),
                ..About::default()
            });
        match &self.preview {
            Some(preview) => {
                let page = page.report(preview).with_changes(&self.plan, preview);
                page.to_html()
            }
            None => page.of_plan_alone(&self.plan).to_html(),
        }
    }
}
