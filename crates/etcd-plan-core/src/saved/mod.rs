//! Plans that are kept, reviewed, and carried out later, with what they were made from.

mod document;
mod pinned;

pub use document::SavedPlan;
pub use pinned::{Facts, Moved, PinnedFacts};
