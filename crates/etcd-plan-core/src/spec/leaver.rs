use super::{ClusterSpec, MemberSpec};
use crate::names::EtcdId;
use crate::op::MemberFacts;

/// A member that is to leave its cluster. It is no longer among the cluster's members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaver {
    /// What it was called by: its host, its name, its id, or the address of its host.
    pub named: String,
    /// Whether it was said to be dead: nothing is done on its host then.
    pub dead: bool,
    /// The member as the inventory has it; none when its host is gone from there.
    pub member: Option<MemberSpec>,
}

impl Leaver {
    /// Says whether it is a member that the cluster lists. One that the inventory has is known by its
    /// peer URL; another one by its id, its name, or the address of its host.
    pub fn is(&self, spec: &ClusterSpec, listed: &MemberFacts) -> bool {
        if let Some(member) = &self.member {
            return listed.peer_urls.contains(&spec.peer_url(member));
        }
        let is_address = |url: &String| {
            let place = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
            let host = place.rsplit_once(':').map_or(place, |(host, _)| host);
            host.trim_matches(['[', ']']) == self.named
        };
        listed.name == self.named
            || self.named.parse() == Ok::<EtcdId, _>(listed.id)
            || listed.peer_urls.iter().any(is_address)
    }

    /// Gives the member on whose host something is done: none when it is dead or gone.
    pub fn on_host(&self) -> Option<&MemberSpec> {
        self.member.as_ref().filter(|_| !self.dead)
    }

    /// Gives what it is called in sentences.
    pub fn name(&self) -> &str {
        match &self.member {
            Some(member) => member.name.as_str(),
            None => &self.named,
        }
    }
}

impl ClusterSpec {
    /// Says whether a member that the cluster lists is to leave it.
    pub fn is_leaving(&self, listed: &MemberFacts) -> bool {
        self.leaving.iter().any(|leaver| leaver.is(self, listed))
    }
}

#[cfg(test)]
mod tests {
    use super::Leaver;
    use crate::names::EtcdId;
    use crate::op::MemberFacts;

    #[test]
    fn one_that_is_gone_is_known_by_id_name_or_address() {
        let text = "etcd: { hosts: { 10.10.10.10: { etcd_seq: 1 } } }";
        let inventory = crate::inventory::Inventory::parse(text, "hosts.yml");
        let inventory = inventory.expect("a good inventory");
        let resolved = crate::spec::resolve(&inventory, &crate::inventory::ExtraVars::default());
        let spec = &resolved.expect("a cluster").clusters[0];
        let listed = MemberFacts {
            id: EtcdId(0x8e9e_05c5_2164_694d),
            name: "etcd-3".to_owned(),
            peer_urls: vec!["https://10.10.10.12:2380".to_owned()],
            client_urls: Vec::new(),
            is_learner: false,
        };
        let is = |named: &str| {
            let named = named.to_owned();
            let (dead, member) = (false, None);
            Leaver {
                named,
                dead,
                member,
            }
            .is(spec, &listed)
        };
        for word in ["8e9e05c52164694d", "etcd-3", "10.10.10.12"] {
            assert!(is(word), "{word}");
        }
        for word in ["8e9e05c52164694e", "etcd-33", "10.10.10.1", "2380", ""] {
            assert!(!is(word), "{word}");
        }
    }
}
