//! Whether a quorum is provably not to be had any more, and what there is to recover from.

use std::collections::BTreeSet;

use super::{Guard, GuardContext, Refusal};
use crate::facts::{Basis, MemberFound, Situation, Survivor, Survivors};
use crate::names::EtcdId;
use crate::plan::Goal;
use crate::spec::{Leaver, MemberSpec};

/// Refuses to recover a cluster that has a quorum, or could have one.
pub(super) fn judge_lost(context: &GuardContext<'_>) -> Vec<Refusal> {
    if context.plan().goal() != Goal::Recover {
        return Vec::new();
    }
    let found = Survivors::of(context.spec(), context.run.observation);
    let mut refusals = dead(context);
    if found.serving.is_empty() {
        refusals.extend(quorum_of_data(context, &found));
    } else if !is_to_be_finished(context, &found) {
        let serving = names(found.serving.iter().copied());
        let evidence = format!("the cluster has a quorum: a leader is known to {serving}");
        let hint = "nothing is to be recovered: start members that stand still with the goal `create`, \
                    and put new hosts in the place of lost ones with `etcd-plan replace --dead`";
        refusals.push(context.refuse(Guard::Alive, None, evidence, hint));
    }
    refusals
}

/// Refuses where there is nothing to recover from, or it cannot be told what is the best.
pub(super) fn judge_held(context: &GuardContext<'_>) -> Vec<Refusal> {
    if context.plan().goal() != Goal::Recover {
        return Vec::new();
    }
    let found = Survivors::of(context.spec(), context.run.observation);
    if !found.serving.is_empty() {
        return Vec::new();
    }
    let mut refusals = Vec::new();
    let mut refuse = |evidence: String, hint: &str| {
        refusals.push(context.refuse(Guard::Members, None, evidence, hint));
    };
    if let Some(which) = several_clusters(&found) {
        let hint = "see which of them is the cluster that was lost, and leave the others out with \
                    `--dead`; what they hold stays on their hosts";
        refuse(which, hint);
    }
    let basis = Basis::of(context.plan(), context.cluster, context.run.observation);
    if basis != *context.run.basis(context.cluster) {
        let evidence = "what survivors hold is no longer as it was read".to_owned();
        refuse(evidence, "see who works on these hosts, and run again");
    } else if basis == Basis::Nothing {
        let (evidence, hint) = nothing_held(context, &found);
        refuse(evidence, &hint);
    }
    refusals
}

/// Says whether a run was cut off when it had made the new cluster: what works is left, and the rest done.
fn is_to_be_finished(context: &GuardContext<'_>, found: &Survivors<'_>) -> bool {
    found.note.is_some() && matches!(context.situation(), Situation::Present { .. })
}

/// Whoever was called dead must be: it is left out, and nobody moves its data aside.
fn dead(context: &GuardContext<'_>) -> Vec<Refusal> {
    let spec = context.spec();
    let members = spec.leaving.iter().filter_map(|gone| gone.member.as_ref());
    let living = members.filter_map(|member| {
        let found = MemberFound::of(spec, member, context.run.observation).ok()?;
        let answers = found.etcd.healthy || found.etcd.status.is_some();
        (answers || found.service.state.is_alive()).then_some(member)
    });
    let refuse = |member: &MemberSpec| {
        let evidence = format!("{} was called dead, and its etcd runs", member.name);
        let hint = "leave it out of `--dead`; where its data is damaged, stop it there for good with \
                    `systemctl disable --now etcd`";
        context.refuse(Guard::Alive, None, evidence, hint)
    };
    living.map(refuse).collect()
}

/// Refuses when those that hold data would be a quorum: of the members of the inventory, with those that
/// are dead, or of those that one of them was configured with.
fn quorum_of_data(context: &GuardContext<'_>, found: &Survivors<'_>) -> Option<Refusal> {
    let spec = context.spec();
    let learners: BTreeSet<&str> = spec
        .members
        .iter()
        .filter(|member| member.learner)
        .map(|member| member.name.as_str())
        .collect();
    let votes = |name: &&str| !learners.contains(name);
    // Those that are gone from the inventory, too.
    let dead = spec.leaving.iter().map(Leaver::name);
    let inventory = spec.members.iter().map(|member| member.name.as_str());
    let inventory: BTreeSet<&str> = inventory.chain(dead).collect();
    let configured = found.holding.iter().map(|held| {
        let names = held.conf.initial_cluster.keys();
        names.map(String::as_str).collect::<BTreeSet<&str>>()
    });
    let lists = std::iter::once(inventory).chain(configured);
    let had = lists.into_iter().find_map(|list| {
        let voters: BTreeSet<&str> = list.into_iter().filter(votes).collect();
        let counts = |held: &&Survivor<'_>| voters.contains(held.member.name.as_str());
        // A lone voter leads itself: one that answers and knows no leader has others besides.
        let is_wrong = voters.len() == 1
            && found
                .holding
                .iter()
                .filter(counts)
                .any(|held| held.status.is_some());
        let held = found.holding.iter().filter(counts).count();
        (!is_wrong && held > voters.len() / 2).then_some((held, voters.len()))
    });
    let (held, voters) = had?;
    let evidence = format!(
        "{held} of {voters} voters still hold their data, which is a quorum: {}",
        names(found.holding.iter().map(|held| held.member))
    );
    let hint = "start them with the goal `create`, and see that they reach each other; those \
                that are lost, or gone from the inventory, and those whose data is damaged are named \
                with `--dead`";
    Some(context.refuse(Guard::Alive, None, evidence, hint))
}

/// Says that survivors are of different clusters: by their ids, or where not all of them answer, by the
/// tokens that they were made with.
fn several_clusters(found: &Survivors<'_>) -> Option<String> {
    let ids: BTreeSet<EtcdId> = found
        .holding
        .iter()
        .filter_map(|held| Some(held.status?.cluster_id))
        .collect();
    let tokens: BTreeSet<&str> = found
        .holding
        .iter()
        .filter_map(|held| held.conf.token.as_deref())
        .collect();
    let all_answer = found.holding.iter().all(|held| held.status.is_some());
    (ids.len() > 1 || (tokens.len() > 1 && !all_answer)).then(|| {
        let members = names(found.holding.iter().map(|held| held.member));
        format!("{members} hold data of different clusters")
    })
}

/// Says that there is nothing to recover from, and where to turn.
fn nothing_held(context: &GuardContext<'_>, found: &Survivors<'_>) -> (String, String) {
    let is_unfinished = *context.situation() == Situation::Unfinished;
    if let Some(note) = &found.note {
        let evidence = format!(
            "a recovery was cut off, and its snapshot, revision {}, is not here as {}",
            note.revision, note.kept_at
        );
        let hint = format!(
            "run where that was begun, or bring the snapshot here under that name: hosts have it as \
             /var/lib/etcd-plan/restore/{}.db",
            &note.sha256[..16.min(note.sha256.len())]
        );
        (evidence, hint)
    } else if !found.holding.is_empty() {
        let members = names(found.holding.iter().map(|held| held.member));
        let evidence = format!("nobody can tell what {members} holds: there is no database");
        (
            evidence,
            "restore a backup: `etcd-plan restore FILE`".to_owned(),
        )
    } else if is_unfinished {
        let evidence = "the cluster was never finished, so there is nothing to recover".to_owned();
        (evidence, "build it with the goal `create`".to_owned())
    } else {
        let evidence = "no member holds data".to_owned();
        (
            evidence,
            "restore a backup: `etcd-plan restore FILE`; without one, the goal `create` builds an empty \
             cluster"
                .to_owned(),
        )
    }
}

fn names<'a>(members: impl Iterator<Item = &'a MemberSpec>) -> String {
    let names: Vec<&str> = members.map(|member| member.name.as_str()).collect();
    names.join(", ")
}
