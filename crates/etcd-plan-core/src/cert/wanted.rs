use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{KeyAlgorithm, San, UnixTime, Usage};
use crate::names::{Address, Days, MemberName};

/// The longest time before its expiry at which a certificate is issued again.
const LONGEST_MARGIN: Days = Days(30);

/// A certificate as it is wanted: a member's, or that of a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateWanted {
    /// What it is good for, which says too in which folder its files lie.
    pub purpose: Purpose,
    /// The common name, and the name of its files: the member's, or any name of a client. Where
    /// etcd asks who a client is, this is its user.
    pub common_name: MemberName,
    /// The organization: `pigsty`, as in the original module.
    pub organization: String,
    /// The organizational unit: `etcd`.
    pub organizational_unit: String,
    /// Every name that it is good for, and no other.
    pub sans: BTreeSet<San>,
    /// How long a new one is valid: `cert_validity`. Never longer than the CA itself.
    pub validity: Days,
    /// The algorithm of its key. When none is set a new key is ECDSA P-256, and one that is there
    /// is kept whatever it is: clusters that the original module made have RSA.
    pub key: Option<KeyAlgorithm>,
    /// Since when it must have been issued: an earlier one is issued again, however good it is. None
    /// where no rotation was asked for.
    pub issued_since: Option<UnixTime>,
}

/// What a certificate is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A member's: it serves as server and as client, both for peers and for clients, since etcd's
    /// own gateway dials the server with it.
    Member,
    /// A client's: it lets in, and nobody can pass for a member with it.
    Client,
}

impl CertificateWanted {
    /// Describes the certificate of a member: good for `127.0.0.1`, `localhost`, the address that
    /// it advertises, and its own name.
    pub fn for_member(member: &MemberName, address: &Address, validity: Days) -> Self {
        Self {
            purpose: Purpose::Member,
            common_name: member.clone(),
            organization: "pigsty".to_owned(),
            organizational_unit: "etcd".to_owned(),
            sans: BTreeSet::from([
                San::from(&Address::LOOPBACK),
                San::dns("localhost"),
                San::from(address),
                San::dns(member.as_str()),
            ]),
            validity,
            key: None,
            issued_since: None,
        }
    }

    /// Describes the certificate of a client, such as Patroni on a database host. A client is asked
    /// for no name, so it needs none besides its common name.
    pub fn for_client(name: &MemberName, sans: BTreeSet<San>, validity: Days) -> Self {
        Self {
            purpose: Purpose::Client,
            common_name: name.clone(),
            organization: "pigsty".to_owned(),
            organizational_unit: "etcd".to_owned(),
            sans,
            validity,
            key: None,
            issued_since: None,
        }
    }

    /// Gives what it may be used for, and nothing else.
    pub fn usages(&self) -> &'static [Usage] {
        match self.purpose {
            Purpose::Member => &[Usage::Server, Usage::Client],
            Purpose::Client => &[Usage::Client],
        }
    }

    /// Gives the attributes of its subject.
    pub fn subject(&self) -> [(&'static str, &str); 3] {
        [
            ("CN", self.common_name.as_str()),
            ("O", &self.organization),
            ("OU", &self.organizational_unit),
        ]
    }

    /// Gives how many seconds before its expiry it is issued again: 30 days, or a third of the
    /// validity where that is less.
    ///
    /// 30 days leave room for a monthly maintenance window; the third keeps a short-lived
    /// certificate from being issued again at every run.
    pub fn renewal_margin(&self) -> i64 {
        let seconds = |days: Days| UnixTime(0).plus_days(days).0;
        seconds(LONGEST_MARGIN).min(seconds(self.validity) / 3)
    }
}
