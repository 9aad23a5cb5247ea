//! Quorum as arithmetic: what each step of a plan, done, half done or failed, leaves of a cluster's
//! votes. Pure: it is known before the first change.

mod effects;
mod membership;
mod simulate;

pub use effects::Effect;
pub use membership::{Membership, Vote};
pub use simulate::{Loss, simulate};
