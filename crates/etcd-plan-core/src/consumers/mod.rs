//! What the systems that rely on a cluster need to be told of it: Patroni, vip-manager, `etcdctl`
//! on hosts that are no members, and whatever reads JSON.
//!
//! Each file is rendered from the cluster of the inventory and from what stands in an
//! [`Output`]: where certificates lie on the consumer's host, and which Patroni cluster it is
//! about. Only members that vote are named, since learners answer no linearizable read.

mod consumer;
mod etcdctl;
mod json;
mod names;
mod output;
mod patroni;
mod record;
mod vip_manager;

pub use consumer::Consumer;
pub use names::{Namespace, Scope, Vip};
pub use output::{Output, VipPlace};
pub use record::{OutputRecord, OutputRecords};
