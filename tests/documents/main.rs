//! What the documents show is what the code gives.

mod parameters;
mod readme;
