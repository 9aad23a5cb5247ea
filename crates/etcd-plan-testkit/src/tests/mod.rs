//! Tests of the simulator itself: each rule that a plan depends on, and each way to break a run.

mod bootstrap;
mod faults;
mod fixture;
mod membership;
mod operations;
mod refusals;
mod stale_data;
