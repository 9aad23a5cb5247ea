//! Behaviour on simulated hosts.

mod create;
mod cuts;
mod inventories;
mod plan_files;
mod plans;
mod previews;
mod twice;
