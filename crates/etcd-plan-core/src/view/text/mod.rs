//! A plan as a person reads it in a terminal of 80 columns.

mod changes;
mod clusters;
mod lines;
mod page;
mod wrap;

pub(crate) use changes::only_serves;
pub(crate) use page::count;
pub(crate) use wrap::{WIDTH, write_line};
