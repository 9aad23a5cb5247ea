use super::{FoundConf, HostFacts, Missing, Observation};
use crate::names::{HostPath, Millis, Port};
use crate::op::{DataDirFacts, EtcdAccess, EtcdFacts, Listener, ReadOp, ServiceFacts};
use crate::plan::MemberFile;
use crate::spec::{ClusterSpec, MemberSpec};

/// How long one question waits for a member to answer, in milliseconds. It is asked again while the
/// member is alive: a run that is to stop must not wait for the whole time.
const AWAIT_AT_ONCE: Millis = Millis(10_000);

/// The same after a restart. It is a time of its own, so that it is a question of its own: what a
/// member said when it was back, others have contradicted since when the lead has moved.
const AWAIT_BACK_AT_ONCE: Millis = Millis(15_000);

/// The questions about a member that guards and steps are judged by.
#[derive(Debug, Clone, Copy)]
pub struct MemberQuestions<'a> {
    spec: &'a ClusterSpec,
    member: &'a MemberSpec,
}

impl<'a> MemberQuestions<'a> {
    /// Begins questions about a member of a cluster.
    pub fn new(spec: &'a ClusterSpec, member: &'a MemberSpec) -> Self {
        Self { spec, member }
    }

    /// All of them.
    pub fn all(self) -> Vec<ReadOp> {
        vec![
            ReadOp::System,
            ReadOp::Package,
            self.service(),
            self.listeners(),
            self.data_dir(),
            self.conf(),
            self.mark(),
            self.etcd(),
        ]
    }

    /// Those whose answers do not depend on other members: all but what the etcd says of itself.
    pub fn local(self) -> Vec<ReadOp> {
        let mut questions = self.all();
        questions.retain(|question| !matches!(question, ReadOp::Etcd { .. }));
        questions
    }

    /// The state of the member's service.
    pub fn service(self) -> ReadOp {
        ReadOp::Service {
            service: self.spec.service(),
        }
    }

    /// Who listens on the member's ports.
    pub fn listeners(self) -> ReadOp {
        let network = &self.spec.settings.network;
        let mut ports: Vec<Port> = vec![*network.port, *network.peer_port];
        ports.sort_unstable();
        ReadOp::Listeners { ports }
    }

    /// What lies in the data directory.
    pub fn data_dir(self) -> ReadOp {
        ReadOp::DataDir {
            path: self.spec.settings.storage.data.value.clone(),
        }
    }

    /// The configuration that is there.
    pub fn conf(self) -> ReadOp {
        ReadOp::ReadFile {
            path: MemberFile::EtcdConf.wanted().path,
        }
    }

    /// The note that the cluster is being built.
    pub fn mark(self) -> ReadOp {
        ReadOp::ReadFile {
            path: self.mark_path(),
        }
    }

    /// Where that note lies.
    pub fn mark_path(self) -> HostPath {
        HostPath::fixed("/etc/etcd/.being-built")
    }

    /// What the etcd says of itself.
    pub fn etcd(self) -> ReadOp {
        ReadOp::Etcd {
            access: self.access(),
        }
    }

    /// How many keys the cluster holds, as the member says.
    pub fn key_count(self) -> ReadOp {
        ReadOp::KeyCount {
            access: self.access(),
        }
    }

    /// Which revision it holds, whether it answers for itself or not.
    pub fn held_revision(self) -> ReadOp {
        ReadOp::HeldRevision {
            data: self.spec.settings.storage.data.value.clone(),
            access: self.access(),
        }
    }

    /// The note of the snapshot that a recovery is made of, as long as that is under way.
    pub fn recovery_note(self) -> ReadOp {
        ReadOp::ReadFile {
            path: self.recovery_note_path(),
        }
    }

    /// Where that note lies.
    pub fn recovery_note_path(self) -> HostPath {
        HostPath::fixed("/var/lib/etcd-plan/restore/recovery.json")
    }

    /// What depends on the cluster, as the member says.
    pub fn holdings(self) -> ReadOp {
        ReadOp::Holdings {
            access: self.access(),
        }
    }

    /// Whether the cluster asks its clients who they are, as the member says.
    pub fn auth(self) -> ReadOp {
        ReadOp::Auth {
            access: self.access(),
        }
    }

    /// Waits until the etcd answers, as what the member is wanted to be.
    pub fn await_healthy(self) -> ReadOp {
        self.await_as(self.member.learner, AWAIT_AT_ONCE)
    }

    /// Waits until the etcd answers at least as a learner.
    pub fn await_learner(self) -> ReadOp {
        self.await_as(true, AWAIT_AT_ONCE)
    }

    /// Waits until the etcd answers after a restart, as what the member is wanted to be.
    pub fn await_back(self) -> ReadOp {
        self.await_as(self.member.learner, AWAIT_BACK_AT_ONCE)
    }

    /// Which certificate the etcd presents on a new connection.
    pub fn presented(self) -> ReadOp {
        ReadOp::Presented {
            access: self.access(),
        }
    }

    fn await_as(self, as_learner: bool, timeout: Millis) -> ReadOp {
        ReadOp::AwaitHealthy {
            service: self.spec.service(),
            access: self.access(),
            as_learner,
            timeout,
        }
    }

    /// Gives what the etcd said last: when it was asked, or else when it was waited for, after which
    /// the answer from before is forgotten.
    ///
    /// # Errors
    ///
    /// When it was neither asked nor waited for.
    pub fn last_said(self, facts: &HostFacts) -> Result<&EtcdFacts, Missing> {
        let awaited = |question| Some(&facts.awaited(&question).ok()?.etcd);
        facts.etcd(&self.etcd()).or_else(|missing| {
            awaited(self.await_healthy())
                .or_else(|| awaited(self.await_learner()))
                .or_else(|| awaited(self.await_back()))
                .ok_or(missing)
        })
    }

    /// How `etcdctl` on the member's host reaches it: at the address that it advertises, so that
    /// its certificate is checked for that.
    pub fn access(self) -> EtcdAccess {
        EtcdAccess {
            endpoint: self.spec.client_url(self.member),
            cacert: MemberFile::CaCertificate.wanted().path,
            cert: MemberFile::Certificate.wanted().path,
            key: MemberFile::PrivateKey.wanted().path,
        }
    }
}

/// What was found of a member on its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberFound {
    /// The state of its service.
    pub service: ServiceFacts,
    /// What lies in its data directory.
    pub data: DataDirFacts,
    /// Who listens on its ports.
    pub listeners: Vec<Listener>,
    /// What its configuration says; none when there is none.
    pub conf: Option<FoundConf>,
    /// The token of the cluster that is being built there; none when none is.
    pub mark: Option<String>,
    /// What it says of itself.
    pub etcd: EtcdFacts,
}

impl MemberFound {
    /// Gathers what was found of a member.
    ///
    /// # Errors
    ///
    /// When one of the facts is not known.
    pub fn of(
        spec: &ClusterSpec,
        member: &MemberSpec,
        observation: &Observation,
    ) -> Result<Self, Missing> {
        let facts = observation.facts(&member.host.name)?;
        let questions = MemberQuestions::new(spec, member);
        Ok(Self {
            service: facts.service(&questions.service())?.clone(),
            data: facts.data_dir(&questions.data_dir())?.clone(),
            listeners: facts.listeners(&questions.listeners())?.clone(),
            conf: facts
                .bytes(&questions.conf())?
                .as_deref()
                .map(FoundConf::read),
            mark: facts
                .bytes(&questions.mark())?
                .as_ref()
                .map(|bytes| String::from_utf8_lossy(bytes).into_owned()),
            etcd: facts.etcd(&questions.etcd()).cloned().unwrap_or_default(),
        })
    }

    /// Says whether a run was cut off while it built what is there: the note is of the cluster that
    /// the configuration is of.
    pub fn is_being_built(&self) -> bool {
        let token = self.conf.as_ref().and_then(|conf| conf.token.as_ref());
        self.mark.is_some() && self.mark.as_ref() == token
    }

    /// Says whether there is an etcd: one that runs, or the data of one.
    pub fn is_there(&self) -> bool {
        self.service.state.is_alive() || self.data.wal
    }
}
