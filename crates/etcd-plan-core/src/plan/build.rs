//! How plans are made: goals add steps, a selection thins them out, the invariants are checked.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use petgraph::algo::toposort;
use petgraph::graph::{DiGraph, NodeIndex};

use super::action::{Action, Barrier};
use super::goal::restore as restored;
use super::goal::{Goal, join, upgrade};
use super::leave;
use super::options::{GoalOptions, PurgeRule, RestoreOptions, Selection};
use super::step::{At, StepIndex, StepNode};
use super::{BrokenInvariant, Plan, PlanError, Subtask, invariants};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::guard::Guard;
use crate::inventory::{ExtraVars, Inventory};
use crate::names::{EtcdVersion, HostName};
use crate::spec::{self, ClusterSpec, Leaver};

/// Makes a plan with settings of its own.
#[derive(Debug, Clone)]
pub struct PlanBuilder<'a> {
    inventory: &'a Inventory,
    goal: Goal,
    limit: Option<String>,
    tags: BTreeSet<Subtask>,
    skip_tags: BTreeSet<Subtask>,
    extra_vars: ExtraVars,
    version: Option<EtcdVersion>,
    depart: Vec<String>,
    dead: bool,
    options: GoalOptions,
}

impl<'a> PlanBuilder<'a> {
    pub(super) fn new(inventory: &'a Inventory) -> Self {
        Self {
            inventory,
            goal: Goal::default(),
            limit: None,
            tags: BTreeSet::new(),
            skip_tags: BTreeSet::new(),
            extra_vars: ExtraVars::default(),
            version: None,
            depart: Vec::new(),
            dead: false,
            options: GoalOptions::default(),
        }
    }

    /// Sets what the plan is for; by default [`Goal::Create`].
    #[must_use]
    pub fn goal(mut self, goal: Goal) -> Self {
        self.goal = goal;
        self
    }

    /// Takes only hosts that match a pattern, as Ansible's `-l` has it: hosts, groups, globs,
    /// joined by `,` or `:`, with `!` for all but. A cluster of which no member is taken is not part
    /// of the plan.
    #[must_use]
    pub fn limit(mut self, pattern: impl Into<String>) -> Self {
        self.limit = Some(pattern.into());
        self
    }

    /// Takes only steps of these subtasks, as Ansible's `-t` has it.
    #[must_use]
    pub fn tags(mut self, tags: impl IntoIterator<Item = Subtask>) -> Self {
        self.tags.extend(tags);
        self
    }

    /// Takes no steps of these subtasks, as Ansible's `--skip-tags` has it.
    #[must_use]
    pub fn skip_tags(mut self, tags: impl IntoIterator<Item = Subtask>) -> Self {
        self.skip_tags.extend(tags);
        self
    }

    /// Sets variables above all others, as Ansible's `-e` has it.
    #[must_use]
    pub fn extra_vars(mut self, vars: ExtraVars) -> Self {
        self.extra_vars = vars;
        self
    }

    /// Sets the version that the goal `upgrade` brings members to, exact: `3.5.16`. By default it is
    /// `etcd_version` of the inventory. The plan keeps it as that parameter.
    #[must_use]
    pub fn version(mut self, version: EtcdVersion) -> Self {
        self.version = Some(version);
        self
    }

    /// Names the members that are to leave, for the goals [`Goal::Remove`] and [`Goal::Replace`]: by
    /// host, member name or address; one whose host is gone from the inventory by its name, its id as
    /// `etcdctl member list` shows it, or the address of its host.
    #[must_use]
    pub fn depart(mut self, members: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.depart.extend(members.into_iter().map(Into::into));
        self
    }

    /// Says that the members that are to leave are dead: nothing is done on their hosts, which need not
    /// answer, and a member that does answer is a reason to refuse. By default they are not.
    #[must_use]
    pub fn dead(mut self, dead: bool) -> Self {
        self.dead = dead;
        self
    }

    /// Sets the folder on the control machine that snapshots are brought to: absolute, or relative to
    /// the folder of the run; by default `backups`.
    #[must_use]
    pub fn backup_to(mut self, folder: impl Into<String>) -> Self {
        self.options.backup.to = Some(folder.into());
        self
    }

    /// Leaves snapshots on the host that they are taken from, in `/var/lib/etcd-plan/backup`.
    #[must_use]
    pub fn backup_on_host(mut self) -> Self {
        self.options.backup.to = None;
        self
    }

    /// Keeps the newest so many snapshots of a cluster where the new one goes, and deletes older ones;
    /// by default none is deleted.
    #[must_use]
    pub fn backup_keep(mut self, snapshots: NonZeroU32) -> Self {
        self.options.backup.keep = Some(snapshots.get());
        self
    }

    /// Takes no snapshot where the goal would take one before it does something else, as
    /// [`Goal::Destroy`] does.
    #[must_use]
    pub fn without_snapshot(mut self) -> Self {
        self.options.backup.skip = true;
        self
    }

    /// Sets the snapshot on the control machine that goal `restore` puts back: absolute, or relative to
    /// the folder of the run. Its manifest, if there is one beside it, must fit.
    #[must_use]
    pub fn snapshot(mut self, file: impl Into<String>) -> Self {
        let bump = self.options.restore.map(|asked| asked.bump_revision);
        self.options.restore = Some(RestoreOptions {
            snapshot: file.into(),
            bump_revision: bump.unwrap_or(RestoreOptions::BUMP),
        });
        self
    }

    /// Keeps so many revisions of the history when it is compacted; by default 10000.
    #[must_use]
    pub fn keep_revisions(mut self, revisions: u64) -> Self {
        self.options.maintain.keep_revisions = revisions;
        self
    }

    /// Defragments a database only where this part of it or more is not in use, in percent; by default
    /// 20.
    #[must_use]
    pub fn threshold(mut self, percent: u8) -> Self {
        self.options.maintain.threshold = percent;
        self
    }

    /// Makes the plan.
    ///
    /// # Errors
    ///
    /// When the inventory has errors (all of them at once), the limit takes in no member, or the goal
    /// needs or refuses something of what was set: a limit, tags, members that are to leave.
    pub fn build(self) -> Result<Plan, PlanError> {
        let (clusters, selection, diagnostics) = self.clusters()?;
        Plan::assemble(self.goal, selection, self.options, clusters, diagnostics)
    }

    /// Makes a plan for each cluster by itself, in the order of their names: for whoever carries
    /// them out at several places, or lets one fail without the others. Each has the warnings about
    /// the whole inventory.
    ///
    /// # Errors
    ///
    /// As [`PlanBuilder::build`].
    pub fn build_each(self) -> Result<Vec<Plan>, PlanError> {
        let (clusters, selection, diagnostics) = self.clusters()?;
        let alone = |cluster| {
            let (selection, diagnostics) = (selection.clone(), diagnostics.clone());
            let options = self.options.clone();
            Plan::assemble(self.goal, selection, options, vec![cluster], diagnostics)
        };
        clusters.into_iter().map(alone).collect()
    }

    /// Resolves the clusters that are taken, with the selection and the warnings.
    fn clusters(&self) -> Result<(Vec<ClusterSpec>, Selection, Diagnostics), PlanError> {
        leave::check(self.goal, self.limit.as_deref(), &self.depart, self.dead)?;
        if self.goal.changes_who_leaves() && !(self.tags.is_empty() && self.skip_tags.is_empty()) {
            return Err(leave::no_tags(self.goal));
        }
        let limit = match &self.limit {
            Some(pattern) => Some(
                self.inventory
                    .select(pattern)
                    .map_err(|diagnostic| PlanError::Selection(Box::new(diagnostic)))?,
            ),
            None => None,
        };
        let resolved =
            spec::resolve(self.inventory, &self.extra_vars).map_err(PlanError::Inventory)?;
        let selection = Selection {
            limit,
            tags: self.tags.clone(),
            skip_tags: self.skip_tags.clone(),
        };
        // A guard must see the whole of a cluster, but a cluster of which nothing is taken is left
        // alone: its hosts need not even be there.
        let (mut clusters, mut diagnostics) = (resolved.clusters, resolved.diagnostics);
        if self.goal.changes_who_leaves() {
            // Before members are looked for by name: those of others are none of ours.
            leave_out_external(&mut clusters, &mut diagnostics)?;
            leave::depart(&mut clusters, &self.depart, self.dead)?;
            leave::check_rest(self.goal, &selection, &clusters)?;
        }
        clusters.retain(|cluster| {
            let mut members = cluster.members.iter();
            members.any(|member| selection.takes_host(&member.host.name))
        });
        leave_out_external(&mut clusters, &mut diagnostics)?;
        restored::check(self.goal, &self.options, &selection, &clusters)?;
        match self.goal {
            Goal::Join => check_join(&selection, &clusters)?,
            Goal::Replace => leave::check_new(&selection, &clusters)?,
            _ => {}
        }
        upgrade::check(self.goal, &selection, self.version.as_ref(), &mut clusters)?;
        if clusters.is_empty() {
            let pattern = self.limit.as_deref().unwrap_or_default();
            return Err(PlanError::Selection(Box::new(Diagnostic::new(
                Code::LimitMatchesNothing,
                format!("the limit `{pattern}` leaves no host of an etcd cluster"),
                "name a host or group that carries `etcd_seq`",
            ))));
        }
        Ok((clusters, selection, diagnostics))
    }
}

/// Nothing is planned for what somebody else runs.
fn leave_out_external(
    clusters: &mut Vec<ClusterSpec>,
    diagnostics: &mut Diagnostics,
) -> Result<(), PlanError> {
    let external = clusters.extract_if(.., |cluster| cluster.is_external());
    let external: Vec<ClusterSpec> = external.collect();
    let names: Vec<&str> = external
        .iter()
        .map(|cluster| cluster.name.as_str())
        .collect();
    let names = names.join(", ");
    let Some(first) = external.first() else {
        return Ok(());
    };
    if clusters.is_empty() {
        return Err(PlanError::Selection(Box::new(Diagnostic::new(
            Code::ExternalCluster,
            format!("somebody else runs {names} (`etcd_external`), and no plan is made for that"),
            "`etcd-plan status` and `etcd-plan outputs` work for it; where it is to be built here, drop \
             `etcd_external`",
        ))));
    }
    diagnostics.push(
        Diagnostic::new(
            Code::ExternalLeftOut,
            format!("somebody else runs {names} (`etcd_external`), and the plan leaves that out"),
            "nothing is to be done; a limit that names only the others leaves this away",
        )
        .at(first.place.clone(), ""),
    );
    Ok(())
}

/// Whoever joins joins others: the limit says which hosts are new.
fn check_join(selection: &Selection, clusters: &[ClusterSpec]) -> Result<(), PlanError> {
    let whole = clusters
        .iter()
        .find(|cluster| join::sponsor(selection, cluster).is_none());
    let Some(cluster) = whole else {
        return Ok(());
    };
    Err(PlanError::Selection(Box::new(Diagnostic::new(
        Code::JoinWithoutLimit,
        format!(
            "the goal `join` takes in all members of {}, and none is left for them to join",
            cluster.name
        ),
        "name the hosts that are to join in a limit, and leave out those that are members",
    ))))
}

/// What was asked for, of whichever clusters.
pub(crate) struct Asked {
    pub(crate) goal: Goal,
    pub(crate) purge: PurgeRule,
    pub(crate) selection: Selection,
    pub(crate) options: GoalOptions,
}

impl Plan {
    /// Makes the plan of some clusters.
    pub(crate) fn assemble(
        goal: Goal,
        selection: Selection,
        options: GoalOptions,
        clusters: Vec<ClusterSpec>,
        diagnostics: Diagnostics,
    ) -> Result<Self, PlanError> {
        // Whoever names the purge wants it, whatever is there: so the seeds' `-t etcd_purge`
        // destroys a cluster.
        let purge = if selection.names(Subtask::Purge) && !selection.takes(Subtask::Launch) {
            PurgeRule::Always
        } else {
            goal.purge_rule()
        };
        leave::check_rest(goal, &selection, &clusters)?;
        let mut steps = Steps::new(goal, &clusters, &selection, &options);
        goal.plan(&mut steps);
        let graph = steps.finish();
        let asked = Asked {
            goal,
            purge,
            selection,
            options,
        };
        Self::from_graph(asked, clusters, diagnostics, graph)
    }

    /// Makes a plan of a graph, wherever that came from, and checks every invariant.
    pub(crate) fn from_graph(
        asked: Asked,
        clusters: Vec<ClusterSpec>,
        diagnostics: Diagnostics,
        graph: DiGraph<StepNode, ()>,
    ) -> Result<Self, PlanError> {
        let Asked {
            goal,
            purge,
            selection,
            options,
        } = asked;
        let order = toposort(&graph, None);
        let cycle = order.as_ref().err().map(|cycle| index_of(cycle.node_id()));
        let order = order
            .unwrap_or_default()
            .into_iter()
            .map(index_of)
            .collect();
        let by_cluster = vec![Vec::new(); clusters.len()];
        let mut plan = Self {
            goal,
            purge,
            selection,
            options,
            clusters,
            diagnostics,
            graph,
            order,
            by_cluster,
        };
        invariants::check_places(&plan)?;
        for index in plan.indices() {
            let node = plan.node(index);
            if node.action != Action::Gate {
                plan.by_cluster[node.cluster as usize].push(index);
            }
        }
        if let Some(step) = cycle {
            return Err(BrokenInvariant::Cycle(plan.step(step).id()).into());
        }
        invariants::check(&plan)?;
        Ok(plan)
    }
}

fn index_of(node: NodeIndex) -> StepIndex {
    StepIndex::of(node.index())
}

/// The steps of a plan while goals add them.
pub(super) struct Steps<'a> {
    goal: Goal,
    clusters: &'a [ClusterSpec],
    selection: &'a Selection,
    options: &'a GoalOptions,
    nodes: Vec<StepNode>,
    /// What the nodes wait for, all in one row: a list for each would be most of a plan's memory.
    before: Vec<StepIndex>,
    /// Where the part of each node ends in that row.
    before_ends: Vec<usize>,
}

impl<'a> Steps<'a> {
    fn new(
        goal: Goal,
        clusters: &'a [ClusterSpec],
        selection: &'a Selection,
        options: &'a GoalOptions,
    ) -> Self {
        Self {
            goal,
            clusters,
            selection,
            options,
            nodes: Vec::new(),
            before: Vec::new(),
            before_ends: Vec::new(),
        }
    }

    /// Counts the clusters.
    pub(super) fn cluster_count(&self) -> usize {
        self.clusters.len()
    }

    /// Says whether the members that were selected are to join a cluster that lives.
    pub(super) fn joins(&self, cluster: usize) -> bool {
        join::is_planned(self.goal, self.selection, &self.clusters[cluster])
    }

    /// Adds the steps of one cluster.
    pub(super) fn of_cluster(&mut self, cluster: usize) -> ClusterSteps<'a, '_> {
        let spec = &self.clusters[cluster];
        let cluster = u32::try_from(cluster).expect("clusters are counted in 32 bits");
        ClusterSteps {
            spec,
            cluster,
            steps: self,
        }
    }

    /// Adds what every plan begins with: everything is read, every guard is judged, and the gate
    /// waits for them all.
    pub(super) fn guarded_gate(&mut self) -> StepIndex {
        let mut judged = Vec::new();
        for cluster in 0..self.cluster_count() {
            let mut steps = self.of_cluster(cluster);
            let assert = steps.add(At::Controller, Action::Assert, []);
            let facts: Vec<_> = steps
                .hosts()
                .map(|at| steps.add(at, Action::ReadFacts, [assert]))
                .collect();
            for guard in Guard::ALL {
                judged.push(steps.add(
                    At::Controller,
                    Action::Judge { guard },
                    facts.iter().copied(),
                ));
            }
        }
        self.push(
            StepNode {
                cluster: 0,
                at: At::Controller,
                action: Action::Gate,
            },
            judged,
        )
    }

    fn push(&mut self, node: StepNode, before: impl IntoIterator<Item = StepIndex>) -> StepIndex {
        let index = StepIndex::of(self.nodes.len());
        self.nodes.push(node);
        self.before.extend(before);
        self.before_ends.push(self.before.len());
        index
    }

    /// Gives what a node waits for.
    fn before(&self, at: usize) -> &[StepIndex] {
        let start = at
            .checked_sub(1)
            .map_or(0, |previous| self.before_ends[previous]);
        &self.before[start..self.before_ends[at]]
    }

    /// Drops what the selection does not take, and joins what is left: a step waits for whatever
    /// the steps that were dropped would have waited for.
    fn finish(self) -> DiGraph<StepNode, ()> {
        let kept = self.kept();
        let mut graph = DiGraph::with_capacity(self.nodes.len(), self.nodes.len() * 2);
        let mut new_index = vec![NodeIndex::end(); self.nodes.len()];
        // What a dropped step stands for: the kept steps that it waited for.
        let mut stands_for: BTreeMap<StepIndex, Vec<NodeIndex>> = BTreeMap::new();
        let mut waits: Vec<NodeIndex> = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            waits.clear();
            for before in self.before(at) {
                match stands_for.get(before) {
                    Some(others) => waits.extend_from_slice(others),
                    None => waits.push(new_index[before.get()]),
                }
            }
            waits.sort_unstable();
            waits.dedup();
            if kept[at] {
                let index = graph.add_node(*node);
                new_index[at] = index;
                for wait in &waits {
                    graph.add_edge(*wait, index, ());
                }
            } else {
                stands_for.insert(StepIndex::of(at), waits.clone());
            }
        }
        graph
    }

    /// Says of each step whether it stays.
    fn kept(&self) -> Vec<bool> {
        let mut kept: Vec<bool> = self
            .nodes
            .iter()
            .map(|node| self.is_selected(*node))
            .collect();
        // A host that nothing is changed on needs no lock, and a barrier behind which nothing
        // stands waits for nothing.
        let changed: BTreeSet<(u32, At)> = self
            .nodes
            .iter()
            .zip(&kept)
            .filter(|(node, kept)| {
                **kept && node.action.can_change() && node.action != Action::Lock
            })
            .map(|(node, _)| (node.cluster, node.at))
            .collect();
        for (at, node) in self.nodes.iter().enumerate() {
            if node.action == Action::Lock {
                kept[at] &= if self.goal.takes_all_members() {
                    changed.iter().any(|(cluster, _)| *cluster == node.cluster)
                } else {
                    changed.contains(&(node.cluster, node.at))
                };
            }
            if let Action::Await { .. } = node.action {
                kept[at] = self.before(at).iter().any(|before| {
                    kept[before.get()] && self.nodes[before.get()].action != Action::Gate
                });
            }
        }
        kept
    }

    fn is_selected(&self, node: StepNode) -> bool {
        if node.action == Action::Lock {
            return self
                .host(node)
                .is_some_and(|host| self.selection.takes_host(host))
                || self.takes_part_whole(node.cluster);
        }
        if node.action.is_safety() {
            return true;
        }
        let by_tag = node
            .action
            .subtask()
            .is_none_or(|subtask| self.selection.takes(subtask));
        let member = |position: u32| {
            &self.clusters[node.cluster as usize].members[position as usize]
                .host
                .name
        };
        let by_host = match node.action.member() {
            // What serves a member is taken with it, wherever it happens.
            Some(position) => self.selection.takes_host(member(position)),
            // A cluster that is joined takes part in it with all members.
            None if self.joins(node.cluster as usize) => true,
            None if node.action == Action::AwaitReady && self.goal.takes_all_members() => true,
            None => self
                .host(node)
                .is_none_or(|host| self.selection.takes_host(host)),
        };
        by_tag && by_host
    }

    /// Says whether all members of a cluster are locked, whatever the limit: where one of them costs
    /// the cluster a vote for a while, none of the others may.
    fn takes_part_whole(&self, cluster: u32) -> bool {
        self.joins(cluster as usize) || self.goal.takes_all_members() || self.goal == Goal::Remove
    }

    fn host(&self, node: StepNode) -> Option<&'a HostName> {
        let cluster = &self.clusters[node.cluster as usize];
        match node.at {
            At::Controller => None,
            At::Member(position) => Some(&cluster.members[position as usize].host.name),
            At::Leaving(position) => {
                let leaver = &cluster.leaving[position as usize];
                leaver.member.as_ref().map(|member| &member.host.name)
            }
            At::Infra(position) => Some(&cluster.infra[position as usize].name),
        }
    }
}

/// The steps of one cluster while a goal adds them.
pub(super) struct ClusterSteps<'a, 's> {
    spec: &'a ClusterSpec,
    cluster: u32,
    steps: &'s mut Steps<'a>,
}

impl ClusterSteps<'_, '_> {
    /// Adds a step that waits for others.
    pub(super) fn add(
        &mut self,
        at: At,
        action: Action,
        after: impl IntoIterator<Item = StepIndex>,
    ) -> StepIndex {
        let node = StepNode {
            cluster: self.cluster,
            at,
            action,
        };
        self.steps.push(node, after)
    }

    /// Adds a node that waits for steps on all hosts, so that others need to wait only for it.
    pub(super) fn barrier(&mut self, barrier: Barrier, after: Vec<StepIndex>) -> StepIndex {
        self.add(At::Controller, Action::Await { barrier }, after)
    }

    /// Goes through the positions of the members.
    pub(super) fn members(&self) -> impl Iterator<Item = u32> + use<> {
        0..u32::try_from(self.spec.members.len()).expect("members are counted in 32 bits")
    }

    /// Goes through the positions of the members on the hosts that were selected.
    pub(super) fn selected(&self) -> impl Iterator<Item = u32> + use<> {
        let selection = self.steps.selection;
        let selected: Vec<u32> = self
            .members()
            .filter(|at| selection.takes_host(&self.spec.members[*at as usize].host.name))
            .collect();
        selected.into_iter()
    }

    /// Goes through the places of the members that are to leave and on whose hosts something is done.
    pub(super) fn leaving(&self) -> impl Iterator<Item = At> + use<> {
        let places = self.leaving_where(|leaver| leaver.on_host().is_some());
        places.into_iter()
    }

    /// Counts the members that are to leave, dead and gone ones too.
    pub(super) fn leaving_count(&self) -> u32 {
        u32::try_from(self.spec.leaving.len()).expect("members are counted in 32 bits")
    }

    fn leaving_where(&self, condition: impl Fn(&Leaver) -> bool) -> Vec<At> {
        (0..)
            .zip(&self.spec.leaving)
            .filter(|(_, leaver)| condition(leaver))
            .map(|(position, _)| At::Leaving(position))
            .collect()
    }

    /// Gives what was asked for besides hosts and subtasks.
    pub(super) fn options(&self) -> &GoalOptions {
        self.steps.options
    }

    /// Gives the place of the member through whose host others join.
    pub(super) fn sponsor(&self) -> At {
        join::sponsor(self.steps.selection, self.spec)
            .expect("a join is planned only where a member is left out of the limit")
    }

    /// Goes through the hosts of group `infra`. One that carries a member too stands for that.
    pub(super) fn infra(&self) -> impl Iterator<Item = At> + use<> {
        let leaving: Vec<At> = self.leaving().collect();
        let places: Vec<At> = (0..self.spec.infra.len())
            .map(|at| At::of_infra(self.spec, at))
            // Nothing is done on the host of a member that is dead.
            .filter(|at| !matches!(at, At::Leaving(_)) || leaving.contains(at))
            .collect();
        places.into_iter()
    }

    /// Goes through all hosts: those of the members, those of the members that are to leave, of which
    /// a dead one may answer after all, and those of group `infra`. A host that is several of these is
    /// one.
    pub(super) fn hosts(&self) -> impl Iterator<Item = At> + use<> {
        let infra = self.infra().filter(|at| matches!(at, At::Infra(_)));
        let leaving = self.leaving_where(|leaver| leaver.member.is_some());
        self.members().map(At::Member).chain(leaving).chain(infra)
    }
}
