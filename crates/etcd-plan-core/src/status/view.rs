use super::{CertificateStatus, Finding, MemberStatus, Role, StatusInputs};
use crate::cert::{CertificateFacts, UnixTime};
use crate::facts::{HostFacts, MemberQuestions};
use crate::guard::split_hint;
use crate::host_journal::HostJournal;
use crate::names::EtcdId;
use crate::op::{EtcdFacts, ReadOp, ServiceState};
use crate::plan::MemberFile;
use crate::spec::{ClusterSpec, MemberSpec};

const SECONDS_A_DAY: i64 = 86_400;

/// Gives what is asked of a member's host for its status, besides what every run asks.
pub fn questions(spec: &ClusterSpec) -> Vec<ReadOp> {
    let path = crate::backup::last();
    let backup = ReadOp::ReadFile { path };
    vec![certificate(), backup, HostJournal::question(&spec.name)]
}

fn certificate() -> ReadOp {
    ReadOp::ReadFile {
        path: MemberFile::Certificate.wanted().path,
    }
}

/// What was read of one member.
pub(super) struct View<'a> {
    pub(super) member: &'a MemberSpec,
    /// The facts of its host, or why there are none.
    pub(super) facts: Result<&'a HostFacts, String>,
    pub(super) service: Option<ServiceState>,
    pub(super) etcd: Option<&'a EtcdFacts>,
    pub(super) peer_url: String,
    pub(super) client_url: String,
}

impl<'a> View<'a> {
    pub(super) fn of(member: &'a MemberSpec, inputs: &StatusInputs<'a>) -> Self {
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

    pub(super) fn is_voter_well(&self) -> bool {
        !self.member.learner && self.is_well()
    }

    pub(super) fn id(&self) -> Option<EtcdId> {
        Some(self.etcd?.status.as_ref()?.member_id)
    }

    pub(super) fn status(&self, inputs: &StatusInputs<'_>) -> MemberStatus {
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

    /// Says what is wrong with it. That it does not run is all right where it is no member yet.
    pub(super) fn problem(&self, is_listed: bool) -> Option<Finding> {
        let problem =
            |what: String, hint: &str| Some(Finding::of_member(&self.member.name, what, hint));
        if let Err(why) = &self.facts {
            let (why, hint) = split_hint(why, "make the host reachable");
            return problem(format!("its host could not be read: {why}"), hint);
        }
        match self.service {
            Some(state) if !state.is_alive() => {
                let hint = "see `journalctl -u etcd` there; `etcd-plan apply` starts it";
                return problem("etcd does not run".to_owned(), hint).filter(|_| is_listed);
            }
            None => {
                let hint = "see that the state of the service can be read there";
                return problem("it is not known whether etcd runs".to_owned(), hint);
            }
            Some(_) => {}
        }
        if self.is_well() {
            return None;
        }
        let said = self.etcd.map_or("", |etcd| etcd.said.trim());
        let said = said.lines().last().map(|line| format!(": {line}"));
        let hint = "see `journalctl -u etcd` there, and that its peers can be reached from there";
        let what = format!("etcd runs and does not answer{}", said.unwrap_or_default());
        problem(what, hint)
    }
}
