//! The procedures of a cluster's life, a page each: what to type, what it shows before it does
//! anything, what it does then, and when it refuses.
//!
//! | to | page |
//! | --- | --- |
//! | build a cluster, or bring it to what the inventory says | [`create`] |
//! | take over a cluster that something else built | [`adopt`] |
//! | add members | [`join`] |
//! | take members out | [`remove`] |
//! | put a new host in the place of a member | [`replace`] |
//! | let members take on changed settings | [`reload`] |
//! | bring members to another version of etcd | [`upgrade`] |
//! | take a cluster away | [`destroy`] |
//! | save what a cluster holds | [`backup`] |
//! | compact and defragment | [`maintain`] |
//! | make a cluster of a snapshot | [`restore`] |
//! | make a cluster of what survivors hold | [`recover`] |
//! | replace certificates and keys | [`rotate_certs`] |
//! | put another authority in the place of the one that is there | [`rotate_ca`] |
//! | let Prometheus and Grafana watch | [`monitoring`] |
//! | tell Patroni, vip-manager and others of a cluster | [`consumers`] |
//!
//! What holds for all of them: everything is read and every guard is judged before the first change;
//! the preview is made by the decisions that the run makes; a second run has nothing to do; and a run
//! that was cut off, anywhere, goes on with the same command.

// A page is a file beside this one. The block between its comments `begin preview` and `end preview` is
// written and checked by tests/documents/manual.rs.

#[doc = include_str!("create.md")]
pub mod create {}

#[doc = include_str!("adopt.md")]
pub mod adopt {}

#[doc = include_str!("join.md")]
pub mod join {}

#[doc = include_str!("remove.md")]
pub mod remove {}

#[doc = include_str!("replace.md")]
pub mod replace {}

#[doc = include_str!("reload.md")]
pub mod reload {}

#[doc = include_str!("upgrade.md")]
pub mod upgrade {}

#[doc = include_str!("destroy.md")]
pub mod destroy {}

#[doc = include_str!("backup.md")]
pub mod backup {}

#[doc = include_str!("maintain.md")]
pub mod maintain {}

#[doc = include_str!("restore.md")]
pub mod restore {}

#[doc = include_str!("recover.md")]
pub mod recover {}

#[doc = include_str!("rotate-certs.md")]
pub mod rotate_certs {}

#[doc = include_str!("rotate-ca.md")]
pub mod rotate_ca {}

#[doc = include_str!("monitoring.md")]
pub mod monitoring {}

#[doc = include_str!("consumers.md")]
pub mod consumers {}
