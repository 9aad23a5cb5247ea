//! Real hosts with systemd, in the network namespace of a lab.
//!
//! Outside of one every test says that it is skipped: the addresses could be anybody's there.
//! `cargo xtask lab up 5`, then `cargo xtask lab exec cargo test --package etcd-plan-tests --test lab`.

mod adopts;
mod cli;
mod create;
mod cuts;
mod databases;
mod disks;
mod fixture;
mod guards;
mod hosts;
mod joins;
mod killed;
mod larger;
mod packages;
mod python;
mod rebuild;
mod recovers;
mod reload;
mod removes;
mod rotate;
mod stores;
mod upgrade;
