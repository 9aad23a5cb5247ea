//! Strategies for property tests.

mod inventory;
mod noise;
mod text;

pub use inventory::{Cluster, InventoryCase, Member, Shape, inventory};
