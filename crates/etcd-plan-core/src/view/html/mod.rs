//! Pages: a plan, a run or a status as one HTML file that needs nothing besides itself.
//!
//! A page is a template with style and script of their own (`assets/`), and what it shows as JSON
//! in it. It fetches nothing: its Content-Security-Policy allows its own style and script by their
//! digests, and nothing else. Where scripts do not run it shows the text that a terminal shows.

mod document;
mod outline;
mod page;
mod past;
mod status;
mod steps;
mod texts;
mod words;

pub use outline::{Look, Outline, OutlineCluster, OutlineMember, OutlineStep, StepKind};
pub use past::report_of_events;
pub use steps::{About, StepsPage};
