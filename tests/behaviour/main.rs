//! Behaviour on simulated hosts.

mod converging;
mod create;
mod cuts;
mod failures;
mod guard_matrix;
mod inventories;
mod joins;
mod journals;
mod limits;
mod losses;
mod meanwhile;
mod order;
mod package_files;
mod plan_files;
mod plans;
mod previews;
mod purges;
mod refusals;
mod registration;
mod repeats;
mod saved_plans;
mod status;
mod stops;
mod transfers;
mod twice;
mod walk_arounds;
