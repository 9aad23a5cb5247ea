//! A plan as a person reads it in a terminal of 80 columns.

mod lines;
mod page;
mod wrap;
