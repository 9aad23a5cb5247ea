//! What the documents show is what the code gives.

mod formats;
mod monitoring;
mod parameters;
mod readme;
