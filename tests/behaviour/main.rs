//! Behaviour on simulated hosts.

mod create;
mod inventories;
mod plan_files;
mod plans;
