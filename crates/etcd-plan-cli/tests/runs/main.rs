//! The command as its user runs it: on hosts that are folders on this machine, with and without a
//! terminal.

mod consumers;
mod inventories;
mod output;
mod scripts;
mod site;
mod terminal;
mod terminals;
mod watching;

// The tests within etcd-plan note it in the same way, and no public item may serve tests alone.
#[path = "../../../etcd-plan/src/skipped.rs"]
mod noted;
