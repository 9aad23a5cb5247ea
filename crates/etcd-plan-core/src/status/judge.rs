use std::collections::BTreeSet;

use super::{
    CertificateStatus, ClusterStatus, Drift, Finding, Health, MemberStatus, Role, Stranger,
};
use crate::cert::{CertificateFacts, UnixTime};
use crate::facts::{HostFacts, MemberQuestions, Observation, Situation};
use crate::guard::split_hint;
use crate::names::{EtcdId, MemberName};
use crate::op::{Alarm, EtcdFacts, ReadOp};
use crate::plan::MemberFile;
use crate::spec::{ClusterSpec, MemberSpec};

/// Certificates that are valid for less than this are warned of.
const DAYS_TO_RENEW: i64 = 30;

/// The part of the quota from which on a warning is given, in percent; at 100 the cluster takes no
/// more writes (etcd's maintenance guide).
const QUOTA_NEAR: u64 = 80;

/// How many raft entries a member may be behind: members are asked at slightly different times, and
/// etcd itself takes a follower for slow at 5000 (`server.go`, `maxGapBetweenApplyAndCommitIndex`).
const LAG_MUCH: u64 = 5000;

const SECONDS_A_DAY: i64 = 86_400;

/// Gives what is asked of a member's host for its status, besides what every run asks.
pub fn questions() -> Vec<ReadOp> {
    vec![certificate()]
}

fn certificate() -> ReadOp {
    ReadOp::ReadFile {
        path: MemberFile::Certificate.wanted().path,
    }
}

/// What the status of a cluster is judged from.
#[derive(Debug, Clone)]
pub struct StatusInputs<'a> {
    /// The cluster, as the inventory has it.
    pub spec: &'a ClusterSpec,
    /// What was read.
    pub observation: &'a Observation,
    /// What there is of it.
    pub situation: &'a Situation,
    /// What is not as the inventory has it.
    pub drift: Vec<Drift>,
    /// The time.
    pub now: UnixTime,
}

impl ClusterStatus {
    /// Judges what a cluster is like.
    pub fn of(inputs: StatusInputs<'_>) -> Self {
        let spec = inputs.spec;
        let views: Vec<View<'_>> = spec
            .members
            .iter()
            .map(|member| View::of(member, &inputs))
            .collect();
        let is_absent = matches!(inputs.situation, Situation::Absent);
        let answering = views.iter().filter(|view| view.is_voter_well()).count();
        let mut members: Vec<MemberStatus> =
            views.iter().map(|view| view.status(&inputs)).collect();
        set_lag(&mut members);
        let mut problems = Vec::new();
        if is_absent {
            problems.push(of_cluster(
                "there is no cluster: nothing runs, and there is no data",
                "build it with `etcd-plan apply`",
            ));
        } else {
            problems.extend(views.iter().flat_map(View::problems));
            problems.extend(of_all(&views));
        }
        let is_situation_known = views.iter().all(|view| view.facts.is_ok());
        if let (Situation::Remains { why }, true) = (inputs.situation, is_situation_known) {
            let what = format!("it is not the cluster of the inventory: {}", why.join("; "));
            let hint = "see whether inventory or hosts are right: `etcd-plan plan` says what would be done";
            problems.push(of_cluster(what, hint));
        }
        let alarms = alarms(&views);
        for alarm in &alarms {
            problems.push(alarm_problem(&views, alarm));
        }
        let warnings = members.iter().flat_map(warnings).collect();
        // Where the cluster is not there, everything would be new: that is no drift.
        let is_there = matches!(inputs.situation, Situation::Present { .. });
        Self {
            name: spec.name.clone(),
            health: if is_absent {
                Health::Absent
            } else if problems.is_empty() {
                Health::Healthy
            } else if answering > 0 {
                Health::Degraded
            } else if views.iter().any(|view| view.facts.is_err()) {
                Health::Unknown
            } else {
                Health::Down
            },
            cluster_id: one(views
                .iter()
                .filter_map(|v| Some(v.etcd?.status.as_ref()?.cluster_id))),
            leader: leader(&views),
            voters: spec.voters().count(),
            quorum: spec.quorum(),
            answering,
            tolerance: answering.saturating_sub(spec.quorum()),
            revision: views
                .iter()
                .filter_map(|view| Some(view.etcd?.status.as_ref()?.revision))
                .max(),
            quota: spec.settings.storage.quota.0,
            members,
            strangers: strangers(&views),
            alarms,
            problems,
            warnings,
            drift: if is_there { inputs.drift } else { Vec::new() },
        }
    }
}

/// What was read of one member.
struct View<'a> {
    member: &'a MemberSpec,
    /// The facts of its host, or why there are none.
    facts: Result<&'a HostFacts, String>,
    service: Option<crate::op::ServiceState>,
    etcd: Option<&'a EtcdFacts>,
    peer_url: String,
    client_url: String,
}

impl<'a> View<'a> {
    fn of(member: &'a MemberSpec, inputs: &StatusInputs<'a>) -> Self {
        let asks = MemberQuestions::new(inputs.spec, member);
        let facts = inputs.observation.facts(&member.host.name);
        let facts = facts.map_err(|missing| missing.why);
        let service = facts.as_ref().ok().and_then(|facts| {
            let service = facts.service(&asks.service()).ok();
            service.map(|service| service.state)
        });
        let etcd = facts
            .as_ref()
            .ok()
            .and_then(|facts| facts.etcd(&asks.etcd()).ok());
        Self {
            member,
            facts,
            service,
            etcd,
            peer_url: inputs.spec.peer_url(member),
            client_url: inputs.spec.client_url(member),
        }
    }

    /// A learner answers no linearizable read; that it has found its leader is all that can be
    /// asked.
    fn is_well(&self) -> bool {
        self.etcd.is_some_and(|etcd| {
            let status = etcd.status.as_ref();
            let has_leader = status.is_some_and(|status| status.leader != EtcdId(0));
            etcd.healthy || (self.member.learner && has_leader)
        })
    }

    fn is_voter_well(&self) -> bool {
        !self.member.learner && self.is_well()
    }

    fn id(&self) -> Option<EtcdId> {
        Some(self.etcd?.status.as_ref()?.member_id)
    }

    fn status(&self, inputs: &StatusInputs<'_>) -> MemberStatus {
        let status = self.etcd.and_then(|etcd| etcd.status.as_ref());
        let quota = inputs.spec.settings.storage.quota.0;
        MemberStatus {
            name: self.member.name.clone(),
            host: self.member.host.name.clone(),
            client_url: self.client_url.clone(),
            id: self.id(),
            role: match status {
                Some(status) if status.leader == EtcdId(0) => Role::Unknown,
                Some(status) if status.is_learner => Role::Learner,
                Some(status) if status.leader == status.member_id => Role::Leader,
                Some(_) => Role::Follower,
                None => Role::Unknown,
            },
            service: self.service,
            healthy: self.is_well(),
            version: status.map(|status| status.version.clone()),
            db_size: status.map(|status| status.db_size),
            db_size_in_use: status.and_then(|status| status.db_size_in_use),
            quota_used_percent: status
                .filter(|_| quota > 0)
                .map(|status| status.db_size.saturating_mul(100) / quota),
            raft_term: status.map(|status| status.raft_term),
            raft_applied_index: status.map(|status| status.raft_applied_index),
            raft_lag: None,
            certificate: self.certificate(inputs.now),
        }
    }

    fn certificate(&self, now: UnixTime) -> Option<CertificateStatus> {
        let bytes = self.facts.as_ref().ok()?.bytes(&certificate()).ok()?;
        let facts = CertificateFacts::parse(bytes.as_ref()?).ok()?;
        Some(CertificateStatus {
            not_after: facts.not_after.to_string(),
            days_left: facts.not_after.seconds_since(now).div_euclid(SECONDS_A_DAY),
        })
    }

    fn problems(&self) -> Vec<Finding> {
        let problem = |what: String, hint: &str| Finding {
            member: Some(self.member.name.clone()),
            what,
            hint: hint.to_owned(),
        };
        if let Err(why) = &self.facts {
            let (why, hint) = split_hint(why, "make the host reachable");
            return vec![problem(format!("its host could not be read: {why}"), hint)];
        }
        match self.service {
            Some(state) if !state.is_alive() => {
                let hint = "see `journalctl -u etcd` there; `etcd-plan apply` starts it";
                return vec![problem("etcd does not run".to_owned(), hint)];
            }
            None => {
                let hint = "see that the state of the service can be read there";
                return vec![problem(
                    "it is not known whether etcd runs".to_owned(),
                    hint,
                )];
            }
            Some(_) => {}
        }
        if self.is_well() {
            return Vec::new();
        }
        let said = self.etcd.map_or("", |etcd| etcd.said.trim());
        let said = said.lines().last().map(|line| format!(": {line}"));
        let hint = "see `journalctl -u etcd` there, and that its peers can be reached from there";
        let what = format!("etcd runs and does not answer{}", said.unwrap_or_default());
        vec![problem(what, hint)]
    }
}

fn of_cluster(what: impl Into<String>, hint: &str) -> Finding {
    Finding {
        member: None,
        what: what.into(),
        hint: hint.to_owned(),
    }
}

/// Says what is wrong with what the members say together.
fn of_all(views: &[View<'_>]) -> Vec<Finding> {
    let statuses = || views.iter().filter_map(|view| view.etcd?.status.as_ref());
    let mut problems = Vec::new();
    let ids: BTreeSet<EtcdId> = statuses().map(|status| status.cluster_id).collect();
    if ids.len() > 1 {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let what = format!("its members are of different clusters: {}", ids.join(", "));
        let hint = "stop the members that are not of this cluster before anything else";
        problems.push(of_cluster(what, hint));
    }
    let leaders: BTreeSet<EtcdId> = statuses()
        .map(|status| status.leader)
        .filter(|leader| *leader != EtcdId(0))
        .collect();
    match leaders.len() {
        1 => {}
        0 if statuses().next().is_none() => {}
        0 => problems.push(of_cluster(
            "there is no leader",
            "see that a majority of the members runs and can reach each other",
        )),
        _ => problems.push(of_cluster(
            "members name different leaders",
            "ask again: during an election that is so for a moment",
        )),
    }
    let listed = || {
        let views = views.iter().filter_map(|view| view.etcd);
        views.filter(|etcd| !etcd.members.is_empty())
    };
    for view in views {
        let entry = |etcd: &EtcdFacts| {
            let mut members = etcd.members.iter();
            members
                .find(|listed| listed.peer_urls.contains(&view.peer_url))
                .map(|listed| listed.is_learner)
        };
        let learner: BTreeSet<Option<bool>> = listed().map(entry).collect();
        let finding = |what: &str, hint: &str| Finding {
            member: Some(view.member.name.clone()),
            what: what.to_owned(),
            hint: hint.to_owned(),
        };
        if learner.contains(&None) {
            let hint = "let it join the cluster, or take it out of the inventory";
            problems.push(finding("the cluster does not list it as a member", hint));
        } else if learner.contains(&Some(!view.member.learner)) {
            let (what, hint) = if view.member.learner {
                (
                    "it has a vote, and the inventory has it as a learner",
                    "set `etcd_learner` to false",
                )
            } else {
                (
                    "it is a learner, and the inventory has it with a vote",
                    "promote it once it has caught up, or set `etcd_learner` to true",
                )
            };
            problems.push(finding(what, hint));
        }
    }
    for stranger in strangers(views) {
        let name = match stranger.name.as_str() {
            "" => stranger.id.to_string(),
            name => name.to_owned(),
        };
        let what =
            format!("the cluster lists the member {name}, which the inventory does not have");
        problems.push(of_cluster(
            what,
            "add it to the inventory, or remove it from the cluster",
        ));
    }
    problems
}

fn strangers(views: &[View<'_>]) -> Vec<Stranger> {
    let mut strangers: Vec<Stranger> = Vec::new();
    for listed in views
        .iter()
        .filter_map(|view| view.etcd)
        .flat_map(|etcd| &etcd.members)
    {
        let is_known = views
            .iter()
            .any(|view| listed.peer_urls.contains(&view.peer_url));
        if !is_known && !strangers.iter().any(|stranger| stranger.id == listed.id) {
            strangers.push(Stranger {
                id: listed.id,
                name: listed.name.clone(),
                peer_urls: listed.peer_urls.clone(),
            });
        }
    }
    strangers
}

fn alarms(views: &[View<'_>]) -> Vec<Alarm> {
    let mut alarms: Vec<Alarm> = Vec::new();
    for alarm in views
        .iter()
        .filter_map(|view| view.etcd)
        .flat_map(|etcd| &etcd.alarms)
    {
        if !alarms.contains(alarm) {
            alarms.push(alarm.clone());
        }
    }
    alarms
}

fn alarm_problem(views: &[View<'_>], alarm: &Alarm) -> Finding {
    let member = views.iter().find(|view| view.id() == Some(alarm.member_id));
    let hint = match alarm.kind.as_str() {
        "NOSPACE" => {
            "compact and defragment each member, then `etcdctl alarm disarm`; writes are refused until then"
        }
        "CORRUPT" => {
            "stop that member, back up its data, remove it from the cluster and let it join anew"
        }
        _ => "see etcd's documents on this alarm",
    };
    Finding {
        member: member.map(|view| view.member.name.clone()),
        what: format!("the alarm {} is raised", alarm.kind),
        hint: hint.to_owned(),
    }
}

fn leader(views: &[View<'_>]) -> Option<MemberName> {
    let statuses = views.iter().filter_map(|view| view.etcd?.status.as_ref());
    let leader = one(statuses
        .map(|status| status.leader)
        .filter(|id| *id != EtcdId(0)))?;
    let of = views.iter().find(|view| view.id() == Some(leader))?;
    Some(of.member.name.clone())
}

/// Gives the value that all are, if there is one.
fn one<T: PartialEq>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

fn set_lag(members: &mut [MemberStatus]) {
    let furthest = members
        .iter()
        .filter_map(|member| member.raft_applied_index)
        .max();
    for member in members {
        let lag = |index| furthest.map(|furthest| furthest.saturating_sub(index));
        member.raft_lag = member.raft_applied_index.and_then(lag);
    }
}

fn warnings(member: &MemberStatus) -> Vec<Finding> {
    let warning = |what: String, hint: &str| Finding {
        member: Some(member.name.clone()),
        what,
        hint: hint.to_owned(),
    };
    let mut warnings = Vec::new();
    let days = member
        .certificate
        .as_ref()
        .map(|certificate| certificate.days_left);
    let renew = "`etcd-plan apply -t etcd_cert` issues it again; etcd takes it without a restart";
    match days {
        Some(days) if days < 0 => {
            warnings.push(warning("its certificate has run out".to_owned(), renew));
        }
        Some(days) if days < DAYS_TO_RENEW => {
            warnings.push(warning(
                format!("its certificate runs out in {days} days"),
                renew,
            ));
        }
        _ => {}
    }
    if let Some(percent) = member
        .quota_used_percent
        .filter(|percent| *percent >= QUOTA_NEAR)
    {
        let hint = "compact and defragment, or raise `etcd_quota_backend_bytes`: at 100 % no write is taken";
        warnings.push(warning(
            format!("its database has used {percent} % of its quota"),
            hint,
        ));
    }
    if let Some(lag) = member.raft_lag.filter(|lag| *lag > LAG_MUCH) {
        let hint = "see whether its disk or network is slow";
        warnings.push(warning(format!("it is {lag} raft entries behind"), hint));
    }
    warnings
}
