//! Plans, refusals and reports as people and machines read them.

mod documents;
mod pages;
mod refusals;
mod reports;
mod views;
