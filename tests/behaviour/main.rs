//! Behaviour on simulated hosts.

mod converging;
mod create;
mod cuts;
mod failures;
mod guard_matrix;
mod inventories;
mod joins;
mod limits;
mod meanwhile;
mod order;
mod plan_files;
mod plans;
mod previews;
mod purges;
mod refusals;
mod registration;
mod repeats;
mod stops;
mod twice;
mod walk_arounds;
