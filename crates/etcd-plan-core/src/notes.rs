//! What a person should know of a run, and what is no reason to refuse it.

use std::collections::BTreeSet;

use crate::action::{StepContext, restart_turn, running};
use crate::cert::{RotationStage, UnixTime};
use crate::facts::{
    Basis, CertificateState, ClockOffset, FoundConf, MemberQuestions, Survivor, Survivors,
};
use crate::guard::split_hint;
use crate::names::EtcdVersion;
use crate::plan::{Action, Goal, MemberFile, Step, Subtask, Turn};
use crate::render::{self, Rendered};
use crate::run::RunContext;
use crate::spec::{ClusterSpec, MemberSpec};
use crate::status::size_of;

/// The largest difference between the clocks of two members that is not told, in milliseconds.
/// Certificates and leases are judged by these clocks, and logs compared.
const CLOCKS_APART: i64 = 1_000;

/// Gives what is to be told, a sentence each.
pub fn notes(run: &RunContext<'_>) -> Vec<String> {
    let mut notes = lasting(run);
    let registers =
        run.plan.selection().takes(Subtask::Register) && !run.plan.goal().leaves_what_is_there();
    for (cluster, spec) in run.plan.clusters().iter().enumerate() {
        notes.extend(clocks(spec, run));
        if run.plan.goal().bears_unreached_hosts() {
            notes.extend(unreached(spec, run));
        }
        match run.plan.goal() {
            Goal::Restore => notes.extend(restored(run)),
            Goal::Recover if *run.basis(cluster) != Basis::Nothing => notes.push(renewed()),
            _ => {}
        }
        if run.plan.goal() == Goal::Maintain {
            notes.extend(rooms(spec, run));
        }
        if run.plan.goal().restarts() {
            notes.extend(reload(cluster, run));
        }
        notes.extend(upgrade(cluster, run));
        notes.extend(rotation(cluster, run));
        if registers && spec.infra.is_empty() {
            notes.push(format!(
                "the inventory has no group `infra`, so Prometheus is not told of {}",
                spec.name
            ));
        }
    }
    notes
}

/// Gives those that hold beyond the run, and that it can only tell before its first change: what it
/// changes for others.
pub fn lasting(run: &RunContext<'_>) -> Vec<String> {
    let clusters = 0..run.plan.clusters().len();
    clusters
        .flat_map(|cluster| {
            let survivors = recovered(cluster, run).into_iter();
            survivors.chain(endpoints(cluster, run))
        })
        .collect()
}

/// Hosts that the goal does without.
fn unreached(spec: &ClusterSpec, run: &RunContext<'_>) -> Vec<String> {
    let members = spec.members.iter();
    let missing = members.filter_map(|member| {
        let why = run.observation.facts(&member.host.name).err()?;
        let (why, _) = split_hint(&why.why, "");
        Some(format!(
            "{} was not reached, and nothing is done there: {why}",
            member.host.name
        ))
    });
    missing.collect()
}

/// What is restored, and what that does to whoever watches.
fn restored(run: &RunContext<'_>) -> Vec<String> {
    let Some(Ok(snapshot)) = &run.observation.snapshot else {
        return Vec::new();
    };
    let mut notes = vec![match &snapshot.manifest {
        Some(Ok(manifest)) => format!(
            "the snapshot is of {}, revision {}, taken from {} at {}: what was written since is not in it",
            manifest.cluster, manifest.revision, manifest.taken_from, manifest.taken_at
        ),
        _ => {
            "the snapshot has no manifest: nobody can tell when and from which cluster it was taken"
                .to_owned()
        }
    }];
    notes.push(renewed());
    notes
}

fn renewed() -> String {
    "it is a new cluster: clients that watch have to begin anew, and leases run on from where they were"
        .to_owned()
}

/// What is left of a cluster that has lost its quorum, which of it is taken, and what is lost with the
/// rest. Once the run has changed what there was, nothing is told that was not told before.
fn recovered(cluster: usize, run: &RunContext<'_>) -> Vec<String> {
    let spec = &run.plan.clusters()[cluster];
    let basis = run.basis(cluster);
    let found = Survivors::of(spec, run.observation);
    if *basis == Basis::Nothing || Basis::of(run.plan, cluster, run.observation) != *basis {
        return Vec::new();
    }
    let mut notes: Vec<String> = found.holding.iter().map(held).collect();
    let others = spec.members.iter().filter(|member| {
        let mut holding = found.holding.iter();
        !holding.any(|held| held.member.name == member.name)
    });
    let empty: Vec<&str> = others.map(|member| member.name.as_str()).collect();
    if !empty.is_empty() && found.note.is_none() {
        let new = empty.join(", ");
        notes.push(format!("{new}: no data; joins the new cluster as a member"));
    }
    for dead in &spec.leaving {
        notes.push(format!(
            "{} is dead, and no member of the new cluster: when its host is there again, `etcd-plan join` \
             moves aside what it holds and takes it in",
            dead.name()
        ));
    }
    let (from, revision) = match basis {
        Basis::Survivor { member, .. } => {
            let best = found.best().and_then(|best| best.revision);
            (format!("what {member} holds"), best.unwrap_or_default())
        }
        Basis::Taken(note) => (
            format!(
                "{}, which a run that was cut off has taken from {}",
                note.kept_at, note.taken_from
            ),
            note.revision,
        ),
        Basis::Nothing => return Vec::new(),
    };
    notes.push(format!(
        "the new cluster is made of {from}, revision {revision}; lost is what was written after that, \
         which only members had that are gone"
    ));
    notes
}

/// What one survivor holds.
fn held(survivor: &Survivor<'_>) -> String {
    let name = &survivor.member.name;
    match (survivor.status, survivor.revision) {
        (Some(status), _) => format!(
            "{name} answers and knows no leader: revision {}, raft index {}",
            status.revision, status.raft_applied_index
        ),
        (None, Some(revision)) => format!(
            "{name} does not answer: its database has revision {revision}, and may lack the last that its \
             log has"
        ),
        (None, None) => format!("{name} does not answer, and there is no database"),
    }
}

/// How much of each database is not in use: maintenance does nothing where that is little.
fn rooms(spec: &ClusterSpec, run: &RunContext<'_>) -> Option<String> {
    let members = spec.members.iter();
    let rooms = members.filter_map(|member| {
        let facts = run.observation.facts(&member.host.name).ok()?;
        let said = MemberQuestions::new(spec, member).last_said(facts).ok()?;
        let status = said.status.as_ref()?;
        let free = status.db_size.saturating_sub(status.db_size_in_use?);
        let percent = free.saturating_mul(100) / status.db_size.max(1);
        let size = size_of(status.db_size);
        Some(format!("{percent} % of {size} at {}", member.name))
    });
    let rooms: Vec<String> = rooms.collect();
    (!rooms.is_empty()).then(|| {
        format!(
            "of the databases is not in use: {}; from {} % on they are defragmented",
            rooms.join(", "),
            run.plan.options().maintain.threshold
        )
    })
}

fn clocks(spec: &ClusterSpec, run: &RunContext<'_>) -> Option<String> {
    let clocks: Vec<(&MemberSpec, &ClockOffset)> = spec
        .members
        .iter()
        .filter_map(|member| Some((member, run.observation.clocks.get(&member.host.name)?)))
        .collect();
    let (ahead, most) = clocks.iter().max_by_key(|(_, offset)| offset.least_ms)?;
    let (behind, least) = clocks.iter().min_by_key(|(_, offset)| offset.most_ms)?;
    let apart = most.least_ms - least.most_ms;
    (apart > CLOCKS_APART).then(|| {
        format!(
            "the clock of {} is {}.{} s ahead of that of {}: see that both follow a time server",
            ahead.host.name,
            apart / 1000,
            apart % 1000 / 100,
            behind.host.name
        )
    })
}

/// Says that clients find the cluster elsewhere from then on, and who must be told: files that this
/// run does not write name the endpoints, too.
fn endpoints(cluster: usize, run: &RunContext<'_>) -> Option<String> {
    let spec = &run.plan.clusters()[cluster];
    let goal = run.plan.goal();
    if !(run.plan.joins(cluster) || matches!(goal, Goal::Reload | Goal::Remove | Goal::Replace)) {
        return None;
    }
    let listed = run.listed(cluster).ok()?;
    let voters = listed.iter().filter(|member| !member.is_learner);
    let found: BTreeSet<&String> = voters.flat_map(|member| &member.client_urls).collect();
    // Members that are neither there nor to come now change nothing.
    let is_to_be = |member: &&MemberSpec| {
        let is_there = || listed.iter().any(|known| spec.is_listed_as(member, known));
        !run.is_leaving(cluster, member) && (run.is_joining(cluster, member) || is_there())
    };
    let members = spec.voters().filter(is_to_be);
    let wanted: Vec<String> = members.map(|member| spec.client_url(member)).collect();
    let wanted: BTreeSet<&String> = wanted.iter().collect();
    let one = |urls: BTreeSet<&&String>, sign: &str| {
        let urls = urls.into_iter().map(|url| format!("{sign} {url}"));
        urls.collect::<Vec<String>>()
    };
    let mut changes = one(wanted.difference(&found).collect(), "+");
    changes.extend(one(found.difference(&wanted).collect(), "-"));
    (!changes.is_empty() && !found.is_empty()).then(|| {
        format!(
            "clients reach {} elsewhere from now on ({}); these name endpoints, too: `etcd3.hosts` of \
             Patroni, `dcs-endpoints` of vip-manager, /etc/profile.d/etcdctl.sh on hosts that are no \
             members (`etcd-plan outputs` writes them)",
            spec.name,
            changes.join(", ")
        )
    })
}

/// Says what is to be known before members restart: in which order, what meanwhile is not as usual,
/// and what a restart does not bring.
fn reload(cluster: usize, run: &RunContext<'_>) -> Vec<String> {
    let spec = &run.plan.clusters()[cluster];
    let context = |step| StepContext { run, step };
    let turn = Turn::Leader;
    let members = run.plan.steps_of(cluster);
    let members: Vec<Step<'_>> = members
        .filter(|step| step.action() == Action::Restart { turn })
        .collect();
    let mut due: Vec<(Turn, Step<'_>)> = members
        .iter()
        .filter_map(|step| Some((restart_turn(&context(*step)).ok()??, *step)))
        .collect();
    due.sort_by_key(|(turn, step)| (*turn, step.index()));
    let mut notes = Vec::new();
    let voters = spec.voters().count();
    if !due.is_empty() && voters < 3 {
        notes.push(format!(
            "{} has {voters} voters, and only with 3 a quorum is left while one of them restarts: it does \
             not answer meanwhile",
            spec.name
        ));
    }
    if !due.is_empty() {
        let names = due.iter().filter_map(|(turn, step)| {
            let name = &step.member()?.name;
            Some(match turn {
                Turn::Unwell => format!("{name} (not healthy)"),
                Turn::Follower => name.to_string(),
                Turn::Leader => format!("{name} (leads, and hands over first)"),
            })
        });
        let names: Vec<String> = names.collect();
        notes.push(format!("restarts, one at a time: {}", names.join(", ")));
    }
    // Nothing but whom members trust is written then.
    if run.plan.goal() == Goal::RotateCa {
        return notes;
    }
    let confs: Vec<(&MemberSpec, Changed)> = members
        .iter()
        .filter_map(|step| Some((step.member()?, Changed::of(&context(*step))?)))
        .collect();
    if confs.iter().any(|(_, changed)| changed.timers) {
        notes.push(format!(
            "until the last of them has restarted, members of {} run with different timers: an \
             election may begin sooner, or take longer",
            spec.name
        ));
    }
    let ignored = confs.iter().filter(|(_, changed)| changed.ignored);
    let ignored: Vec<&str> = ignored.map(|(member, _)| member.name.as_str()).collect();
    if !ignored.is_empty() {
        notes.push(format!(
            "`initial-cluster`, its token and its state change in the files of {}, and etcd does not read \
             them again: they are for the first start",
            ignored.join(", ")
        ));
    }
    notes
}

/// Says what is to be known before members run different versions.
fn upgrade(cluster: usize, run: &RunContext<'_>) -> Vec<String> {
    let Some(version) = run.target(cluster) else {
        return Vec::new();
    };
    let spec = &run.plan.clusters()[cluster];
    let runs = |member| running(spec, member, run.observation);
    let versions: BTreeSet<EtcdVersion> = spec.members.iter().filter_map(runs).collect();
    if versions.iter().all(|runs| version.is_met_by(runs)) {
        return Vec::new();
    }
    let names: Vec<String> = versions.iter().map(ToString::to_string).collect();
    let mut notes = vec![format!(
        "{} goes from {} to {version}: until the last member has, it works as the oldest of them, \
         and only until then a member can go back",
        spec.name,
        names.join(" and ")
    )];
    notes.push(format!(
        "say `etcd_version: {version}` in the inventory, or nothing: other goals refuse a version that \
         is not the one there"
    ));
    notes
}

/// Says what a rotation leaves as it is, and who besides the members has to follow.
fn rotation(cluster: usize, run: &RunContext<'_>) -> Vec<String> {
    let spec = &run.plan.clusters()[cluster];
    let options = run.plan.options().rotate;
    let folder = &*spec.settings.certificate.ca_dir;
    let mut notes = Vec::new();
    if run.plan.goal() == Goal::RotateCerts && !options.again {
        let keys = run.observation.keys.get(cluster);
        let states = keys.map_or(&[][..], |keys| &keys.members);
        let taken = |member: &MemberSpec| run.plan.selection().takes_host(&member.host.name);
        let is_kept = |state: &CertificateState| matches!(state, CertificateState::Good(_));
        let kept = spec.members.iter().zip(states);
        let kept = kept.filter(|(member, state)| taken(member) && is_kept(state));
        let kept: Vec<&str> = kept.map(|(member, _)| member.name.as_str()).collect();
        if !kept.is_empty() {
            notes.push(format!(
                "issued within the last hour, and not issued once more: the certificates of {} (`--again` \
                 issues them all the same)",
                kept.join(", ")
            ));
        }
    }
    let Some(facts) = run.rotation(cluster) else {
        return notes;
    };
    let Some(stage) = options.stage.filter(|_| run.plan.goal() == Goal::RotateCa) else {
        return notes;
    };
    let now = UnixTime(run.inputs.now);
    if facts.reached.is_none() && !run.rotates_next(cluster) && facts.is_young(now) {
        notes.push(format!(
            "{} in {folder} was made within the last day, and no rotation is under way: nothing is done \
             (`--again` begins one all the same)",
            facts.signer.subject
        ));
        return notes;
    }
    if !run.follows_rotation(cluster) {
        return notes;
    }
    let clients: Vec<&str> = facts.clients.iter().map(|one| one.name.as_str()).collect();
    notes.push(match stage {
        RotationStage::Trust => format!(
            "before the stage `issue`, whoever connects to {} must trust both: bring {folder}/ca.crt to \
             Patroni, vip-manager, Prometheus and all others",
            spec.name
        ),
        RotationStage::Issue => format!(
            "before the stage `finish`, whoever connects to {} needs a certificate of the new authority: \
             `etcd-plan issue` makes those of clients; Prometheus has its own",
            spec.name
        ),
        RotationStage::Finish => format!(
            "from now on {} lets nobody in who shows a certificate of the old authority; {folder}/ca.crt \
             is to be brought to all clients once more",
            spec.name
        ),
    });
    if !clients.is_empty() && stage != RotationStage::Trust {
        let places: Vec<&str> = facts.clients.iter().map(|one| one.place.as_str()).collect();
        notes.push(format!(
            "of the old authority are the clients' certificates {}",
            places.join(", ")
        ));
    }
    notes
}

/// What of a configuration changes.
struct Changed {
    timers: bool,
    ignored: bool,
}

impl Changed {
    fn of(context: &StepContext<'_>) -> Option<Self> {
        let asks = MemberQuestions::new(context.spec(), context.member());
        let found = context.facts().ok()?.bytes(&asks.conf()).ok()?.as_deref()?;
        let file = MemberFile::EtcdConf;
        let Ok(Rendered::Content(wanted)) = render::member_file(context, file) else {
            return None;
        };
        let (was, is) = (FoundConf::read(found), FoundConf::read(wanted.bytes()));
        let timers = |conf: &FoundConf| {
            let (heartbeat, election) = (&conf.heartbeat_interval, &conf.election_timeout);
            (heartbeat.clone(), election.clone())
        };
        let initial = |conf: FoundConf| (conf.initial_cluster, conf.token, conf.state);
        Some(Self {
            timers: timers(&was) != timers(&is),
            ignored: initial(was) != initial(is),
        })
    }
}
