//! The pure half of etcd-plan: from the text of an inventory to a plan, and from what was read on
//! hosts to what has to change.
//!
//! Nothing here does I/O, reads a clock, or rolls dice: the same input gives the same bytes. The
//! crate `etcd-plan` re-exports what users need and adds everything that touches the world.

pub mod action;
pub mod adopt;
pub mod backup;
pub mod cert;
pub mod consumers;
pub mod diagnostic;
pub mod etcd_log;
pub mod etcd_settings;
pub mod etcdctl;
pub mod event;
pub mod explain;
pub mod facts;
pub mod guard;
pub mod host_journal;
pub mod identity;
pub mod inventory;
pub mod monitoring;
pub mod names;
pub mod notes;
pub mod op;
pub mod plan;
pub mod quorum;
pub mod render;
pub mod report;
pub mod run;
pub mod saved;
pub mod secret;
pub mod spec;
pub mod status;
pub mod view;
