//! The files that hosts get, rendered from templates: strict, so that a name which is not given is
//! an error and never an empty text.

mod context;
mod engine;
mod files;

pub use files::{Rendered, environment, member_file, target};
