//! How plans are asked for: what is set is checked against the goal and the inventory.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use super::goal::restore as restored;
use super::goal::{Goal, join, recover, rotate, upgrade};
use super::leave;
use super::options::{GoalOptions, RestoreOptions, Selection};
use super::{Plan, PlanError, Subtask};
use crate::cert::RotationStage;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::inventory::{ExtraVars, Inventory};
use crate::names::EtcdVersion;
use crate::spec::{self, ClusterSpec};

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

    /// Names the members that are to leave, for the goals [`Goal::Remove`] and [`Goal::Replace`], or that
    /// are lost for good, for [`Goal::Recover`]: by host, member name or address; one whose host is gone
    /// from the inventory by its name, its id as `etcdctl member list` shows it, or the address of its
    /// host.
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

    /// Sets the stage that goal `rotate-ca` brings the rotation of the authority to; plans go through all
    /// of them, one after the other.
    #[must_use]
    pub fn rotation_stage(mut self, stage: RotationStage) -> Self {
        self.options.rotate.stage = Some(stage);
        self
    }

    /// Rotates once more what was rotated shortly before: without it the goals `rotate-certs` and
    /// `rotate-ca` keep certificates that were issued within the last hour, and an authority that was made
    /// within the last day.
    #[must_use]
    pub fn rotate_again(mut self) -> Self {
        self.options.rotate.again = true;
        self
    }

    /// Lets the last stage of goal `rotate-ca` drop the old authority though clients' certificates that are
    /// known on the control machine are of it.
    #[must_use]
    pub fn leave_clients(mut self) -> Self {
        self.options.rotate.leave_clients = true;
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
        rotate::check_each(self.goal, &clusters)?;
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
        if self.goal.leaves_members_out() {
            // Before members are looked for by name: those of others are none of ours.
            leave_out_external(&mut clusters, &mut diagnostics)?;
            leave::depart(&mut clusters, &self.depart, self.dead)?;
            leave::check_rest(self.goal, &selection, &clusters)?;
        }
        rotate::check(self.goal, &self.options, &selection, &clusters)?;
        clusters.retain(|cluster| {
            let mut members = cluster.members.iter();
            members.any(|member| selection.takes_host(&member.host.name))
        });
        leave_out_external(&mut clusters, &mut diagnostics)?;
        restored::check(self.goal, &self.options, &selection, &clusters)?;
        recover::check(self.goal, &self.options, &selection, &clusters)?;
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
