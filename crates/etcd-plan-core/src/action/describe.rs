//! What steps and questions are called in sentences.

use crate::cert::RotationStage;
use crate::op::ReadOp;
use crate::plan::{Action, At, Barrier, FileSet, Goal, PurgeRule, Step, Turn};
use crate::spec::Leaver;

/// Says in a few words what a question reads.
pub fn describe(question: &ReadOp) -> String {
    match question {
        ReadOp::System => "what machine it is".to_owned(),
        ReadOp::Package => "which etcd is installed".to_owned(),
        ReadOp::Stat { path } => format!("what lies at {path}"),
        ReadOp::ReadFile { path } => format!("the file {path}"),
        ReadOp::Folder { path } => format!("the names in {path}"),
        ReadOp::Service { service } => format!("the state of {}", service.unit()),
        ReadOp::StartedAfter { service, path } => {
            format!("whether {} began before {path} was changed", service.unit())
        }
        ReadOp::Listeners { .. } => "who listens on the ports".to_owned(),
        ReadOp::DataDir { path } => format!("the data directory {path}"),
        ReadOp::Etcd { access } => format!("the etcd at {}", access.endpoint),
        ReadOp::KeyCount { access } => format!("the number of keys at {}", access.endpoint),
        ReadOp::Holdings { access } => format!("what depends on {}", access.endpoint),
        ReadOp::Auth { access } => format!("whether {} has users", access.endpoint),
        ReadOp::AwaitVoters { voters, .. } => {
            let urls: Vec<&str> = voters.iter().map(|voter| &*voter.endpoint).collect();
            format!("the health of {}", urls.join(", "))
        }
        ReadOp::Compaction { access, .. } => {
            format!("how far the history at {} is compacted", access.endpoint)
        }
        ReadOp::Snapshot { path, .. } => format!("the snapshot {path}"),
        ReadOp::Processes => "which etcds run, and how".to_owned(),
        ReadOp::HeldRevision { data, .. } => format!("what the database in {data} holds"),
        ReadOp::RestoreTool => "which tool restores snapshots".to_owned(),
        ReadOp::FilePart { path, .. } => format!("a piece of {path}"),
        ReadOp::Fetch(fetch) => format!("the file {} whole", fetch.path),
        ReadOp::Presented { access } => {
            format!("the certificate that {} presents", access.endpoint)
        }
        ReadOp::AwaitHealthy { access, .. } => format!("the health of {}", access.endpoint),
    }
}

/// Says in one sentence what a step does.
pub fn summary(step: Step<'_>) -> String {
    let member = || {
        step.member()
            .map(|member| member.name.to_string())
            .unwrap_or_default()
    };
    match step.action() {
        Action::Assert => "check the inventory".to_owned(),
        Action::ReadFacts => "read what is there, in one round trip".to_owned(),
        Action::Judge { guard } => format!("guard: {}", guard.question()),
        Action::Gate => "let changes begin".to_owned(),
        Action::Lock => "lock the host for this run, and read again".to_owned(),
        Action::Await { barrier } => match barrier {
            Barrier::Locked => "wait until all hosts are locked",
            Barrier::Staged => "wait until everything new is ready on all hosts",
            Barrier::Down => "wait until all old members are down",
            Barrier::Placed => "wait until every host has what its member starts on",
            Barrier::Started => "wait until all members were started",
            Barrier::Saved => "wait until what the cluster holds is saved",
            Barrier::Sent => "wait until every host has the snapshot",
            Barrier::Proved => "wait until the cluster is proved",
            Barrier::Restored => "wait until every member's new store was made",
            Barrier::Measured => "wait until every member has said how much room it uses",
        }
        .to_owned(),
        Action::Install => {
            "install etcd and etcdctl, without the package's own instance".to_owned()
        }
        Action::Fetch => format!(
            "fetch the packages of etcd{}, and install nothing yet",
            wanted_version(step)
        ),
        Action::EnsureAuthority => "use the certificate authority, or make one".to_owned(),
        Action::IssueCertificate { .. } => {
            format!("use the certificate of {}, or issue one", member())
        }
        Action::Stage {
            files: FileSet::Conf,
        } => "write configuration, unit and environment beside their places".to_owned(),
        Action::Stage {
            files: FileSet::Cert,
        } => "write certificates and key beside their places".to_owned(),
        Action::Stop => format!("stop etcd of {}{}", member(), if_purged(step)),
        Action::Purge => format!("move {} aside{}", data_dir(step), if_purged(step)),
        Action::MakeFolders => "make etcd's folders".to_owned(),
        Action::Promote { file } => format!("put {} in its place", file.wanted().path),
        Action::Mark => "note that the cluster is being built".to_owned(),
        Action::Unmark => "take the note away that the cluster is being built".to_owned(),
        Action::Launch => format!("start etcd of {}, now and at boot", member()),
        Action::AwaitReady => format!("wait until {} answers through TLS", member()),
        Action::AddMember { .. } => {
            format!(
                "add {} to the cluster as a learner, by way of another member",
                member()
            )
        }
        Action::AwaitLearner => format!("wait until {} has found its leader", member()),
        Action::AwaitVoter => format!("wait until {} answers with its vote", member()),
        Action::PromoteMember { .. } => {
            format!("give {} its vote once it has caught up", member())
        }
        Action::TakeBack { .. } => {
            format!(
                "take {} out of the cluster again, if it did not come to join",
                member()
            )
        }
        Action::RemoveMember { nth } => {
            let who = match leaving_names(step).as_slice() {
                [one] => (*one).to_owned(),
                many => format!("member {} of {}", nth + 1, many.join(", ")),
            };
            format!(
                "take {who} out of the cluster, if no other member did, after it has handed over a lead"
            )
        }
        Action::Withdraw => format!(
            "stop etcd of {} and move {} aside, if it did not come to join",
            member(),
            data_dir(step)
        ),
        Action::Spare { .. } => format!(
            "wait until the others can do without {}, if it is to restart",
            member()
        ),
        Action::Restart { turn } if step.plan().goal() == Goal::Upgrade => {
            let whose = match turn {
                Turn::Unwell => "if it is not there yet and not healthy",
                Turn::Follower => "if it is not there yet and does not lead",
                Turn::Leader => "if it is not there yet, after it has handed over the lead",
            };
            let version = wanted_version(step);
            format!("bring etcd of {} to{version}, {whose}", member())
        }
        Action::Restart { turn } if step.plan().goal() == Goal::RotateCa => {
            let whose = match turn {
                Turn::Unwell => "if what it trusts changed and it is not healthy",
                Turn::Follower => "if what it trusts changed and it does not lead",
                Turn::Leader => "if what it trusts changed, after it has handed over the lead",
            };
            format!("restart etcd of {}, {whose}", member())
        }
        Action::Restart { turn } => {
            let whose = match turn {
                Turn::Unwell => "if its configuration changed and it is not healthy",
                Turn::Follower => "if its configuration changed and it does not lead",
                Turn::Leader => "if its configuration changed, after it has handed over the lead",
            };
            format!("restart etcd of {}, {whose}", member())
        }
        Action::Settle { .. } => format!("wait until {} is back, if it restarts", member()),
        Action::PutBack { .. } => format!(
            "start etcd of {} on what it had before, if it did not come back",
            member()
        ),
        Action::Refresh if step.plan().goal() == Goal::RotateCa => {
            "tell the clients on the host whom to trust".to_owned()
        }
        Action::RotateAuthority { stage } => match stage {
            RotationStage::Trust => "make another authority, and trust both",
            RotationStage::Issue => "let the other authority issue from now on",
            RotationStage::Finish => "trust the old authority no longer",
        }
        .to_owned(),
        Action::Renew => format!(
            "put the new certificate and key of {} in place, both at once, without a restart",
            member()
        ),
        Action::ProveRenewed => format!(
            "wait until {} answers on a new connection with its new certificate",
            member()
        ),
        Action::ReturnCertificate => format!(
            "give {} back the certificate and key it had, if it is not well with the new",
            member()
        ),
        Action::EndRotation => "end the rotation of the authority".to_owned(),
        Action::Refresh => format!(
            "write what etcd does not read again into the files of {}, without a restart",
            member()
        ),
        Action::Compact => "compact the history of the store, through one member".to_owned(),
        Action::Measure => format!("ask {} again how much room it uses", member()),
        Action::Defragment { turn } => {
            let whose = match turn {
                Turn::Unwell => "if it is worth it and it is not healthy",
                Turn::Follower => "if it is worth it and it does not lead",
                Turn::Leader => "if it is worth it, after it has handed over the lead",
            };
            format!("defragment the database of {}, {whose}", member())
        }
        Action::Disarm => "take back the alarm of a full quota".to_owned(),
        Action::SendSnapshot => {
            "bring the snapshot to the host, and find it whole there".to_owned()
        }
        Action::BuildStore => format!(
            "make the store of {} of the snapshot, beside its place",
            member()
        ),
        Action::PlaceStore => format!("put the new store into {}", data_dir(step)),
        Action::DropSnapshot => "delete the snapshot that was brought to the host".to_owned(),
        Action::Snapshot => format!(
            "save a snapshot at {}, if it is the one to take it from: a healthy follower",
            member()
        ),
        Action::FetchSnapshot => "bring the snapshot here, with a manifest".to_owned(),
        Action::RecordSnapshot => {
            "note what was saved, and take outdated snapshots away".to_owned()
        }
        Action::PruneSnapshots => "delete outdated snapshots here".to_owned(),
        Action::Verify => {
            "prove the cluster: members, one leader, one id, health, no alarm".to_owned()
        }
        Action::Unregister => "take members that are gone out of Prometheus's targets".to_owned(),
        Action::Register { .. } => format!("register {} with Prometheus", member()),
    }
}

/// Says when a step of a purge does something, where that is not always.
pub(crate) fn if_purged(step: Step<'_>) -> &'static str {
    if matches!(step.node().at, At::Leaving(_)) {
        return "";
    }
    match step.plan().purge_rule() {
        PurgeRule::WhenNeeded => ", if what is there is purged",
        PurgeRule::Always => "",
    }
}

/// Gives the version that is wanted, behind a space; nothing where any will do.
pub(crate) fn wanted_version(step: Step<'_>) -> String {
    let version = step
        .cluster()
        .and_then(|cluster| cluster.settings.package.version.value.as_ref());
    version.map_or_else(String::new, |version| format!(" {version}"))
}

fn leaving_names(step: Step<'_>) -> Vec<&str> {
    let leaving = step.cluster().into_iter().flat_map(|c| &c.leaving);
    leaving.map(Leaver::name).collect()
}

fn data_dir(step: Step<'_>) -> String {
    let cluster = step.cluster();
    cluster.map_or_else(String::new, |c| c.settings.storage.data.to_string())
}

/// Says in one clause why a step waits for what it waits for; empty when it waits for nothing.
pub fn why_it_waits(action: Action) -> &'static str {
    match action {
        Action::Assert => "",
        Action::ReadFacts => "hosts are only asked once the inventory is known to be good",
        Action::Judge { .. } => "a guard sees all hosts of the cluster",
        Action::Gate => "nothing changes before every guard has agreed",
        Action::Lock => "changes begin behind the gate",
        Action::Await { .. } => "hosts go on together",
        Action::Install
        | Action::Fetch
        | Action::EnsureAuthority
        | Action::RotateAuthority { .. } => "the hosts must be ours alone",
        Action::IssueCertificate { .. } => "the authority signs it",
        Action::Stage {
            files: FileSet::Conf,
        } => "the package makes the user that owns the files",
        Action::Stage {
            files: FileSet::Cert,
        } => "the certificate must be issued, and its owner exist",
        Action::Stop => "nothing is taken away before its replacement is ready everywhere",
        Action::Purge => "a new member must never speak to an old one",
        Action::MakeFolders | Action::Promote { .. } | Action::Mark | Action::PlaceStore => {
            "what was there is moved aside first"
        }
        Action::Launch => "etcd reads its files and folders when it starts",
        Action::AwaitReady => "a member is ready only once there is a quorum",
        Action::AddMember { .. } => "its host must be ready before the cluster counts on it",
        Action::AwaitLearner => "it must have been started",
        Action::AwaitVoter => "it must have its vote",
        Action::PromoteMember { .. } => "only a learner that has caught up may vote",
        Action::TakeBack { .. } | Action::Withdraw => "it is done only when the join has failed",
        Action::Spare { .. } => "the one before must be back",
        Action::RemoveMember { .. } => "members leave one at a time",
        Action::Restart { .. } => "one member restarts at a time, and the next when it is back",
        Action::Settle { .. } => "it must have been restarted",
        Action::PutBack { .. } => "it is done only when the restart has failed",
        Action::Refresh => "the members must be settled",
        Action::Renew => "its certificate must be issued",
        Action::ProveRenewed => "it must have been put in place",
        Action::ReturnCertificate => "it is done only when the proof has failed",
        Action::Compact => "the cluster must be well",
        Action::Measure => "what was compacted is no longer in use",
        Action::Defragment { .. } => "one member at a time, and the next when it answers again",
        Action::Disarm => "there must be room again at every member",
        Action::SendSnapshot => "the tool that restores it must be there",
        Action::BuildStore => "all members are made of one snapshot, in one way",
        Action::Snapshot => "it is taken before anything is changed",
        Action::FetchSnapshot => "it must have been saved, and found whole",
        Action::RecordSnapshot => "only what is in its place counts",
        Action::PruneSnapshots => "an old one goes when the new one is there",
        Action::Verify => "every member must answer",
        Action::Unmark | Action::DropSnapshot | Action::EndRotation => {
            "the cluster must be proved first"
        }
        Action::Register { .. } | Action::Unregister => "only a cluster that works is watched",
    }
}
