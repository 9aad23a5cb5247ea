//! Plans and runs everything an etcd cluster needs, from an inventory.

pub mod engine;
pub mod executor;
pub mod permit;
pub mod pki;

pub use etcd_plan_core as core;
