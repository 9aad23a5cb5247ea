//! The files that hosts get, rendered from templates: strict, so that a name which is not given is
//! an error and never an empty text.

mod context;
mod engine;
mod environment;
mod files;
mod keys;

pub(crate) use engine::{render as render_template, yaml_scalar};
pub use environment::{ClientEnvironment, environment};
pub use files::{Rendered, member_file, target};
