//! From an inventory to cluster specs: which hosts make a cluster, and what it is set to.

mod clusters;
mod groups;
mod host;
mod level;
mod settings;
mod unknown;

pub use clusters::{ResolvedInventory, resolve};
