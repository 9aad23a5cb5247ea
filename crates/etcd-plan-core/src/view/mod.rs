//! Pure views of a plan: text for a person, JSON for a machine, DOT and Mermaid for a picture, and
//! pages to click through.

mod dot;
pub mod html;
mod json;
mod lanes;
mod mermaid;
mod svg;
pub(crate) mod text;
