//! What the documents show is what the code gives.

mod formats;
mod parameters;
mod readme;
