//! Plans as people and machines read them.

mod documents;
mod views;
