//! The pure half of etcd-plan: from the text of an inventory to a plan, and from what was read on
//! hosts to what has to change.
//!
//! Nothing here does I/O, reads a clock, or rolls dice: the same input gives the same bytes. The
//! crate `etcd-plan` re-exports what users need and adds everything that touches the world.

pub mod diagnostic;
pub mod facts;
pub mod inventory;
pub mod names;
pub mod op;
pub mod secret;
