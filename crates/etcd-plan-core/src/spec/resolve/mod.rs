//! From an inventory to cluster specs: which hosts make a cluster, and what it is set to.

mod clusters;
mod host;
mod settings;
mod unknown;

pub use clusters::{ResolvedInventory, resolve};
