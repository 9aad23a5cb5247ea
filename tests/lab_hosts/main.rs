//! Real hosts with systemd, in the network namespace of a lab.
//!
//! Outside of one every test says that it is skipped: the addresses could be anybody's there.
//! `cargo xtask lab up`, then `cargo xtask lab exec cargo test --package etcd-plan-tests --test lab`.

mod create;
mod fixture;
mod guards;
mod hosts;
mod python;
mod rebuild;
