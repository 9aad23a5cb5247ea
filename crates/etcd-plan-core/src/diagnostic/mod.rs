//! Findings about a user's text: collected, placed, coded, each with what to do.

mod code;
mod document;
mod finding;
mod render;
mod source;

pub use code::Code;
pub use finding::{Diagnostic, Diagnostics, Related, Severity};
pub use render::Style;
pub use source::{Place, Source, Span};
