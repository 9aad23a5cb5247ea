//! Whole runs on real etcd, whose members live in a sandbox on loopback addresses of their own.

mod joins;
mod kills;
mod sandbox;
