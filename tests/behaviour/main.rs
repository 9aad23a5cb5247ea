//! Behaviour on simulated hosts.

mod create;
