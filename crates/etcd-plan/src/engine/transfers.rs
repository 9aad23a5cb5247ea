//! Large files on their way to hosts, as far as somebody is told of them.

use std::collections::BTreeMap;

use etcd_plan_core::names::HostName;

use crate::executor::{Session, Transfer};

/// What is smaller is there before anybody has read of it, in bytes.
const LARGE: u64 = 1 << 20;

/// How often a transfer is told of at the most.
const TIMES: u64 = 50;

/// The transfers of the sessions that are at work.
#[derive(Default)]
pub(super) struct Transfers {
    watched: BTreeMap<HostName, Watched>,
}

struct Watched {
    transfer: Transfer,
    /// What was told last, in bytes and of how many.
    told: (u64, u64),
}

impl Transfers {
    /// Looks at a session from now on, if it says how far it has come.
    pub(super) fn watch(&mut self, host: &HostName, session: &dyn Session) {
        if let Some(transfer) = session.transfer() {
            let watched = Watched {
                transfer,
                told: (0, 0),
            };
            self.watched.insert(host.clone(), watched);
        }
    }

    /// Looks away from a session that has done its work.
    pub(super) fn forget(&mut self, host: &HostName) {
        self.watched.remove(host);
    }

    /// Gives the hosts to which noticeably more was sent since this was asked last, with the bytes
    /// that were sent and those that there are.
    pub(super) fn moved(&mut self) -> Vec<(HostName, u64, u64)> {
        let mut moved = Vec::new();
        for (host, watched) in &mut self.watched {
            let Some((sent, total)) = watched.transfer.now().filter(|(_, all)| *all >= LARGE)
            else {
                continue;
            };
            let (before, of) = watched.told;
            // Another file begins at 0 again.
            let before = if of == total && before <= sent {
                before
            } else {
                0
            };
            if sent - before >= total / TIMES {
                watched.told = (sent, total);
                moved.push((host.clone(), sent, total));
            }
        }
        moved
    }
}
