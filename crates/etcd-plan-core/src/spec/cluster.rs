use crate::diagnostic::Place;
use crate::names::{Address, ClusterName, GroupName, HostName, HostPath, MemberName};
use crate::op::{MemberFacts, Service};
use crate::spec::Leaver;
use crate::spec::params::Settings;

/// One etcd cluster, fully resolved from an inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterSpec {
    /// Its name, from `etcd_cluster`.
    pub name: ClusterName,
    /// The group that it is in the inventory.
    pub group: GroupName,
    /// The parameters that its members share.
    pub settings: Settings,
    /// Its members, in the order of their `etcd_seq`.
    pub members: Vec<MemberSpec>,
    /// The members that are to leave it, in the order in which they were named: none but for the
    /// goals `remove` and `replace`.
    pub leaving: Vec<Leaver>,
    /// The hosts of group `infra`, at which members are registered.
    pub infra: Vec<HostSpec>,
    /// Where its group is written, if that is known.
    pub place: Option<Place>,
}

/// A member as it is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberSpec {
    /// Its `etcd_seq`.
    pub seq: u32,
    /// Its name, `<etcd_cluster>-<etcd_seq>` unless `etcd_name` says another.
    pub name: MemberName,
    /// The address that it advertises.
    pub address: Address,
    /// Whether it has no vote.
    pub learner: bool,
    /// The host that it lives on.
    pub host: HostSpec,
    /// Where its host is written, if that is known.
    pub place: Option<Place>,
    /// Where its `etcd_seq` is written, if that is known.
    pub seq_place: Option<Place>,
}

/// A host as an executor must know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostSpec {
    /// Its name in the inventory.
    pub name: HostName,
    /// How it is reached.
    pub connection: Connection,
}

/// How a host is reached, from Ansible's connection variables.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Connection {
    /// `ansible_host`: where to connect, when that is not the host's name.
    pub host: Option<String>,
    /// `ansible_port`.
    pub port: Option<u16>,
    /// `ansible_user`.
    pub user: Option<String>,
    /// `ansible_ssh_private_key_file`.
    pub private_key_file: Option<String>,
    /// `ansible_ssh_common_args`, which [`SshArgs`](super::SshArgs) reads.
    pub ssh_common_args: Option<String>,
    /// `ansible_become` with `ansible_become_user` (`root` when that is not given).
    pub become_user: Option<String>,
    /// `ansible_connection: local`.
    pub local: bool,
}

impl ClusterSpec {
    /// The unit that runs etcd.
    pub fn service(&self) -> Service {
        Service {
            name: "etcd".to_owned(),
            program: HostPath::fixed("/usr/bin/etcd"),
            config: HostPath::fixed("/etc/etcd/etcd.conf"),
        }
    }

    /// Says whether somebody else runs it: then no plan is made for it.
    pub fn is_external(&self) -> bool {
        *self.settings.external.external
    }

    /// Gives the URL at which clients reach a member.
    pub fn client_url(&self, member: &MemberSpec) -> String {
        format!(
            "https://{}:{}",
            member.address.in_url(),
            *self.settings.network.port
        )
    }

    /// Gives the URL at which other members reach a member.
    pub fn peer_url(&self, member: &MemberSpec) -> String {
        format!(
            "https://{}:{}",
            member.address.in_url(),
            *self.settings.network.peer_port
        )
    }

    /// Says whether a member is the one that the cluster lists: by its peer URL, or by its name where it
    /// moves to another one.
    pub fn is_listed_as(&self, member: &MemberSpec, listed: &MemberFacts) -> bool {
        listed.peer_urls.contains(&self.peer_url(member)) || listed.name == member.name.as_str()
    }

    /// Gives the members that vote.
    pub fn voters(&self) -> impl Iterator<Item = &MemberSpec> {
        self.members.iter().filter(|member| !member.learner)
    }

    /// Gives the client URLs of the members that vote: learners answer no linearizable read.
    pub fn endpoints(&self) -> Vec<String> {
        let voters = self.voters();
        voters.map(|member| self.client_url(member)).collect()
    }

    /// Gives how many votes a decision needs: more than half of the voters.
    pub fn quorum(&self) -> usize {
        self.voters().count() / 2 + 1
    }

    /// Gives how many voters may fail while decisions are still made.
    pub fn tolerance(&self) -> usize {
        self.voters().count().saturating_sub(self.quorum())
    }

    /// Gives the file in which a member is registered with Prometheus.
    pub fn target_file(&self, member: &MemberSpec) -> HostPath {
        self.target_folder().join(&format!("{}.yml", member.name))
    }

    /// Gives the folder of those files.
    pub fn target_folder(&self) -> HostPath {
        HostPath::fixed("/etc/prometheus/targets/etcd")
    }
}
