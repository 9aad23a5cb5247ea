//! Plans, refusals and reports as people and machines read them.

mod documents;
mod refusals;
mod reports;
mod views;
