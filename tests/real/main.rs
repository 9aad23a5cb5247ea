//! Whole runs on real etcd, whose members live in a sandbox on loopback addresses of their own.

#![expect(
    clippy::print_stderr,
    reason = "what a run measured, and the seed of a random one"
)]

mod backups;
mod external;
mod joins;
mod kills;
mod maintenance;
mod monitoring;
mod moves;
mod prometheus;
mod recovers;
mod reloads;
mod removes;
mod restores;
mod rotations;
mod sandbox;
