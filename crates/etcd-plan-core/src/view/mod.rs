//! Pure views of a plan: text for a person, JSON for a machine, DOT and Mermaid for a picture.

mod dot;
mod json;
mod lanes;
mod mermaid;
mod svg;
pub(crate) mod text;
