//! What must hold of key material, whoever made the CA.

mod authorities;
mod clients;
mod cuts;
mod files;
mod openssl;
mod property;
mod refusals;
mod secrets;

use etcd_plan_core::cert::{AuthorityWanted, CertificateWanted, UnixTime, Verdict};
use etcd_plan_core::names::Days;

use super::{KeyMaterial, MemberFound, MemberMaterial};
use crate::permit::Permit;

const CA_CRT: &str = "files/pki/ca/ca.crt";
const CA_KEY: &str = "files/pki/ca/ca.key";
const MEMBER_CRT: &str = "files/pki/etcd/etcd-1.crt";
const MEMBER_KEY: &str = "files/pki/etcd/etcd-1.key";

/// A time within the validity of what tests make without openssl: 2025-01-01.
const NOW: UnixTime = UnixTime(1_735_689_600);

fn ca() -> AuthorityWanted {
    AuthorityWanted::default()
}

/// What is wanted of the member `etcd-1` at 10.10.10.10.
fn wanted() -> CertificateWanted {
    let member = "etcd-1".parse().expect("a name");
    let address = "10.10.10.10".parse().expect("an address");
    CertificateWanted::for_member(&member, &address, Days(7300))
}

/// Calls that are expected to succeed, with the usual CA.
trait Expecting: KeyMaterial {
    fn make_ca(&self, now: UnixTime) {
        self.create_authority(&ca(), now, &Permit::granted())
            .expect("a CA can be made");
    }

    fn found(&self, wanted: &CertificateWanted, now: UnixTime) -> MemberFound {
        self.member(&ca(), wanted, now)
            .expect("a member can be looked at")
    }

    fn issued(&self, wanted: &CertificateWanted, now: UnixTime) -> MemberMaterial {
        self.issue(&ca(), wanted, now, &Permit::granted())
            .expect("a certificate can be issued")
    }

    fn reasons(&self, wanted: &CertificateWanted, now: UnixTime) -> Vec<String> {
        match self.found(wanted, now).verdict {
            Verdict::Keep => Vec::new(),
            Verdict::Issue { reasons } => reasons.iter().map(ToString::to_string).collect(),
        }
    }
}

impl<T: KeyMaterial> Expecting for T {}
