//! Behaviour on simulated hosts.

mod create;
mod cuts;
mod failures;
mod inventories;
mod order;
mod plan_files;
mod plans;
mod previews;
mod repeats;
mod stops;
mod twice;
