//! What the documents show is what the code gives.

mod blocks;
mod formats;
mod manual;
mod monitoring;
mod parameters;
mod readme;
