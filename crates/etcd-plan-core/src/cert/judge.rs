use super::{
    AuthorityFacts, CertificateFacts, CertificateWanted, KeyDigest, Purpose, Reason, UnixTime,
};

/// A file of a member's key material, as far as it was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece<T> {
    /// There is none.
    Missing,
    /// It cannot be read; why, as a clause such as `holds no certificate in PEM form`.
    Unreadable(String),
    /// What it says.
    There(T),
}

/// What is there of a member's key material.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The certificate.
    pub certificate: Piece<CertificateFacts>,
    /// The digest of the public key that belongs to the private key.
    pub key: Piece<KeyDigest>,
    /// Whether the certificate's signature verifies with the CA's key; false when either is not
    /// there.
    pub signature_verifies: bool,
}

/// Whether a certificate is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is as wanted.
    Keep,
    /// It must be issued (again).
    Issue {
        /// Why; at least one.
        reasons: Vec<Reason>,
    },
}

impl Verdict {
    /// Says whether the certificate is as wanted.
    pub fn keeps(&self) -> bool {
        matches!(self, Self::Keep)
    }
}

/// Decides whether a member's certificate must be issued again, and names every reason.
///
/// Nothing but what is listed in [`Reason`] makes it be issued again. A validity other than the one
/// wanted does not: a changed `cert_validity` takes effect when the certificate is due. Nor does an
/// expiry that issuing would not put off, because the CA expires no later.
pub fn judge(
    wanted: &CertificateWanted,
    found: &Found,
    authority: Option<&AuthorityFacts>,
    now: UnixTime,
) -> Verdict {
    let mut reasons = Vec::new();
    match &found.certificate {
        // The key does not matter then: a new one comes with the certificate.
        Piece::Missing => reasons.push(Reason::NoCertificate),
        Piece::Unreadable(why) => reasons.push(Reason::CertificateUnreadable(why.clone())),
        Piece::There(certificate) => {
            issuer(found, certificate, authority, &mut reasons);
            names(wanted, certificate, &mut reasons);
            usages(wanted, certificate, &mut reasons);
            key(wanted, found, certificate, &mut reasons);
            dates(wanted, certificate, authority, now, &mut reasons);
        }
    }
    if reasons.is_empty() {
        Verdict::Keep
    } else {
        Verdict::Issue { reasons }
    }
}

fn issuer(
    found: &Found,
    certificate: &CertificateFacts,
    authority: Option<&AuthorityFacts>,
    reasons: &mut Vec<Reason>,
) {
    let Some(authority) = authority else {
        return reasons.push(Reason::NoAuthority);
    };
    if certificate.issuer != authority.signer.subject {
        reasons.push(Reason::OtherIssuer {
            found: certificate.issuer.to_string(),
            wanted: authority.name(),
        });
    } else if !certificate.names_as_issuer(&authority.signer) {
        reasons.push(Reason::OtherIssuerKey);
    } else if !found.signature_verifies {
        reasons.push(Reason::BadSignature);
    }
}

fn names(wanted: &CertificateWanted, certificate: &CertificateFacts, reasons: &mut Vec<Reason>) {
    if !certificate.subject.consists_of(&wanted.subject()) {
        reasons.push(Reason::OtherSubject {
            found: certificate.subject.to_string(),
        });
    }
    let lacking = wanted.sans.difference(&certificate.sans);
    reasons.extend(lacking.cloned().map(Reason::LacksName));
    let extra = certificate.sans.difference(&wanted.sans);
    reasons.extend(extra.map(|san| Reason::ExtraName(san.to_string())));
    let other = certificate.other_sans.iter().cloned();
    reasons.extend(other.map(Reason::ExtraName));
}

fn usages(wanted: &CertificateWanted, certificate: &CertificateFacts, reasons: &mut Vec<Reason>) {
    // Who can be a server with a client's certificate can pass for a member.
    if wanted.purpose == Purpose::Client {
        let found = certificate.usages.iter().flatten();
        let extra = found.filter(|usage| !wanted.usages().contains(usage));
        reasons.extend(extra.map(|usage| Reason::ExtraUsage(*usage)));
    }
    for usage in wanted.usages().iter().copied() {
        // Named, not merely allowed: not every TLS library takes silence for consent.
        let named = certificate
            .usages
            .as_ref()
            .is_some_and(|usages| usages.contains(&usage));
        if !named {
            reasons.push(Reason::LacksUsage(usage));
        }
    }
}

fn key(
    wanted: &CertificateWanted,
    found: &Found,
    certificate: &CertificateFacts,
    reasons: &mut Vec<Reason>,
) {
    match &found.key {
        Piece::Missing => reasons.push(Reason::NoKey),
        Piece::Unreadable(why) => reasons.push(Reason::KeyUnreadable(why.clone())),
        Piece::There(key) if *key != certificate.key_digest => reasons.push(Reason::KeyMismatch),
        Piece::There(_) => {}
    }
    if let Some(algorithm) = wanted.key.filter(|key| key.kind() != certificate.key) {
        reasons.push(Reason::OtherKeyAlgorithm {
            found: certificate.key.clone(),
            wanted: algorithm,
        });
    }
}

fn dates(
    wanted: &CertificateWanted,
    certificate: &CertificateFacts,
    authority: Option<&AuthorityFacts>,
    now: UnixTime,
    reasons: &mut Vec<Reason>,
) {
    let limit = authority.map(AuthorityFacts::not_after);
    let renewed = now.plus_days(wanted.validity);
    let renewed = limit.map_or(renewed, |limit| renewed.min(limit));
    let end = certificate.not_after;
    let left = end.seconds_since(now);
    let rotated = wanted.issued_since;
    if rotated.is_some_and(|since| certificate.issued_at() < since) {
        reasons.push(Reason::RotationAskedFor);
    }
    if certificate.not_before > now {
        let seconds = certificate.not_before.seconds_since(now);
        reasons.push(Reason::NotYetValid { seconds });
    }
    if left < 0 {
        reasons.push(Reason::Expired { seconds: -left });
    } else if left < wanted.renewal_margin() && renewed > end {
        reasons.push(Reason::ExpiresSoon { seconds: left });
    }
    if limit.is_some_and(|limit| end > limit) {
        reasons.push(Reason::OutlivesAuthority);
    }
}

#[cfg(test)]
mod tests {
    use super::{Found, Piece, Verdict, judge};
    use crate::cert::{
        AuthorityFacts, CertificateFacts, CertificateWanted, KeyAlgorithm, KeyDigest, KeyKind, San,
        UnixTime, Usage,
    };
    use crate::names::Days;

    const DAY: i64 = 86_400;

    /// A member's certificate as the original module issues it, with all that belongs to it.
    struct Case {
        wanted: CertificateWanted,
        found: Found,
        authority: Option<AuthorityFacts>,
        now: UnixTime,
    }

    impl Case {
        fn good() -> Self {
            let member = include_bytes!("fixtures/member.crt");
            let member = CertificateFacts::parse(member).expect("a fixture is a certificate");
            let authority = AuthorityFacts::parse(include_bytes!("fixtures/authority.crt"), None)
                .expect("a fixture is a CA");
            let address = "10.10.10.10".parse().expect("an address");
            let name = "etcd-1".parse().expect("a name");
            Self {
                wanted: CertificateWanted::for_member(&name, &address, Days(7300)),
                now: member.not_before,
                found: Found {
                    key: Piece::There(member.key_digest),
                    certificate: Piece::There(member),
                    signature_verifies: true,
                },
                authority: Some(authority),
            }
        }

        fn certificate(&mut self) -> &mut CertificateFacts {
            match &mut self.found.certificate {
                Piece::There(certificate) => certificate,
                _ => panic!("the case has a certificate"),
            }
        }

        fn authority(&mut self) -> &mut AuthorityFacts {
            self.authority.as_mut().expect("the case has a CA")
        }

        fn end(&mut self) -> UnixTime {
            self.certificate().not_after
        }

        fn reasons(&self) -> Vec<String> {
            match judge(&self.wanted, &self.found, self.authority.as_ref(), self.now) {
                Verdict::Keep => Vec::new(),
                Verdict::Issue { reasons } => reasons.iter().map(ToString::to_string).collect(),
            }
        }
    }

    #[test]
    fn each_difference_alone_is_named_and_nothing_else() {
        type Change = fn(&mut Case);
        let cases: [(Change, &[&str]); 25] = [
            (|_| {}, &[]),
            (|c| c.found.certificate = Piece::Missing, &["is not there"]),
            (
                |c| c.found.certificate = Piece::Unreadable("holds junk".to_owned()),
                &["holds junk"],
            ),
            (|c| c.found.key = Piece::Missing, &["has no key"]),
            (
                |c| c.found.key = Piece::Unreadable("is encrypted".to_owned()),
                &["has a key file that is encrypted"],
            ),
            (
                |c| c.found.key = Piece::There(KeyDigest::of(b"another")),
                &["does not belong to the key beside it"],
            ),
            (|c| c.authority = None, &["is of no CA that is there"]),
            (
                |c| c.certificate().issuer = c.certificate().subject.clone(),
                &["was issued by O=pigsty, OU=etcd, CN=etcd-1, not by CN=pigsty-ca"],
            ),
            (
                |c| c.certificate().authority_key_id = Some(vec![1]),
                &["was issued with another key of the CA"],
            ),
            (
                |c| c.found.signature_verifies = false,
                &["has a signature that is not by the CA's key"],
            ),
            (
                |c| c.certificate().subject = c.certificate().issuer.clone(),
                &["is that of CN=pigsty-ca"],
            ),
            (
                |c| c.wanted.sans.extend([San::dns("db-1.example.org")]),
                &["lacks the name DNS db-1.example.org"],
            ),
            (
                |c| {
                    c.certificate()
                        .sans
                        .retain(|san| *san != San::Ip([10, 10, 10, 10].into()));
                },
                &["lacks the name IP 10.10.10.10"],
            ),
            (
                |c| c.certificate().sans.extend([San::dns("other")]),
                &["is also good for the name DNS other"],
            ),
            (
                |c| c.certificate().other_sans.push("URI(x)".to_owned()),
                &["is also good for the name URI(x)"],
            ),
            (
                |c| c.certificate().usages = None,
                &["lacks the usage serverAuth", "lacks the usage clientAuth"],
            ),
            (
                |c| c.certificate().usages = Some([Usage::Server, Usage::Any].into()),
                &["lacks the usage clientAuth"],
            ),
            (
                |c| c.wanted.key = Some(KeyAlgorithm::Rsa4096),
                &["has a key that is RSA 2048, not rsa-4096"],
            ),
            (
                |c| c.now = c.certificate().not_before.minus_seconds(7200),
                &["becomes valid only in 2 hours"],
            ),
            (
                |c| c.now = c.end().minus_seconds(12 * DAY),
                &["expires in 12 days"],
            ),
            (
                |c| c.now = c.end().minus_seconds(-3 * DAY),
                &["expired 3 days ago"],
            ),
            (
                |c| c.authority().signer.not_after = c.end().minus_seconds(1),
                &["is valid for longer than its CA"],
            ),
            (
                |c| c.wanted.issued_since = Some(c.certificate().issued_at().minus_seconds(-1)),
                &["rotation asked for"],
            ),
            // Two at once: both are said.
            (
                |c| {
                    c.found.key = Piece::Missing;
                    c.found.signature_verifies = false;
                },
                &["has a signature that is not by the CA's key", "has no key"],
            ),
            (
                |c| {
                    c.wanted.key = Some(KeyAlgorithm::EcdsaP256);
                    c.certificate().key = KeyKind::EcdsaP384;
                },
                &["has a key that is ECDSA P-384, not ecdsa-p256"],
            ),
        ];
        for (index, (change, expected)) in cases.into_iter().enumerate() {
            let mut case = Case::good();
            change(&mut case);
            assert_eq!(case.reasons(), expected, "case {index}");
        }
    }

    #[test]
    fn what_makes_no_difference_is_kept() {
        type Change = fn(&mut Case);
        let cases: [Change; 8] = [
            |c| c.wanted.validity = Days(90),
            |c| c.wanted.issued_since = Some(c.certificate().issued_at()),
            |c| c.wanted.validity = Days(36_500),
            |c| c.wanted.key = Some(KeyAlgorithm::Rsa2048),
            |c| c.certificate().usages = Some([Usage::Server, Usage::Client, Usage::Any].into()),
            |c| c.certificate().authority_key_id = None,
            |c| c.now = c.end().minus_seconds(30 * DAY),
            // The CA expires with it: issued again, it would not last longer.
            |c| {
                c.now = c.end().minus_seconds(DAY);
                c.authority().signer.not_after = c.end();
            },
        ];
        for (index, change) in cases.into_iter().enumerate() {
            let mut case = Case::good();
            change(&mut case);
            assert_eq!(case.reasons(), [""; 0], "case {index}");
        }
    }

    #[test]
    fn a_short_lived_certificate_is_due_after_two_thirds_of_its_life() {
        let mut case = Case::good();
        case.wanted.validity = Days(3);
        case.now = case.end().minus_seconds(DAY);
        assert_eq!(case.reasons(), [""; 0]);
        case.now = case.end().minus_seconds(DAY - 1);
        assert_eq!(case.reasons(), ["expires in 23 hours"]);
    }
}
