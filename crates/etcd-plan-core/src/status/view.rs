use super::{CertificateStatus, Finding, MemberStatus, Role, StatusInputs};
use crate::cert::{CertificateFacts, UnixTime};
use crate::facts::{HostFacts, MemberQuestions};
use crate::guard::split_hint;
use crate::host_journal::HostJournal;
use crate::names::EtcdId;
use crate::op::{EtcdFacts, MemberFacts, ReadOp, ServiceState};
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

/// Finds a member of an external cluster in what the members list, by where clients reach it or by
/// its id: an inventory does not know where the members of such a cluster reach each other.
fn external_peer_url(member: &MemberSpec, inputs: &StatusInputs<'_>) -> Option<String> {
    let said = |member: &MemberSpec| {
        let facts = inputs.observation.facts(&member.host.name).ok()?;
        facts
            .etcd(&MemberQuestions::new(inputs.spec, member).etcd())
            .ok()
    };
    let own_id = said(member).and_then(|etcd| Some(etcd.status.as_ref()?.member_id));
    let url = inputs.spec.client_url(member);
    let lists = inputs.spec.members.iter().filter_map(said);
    let mut listed = lists.flat_map(|etcd| &etcd.members);
    let is_it = |other: &&MemberFacts| Some(other.id) == own_id || other.client_urls.contains(&url);
    listed.find(is_it)?.peer_urls.first().cloned()
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
    /// Nothing but what etcd says is known of it then.
    is_external: bool,
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
            peer_url: match external_peer_url(member, inputs) {
                Some(url) if inputs.spec.is_external() => url,
                _ => inputs.spec.peer_url(member),
            },
            client_url: inputs.spec.client_url(member),
            is_external: inputs.spec.is_external(),
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
        let quota = super::judge::quota(inputs.spec);
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
        if let (Err(why), false) = (&self.facts, self.is_external) {
            let (why, hint) = split_hint(why, "make the host reachable");
            return problem(format!("its host could not be read: {why}"), hint);
        }
        match self.service {
            Some(state) if !state.is_alive() => {
                let hint = "see `journalctl -u etcd` there; `etcd-plan apply` starts it";
                return problem("etcd does not run".to_owned(), hint).filter(|_| is_listed);
            }
            None if !self.is_external => {
                let hint = "see that the state of the service can be read there";
                return problem("it is not known whether etcd runs".to_owned(), hint);
            }
            _ => {}
        }
        if self.is_well() {
            return None;
        }
        let said = self.etcd.map_or("", |etcd| etcd.said.trim());
        let said = said.lines().last().map(|line| format!(": {line}"));
        let said = said.or_else(|| Some(format!(": {}", self.facts.as_ref().err()?)));
        let said = said.unwrap_or_default();
        if self.is_external {
            let hint = "see that it can be reached from here, with the files that `etcd_external_ca`, \
                        `etcd_external_cert` and `etcd_external_key` name";
            return problem(format!("it does not answer{said}"), hint);
        }
        let hint = "see `journalctl -u etcd` there, and that its peers can be reached from there";
        let what = format!("etcd runs and does not answer{said}");
        problem(what, hint)
    }
}
