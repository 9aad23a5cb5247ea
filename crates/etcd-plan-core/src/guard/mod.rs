//! Guards: questions about what was observed, whose refusal stops everything. A guard a file.
//!
//! A guard that could not tell refuses too. Guards look at facts and at the plan, never at a host.

mod alive;
mod backups;
mod context;
mod drift;
mod foreign;
mod maintained;
mod members;
mod prerequisites;
mod quorum;
mod readable;
mod recovered;
mod refusal;
mod restarts;
mod restored;
mod rotation;
mod safeguard;
mod stranger;
mod upgrade;
mod whole;

use serde::{Deserialize, Serialize};

pub use context::GuardContext;
pub use refusal::Refusal;
pub(crate) use refusal::split_hint;

use crate::plan::Subtask;

/// The guards. Every plan has all of them, for each of its clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guard {
    /// Every host was reached, and every fact read.
    Readable,
    /// Hosts have what the plan needs: rights, a service manager, etcd or a way to install it.
    Prerequisites,
    /// Nothing that runs, and no data, would be purged while the inventory forbids it.
    Safeguard,
    /// No cluster that serves would be purged without that being asked for by name.
    Alive,
    /// Nobody else listens on the members' ports.
    Foreign,
    /// What is there is of this cluster, not of another one.
    Stranger,
    /// The plan takes in the whole cluster where a part would do harm.
    Whole,
    /// The cluster whose members change or restart is well, and its members are those of the
    /// inventory.
    Members,
    /// No running member would need a restart that the plan does not have.
    Drift,
}

impl Guard {
    /// All guards, in the order in which they are judged.
    pub const ALL: [Self; 9] = [
        Self::Readable,
        Self::Prerequisites,
        Self::Safeguard,
        Self::Alive,
        Self::Foreign,
        Self::Stranger,
        Self::Whole,
        Self::Members,
        Self::Drift,
    ];

    /// Gives the guard's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Readable => "readable",
            Self::Prerequisites => "prerequisites",
            Self::Safeguard => "safeguard",
            Self::Alive => "alive",
            Self::Foreign => "foreign",
            Self::Stranger => "stranger",
            Self::Whole => "whole",
            Self::Members => "members",
            Self::Drift => "drift",
        }
    }

    /// Gives the question that the guard asks.
    pub fn question(self) -> &'static str {
        match self {
            Self::Readable => "was every host reached and every fact read?",
            Self::Prerequisites => "does every host have what the plan needs?",
            Self::Safeguard => "may what runs, and the data that is there, be purged?",
            Self::Alive => "would only what does not serve be purged?",
            Self::Foreign => "are the members' ports free, or held by the members?",
            Self::Stranger => "is what is there of this cluster?",
            Self::Whole => "does the plan take in the whole cluster where a part would do harm?",
            Self::Members => "is the cluster well enough for members to join or restart?",
            Self::Drift => "can the cluster become what is wanted without a restart?",
        }
    }

    /// Explains at length when the guard refuses, and what to do then. The first line is its question.
    pub fn explanation(self) -> String {
        let more = match self {
            Self::Readable => {
                "It refuses when a host was not reached, or when a fact that the plan stands on could not be
read there. What is not known cannot be judged, so nothing is changed on any host.

Make the host reachable, or mend what it says; a host that is gone for good is taken out of the
inventory. `etcd-plan status` reads the same and refuses nothing."
            }
            Self::Prerequisites => {
                "It refuses when operations do not run as root, when systemd does not run the host, when etcd is
neither there nor can be installed, when the machine has 32 bits only, when another version is there than `etcd_version` asks for or
one that corrupts data, when the disk is nearly full, or when the certificates on the control
machine cannot be used.

It refuses to give a member that runs a certificate of an authority that it does not trust: it would
refuse the others, and be refused. `etcd-plan rotate ca` brings in another authority. It refuses a
stage of that before all members have followed the one before, and the last one while clients'
certificates that are known on the control machine are of the old authority.

It refuses an upgrade that etcd does not go: back, over more than one minor release, from a patch
that is too old for the next one, with a learner, or from 3.4 to 3.5 while the cluster has users.

The refusal says which on which host, and what to do. `ansible_become: true` gives root."
            }
            Self::Safeguard => {
                "It refuses when something runs or holds data that the plan would purge, while `etcd_safeguard` is
true or `etcd_clean` is false. A member that stands still is no less worth keeping.

To change files only, select the tag `etcd_config`. Where the cluster may really be purged,
`-e etcd_safeguard=false -e etcd_clean=true` opens the guard for one run."
            }
            Self::Alive => {
                "It refuses when a cluster that answers would be purged, and nobody asked for that: the goal
`create` purges only what does not serve.

It refuses to recover a cluster that has not lost its quorum for good: a member knows a leader, or
those that still hold their data would be a quorum once they are started, by the inventory or by
their own configurations.

See whether inventory and hosts are of the same cluster. To build it anew, ask for the goal
`rebuild`; to destroy it, for the tag `etcd_purge`."
            }
            Self::Foreign => {
                "It refuses when another process listens on a port of a member: etcd could not start there, or
somebody else's service would be taken for ours.

Stop that process, or choose other ports with `etcd_port` and `etcd_peer_port`."
            }
            Self::Stranger => {
                "It refuses when the etcd on a host is a member of another cluster, by the name in its
configuration: two inventories name the same host, or the cluster was renamed.

See which of them is right. Take the host out of the inventory, or move that member away first."
            }
            Self::Whole => {
                "It refuses when a limit takes in a part of a cluster only, and what is planned needs all of it: a
new cluster forms only when all its members start, and a purge of a part leaves members that speak
to the others with old data.

Run without the limit, or with one that takes in the whole cluster."
            }
            Self::Members => {
                "It refuses to let hosts join a cluster when one of its voters is not healthy or has lost its
data, when an alarm is raised, when it lists a member that the inventory does not have, or one that
was added and never started: each change of members costs a vote for a while, and with one down
already the next may cost the quorum.

It refuses to restart a member while another voter is down, unless the one that is down restarts
too, and before it.

It refuses to rotate certificates while a member is not healthy.

It refuses to upgrade a cluster that is not well: with a voter that is not healthy, or an alarm.
It goes through the steps of the plan, and refuses when one of them, done, half done or failed, would
leave the cluster without a quorum; the refusal names the step. A cluster of one or two voters cannot
restart without being away for a moment, which is no reason to refuse.

Bring the member back, or take it out with `etcdctl member remove`, and then let the others join:
`-l <new hosts> -e etcd_init=existing`; or reload."
            }
            Self::Drift => {
                "It refuses when a member that runs would get files that it reads only when it starts: a cluster
that says one thing and does another is worse than a refusal.

`etcd-plan plan` shows the difference, and `etcd-plan reload` brings it: files are written, and
members restart one by one, the leader last."
            }
        };
        format!("{}\n\n{more}", capitalized(self.question()))
    }

    /// Gives the subtask that the guard belongs to.
    pub fn subtask(self) -> Subtask {
        match self {
            Self::Prerequisites => Subtask::Assert,
            _ => Subtask::Check,
        }
    }

    /// Judges the facts of one cluster.
    pub fn judge(self, context: &GuardContext<'_>) -> Vec<Refusal> {
        match self {
            Self::Readable => readable::judge(context),
            Self::Prerequisites => {
                let mut refusals = prerequisites::judge(context);
                refusals.extend(restored::judge(context));
                refusals.extend(rotation::judge(context));
                refusals.extend(rotation::judge_trust(context));
                refusals
            }
            Self::Safeguard => safeguard::judge(context),
            Self::Alive => {
                let mut refusals = alive::judge(context);
                refusals.extend(recovered::judge_lost(context));
                refusals
            }
            Self::Foreign => foreign::judge(context),
            Self::Stranger => stranger::judge(context),
            Self::Whole => whole::judge(context),
            Self::Members => {
                let mut refusals = members::judge(context);
                refusals.extend(restarts::judge(context));
                refusals.extend(quorum::judge(context));
                refusals.extend(backups::judge(context));
                refusals.extend(maintained::judge(context));
                refusals.extend(recovered::judge_held(context));
                refusals.extend(rotation::judge_members(context));
                refusals
            }
            Self::Drift => drift::judge(context),
        }
    }
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}
