use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{MemberFound, MemberQuestions, Observation, Situation};
use crate::names::{ClusterName, MemberName};
use crate::plan::{Action, At, Plan, Step};
use crate::report::{Outcome, Report};
use crate::status::size_of;

/// What a cluster holds that a plan would take away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// The cluster.
    pub cluster: ClusterName,
    /// The members that would be stopped, or whose data would be moved aside.
    pub members: Vec<MemberName>,
    /// How many keys it holds; none when it does not answer, or was not asked.
    pub keys: Option<u64>,
    /// What its keys begin with, such as `/pg/`, with how many of the first 1000 do: whoever keeps them
    /// would lose its store.
    pub prefixes: BTreeMap<String, u64>,
    /// How many leases there are: whoever holds one is there now. None when it does not say.
    pub leases: Option<u64>,
    /// How many watchers its members serve; none when none of them says.
    pub watchers: Option<u64>,
    /// The size of its largest database in bytes; none when no member answers.
    pub db_size: Option<u64>,
    /// Its revision; none when no member answers.
    pub revision: Option<u64>,
    /// When it was made, in UTC (`20261121T143000Z`), where its token says so: those that etcd-plan
    /// makes do.
    pub since: Option<String>,
}

impl Loss {
    /// Says what a plan would take away, by its preview: of each cluster that would lose a member
    /// or data. What a run that was cut off has left never worked, so it is no loss.
    pub fn of(
        plan: &Plan,
        observation: &Observation,
        situations: &[Situation],
        preview: &Report,
    ) -> Vec<Self> {
        let clusters = situations.iter().enumerate();
        clusters
            .filter(|(_, situation)| !matches!(situation, Situation::Unfinished))
            .filter_map(|(cluster, situation)| {
                let mut members = Vec::new();
                let destructive = plan.steps_of(cluster).filter(|step| {
                    let would = preview.steps.get(step.index().get());
                    step.action().is_destructive()
                        && !leaves(*step)
                        && would.is_some_and(|step| step.outcome == Outcome::WouldChange)
                });
                for member in destructive.filter_map(Step::member) {
                    // Who has nothing loses nothing.
                    let found = MemberFound::of(&plan.clusters()[cluster], member, observation);
                    let has_any = found.map_or(true, |found| found.is_there() || !found.data.empty);
                    if has_any && !members.contains(&member.name) {
                        members.push(member.name.clone());
                    }
                }
                let loss = Self::of_cluster(plan, cluster, observation, situation);
                (!members.is_empty()).then_some(Self { members, ..loss })
            })
            .collect()
    }

    fn of_cluster(
        plan: &Plan,
        cluster: usize,
        observation: &Observation,
        situation: &Situation,
    ) -> Self {
        let spec = &plan.clusters()[cluster];
        let facts = || {
            spec.members.iter().filter_map(|member| {
                let facts = observation.facts(&member.host.name).ok()?;
                Some((MemberQuestions::new(spec, member), facts))
            })
        };
        let statuses =
            || facts().filter_map(|(asks, facts)| facts.etcd(&asks.etcd()).ok()?.status.as_ref());
        let keys = facts().filter_map(|(asks, facts)| *facts.key_count(&asks.key_count()).ok()?);
        let holdings =
            || facts().filter_map(|(asks, facts)| facts.holdings(&asks.holdings()).ok()?.as_ref());
        let prefixes = holdings().map(|holdings| &holdings.prefixes);
        let prefixes = prefixes.max_by_key(|prefixes| prefixes.values().sum::<u64>());
        let watchers = holdings().filter_map(|holdings| holdings.watchers);
        let token = match situation {
            Situation::Present { token, .. } => Some(token.as_str()),
            _ => None,
        };
        Self {
            cluster: spec.name.clone(),
            members: Vec::new(),
            keys: keys.max(),
            prefixes: prefixes.cloned().unwrap_or_default(),
            leases: holdings().filter_map(|holdings| holdings.leases).max(),
            watchers: watchers.reduce(|all, one| all + one),
            db_size: statuses().map(|status| status.db_size).max(),
            revision: statuses().map(|status| status.revision).max(),
            since: token.and_then(stamp_in).map(str::to_owned),
        }
    }
}

/// Says whether a step lets a member leave: what that holds, the others hold too.
fn leaves(step: Step<'_>) -> bool {
    let is_on_its_host = matches!(step.node().at, At::Leaving(_));
    is_on_its_host || matches!(step.action(), Action::RemoveMember { .. })
}

/// Gives the time that a token of ours carries: `<cluster>-<time>-<random>`.
fn stamp_in(token: &str) -> Option<&str> {
    let (rest, _) = token.rsplit_once('-')?;
    let (_, stamp) = rest.rsplit_once('-')?;
    let (day, time) = stamp.strip_suffix('Z')?.split_once('T')?;
    let is_number =
        |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
    (is_number(day, 8) && is_number(time, 6)).then_some(stamp)
}

impl fmt::Display for Loss {
    /// Writes it for whoever has to confirm it, a line for each fact.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_unknown = |value: Option<String>| value.unwrap_or_else(|| "not known".to_owned());
        let members: Vec<&str> = self.members.iter().map(MemberName::as_str).collect();
        writeln!(f, "cluster {} would lose:", self.cluster)?;
        writeln!(f, "  members   {}", members.join(", "))?;
        let number = |value: Option<u64>| or_unknown(value.map(|value| value.to_string()));
        writeln!(f, "  keys      {}", number(self.keys))?;
        for (prefix, count) in self.prefixes.iter().filter(|(prefix, _)| *prefix != "*") {
            writeln!(f, "            {count} below {prefix}")?;
        }
        writeln!(f, "  leases    {}", number(self.leases))?;
        writeln!(f, "  watchers  {}", number(self.watchers))?;
        writeln!(f, "  database  {}", or_unknown(self.db_size.map(size_of)))?;
        writeln!(f, "  revision  {}", number(self.revision))?;
        write!(f, "  since     {}", or_unknown(self.since.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::stamp_in;

    #[test]
    fn a_token_of_ours_says_when_the_cluster_was_made() {
        assert_eq!(
            stamp_in("etcd-main-20261121T143000Z-8b0b7d60"),
            Some("20261121T143000Z")
        );
        for token in ["etcd-cluster", "", "a-b-c", "etcd-2026T14Z-00"] {
            assert_eq!(stamp_in(token), None, "{token}");
        }
    }
}
