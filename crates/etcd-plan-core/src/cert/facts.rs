use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use x509_parser::certificate::X509Certificate;
use x509_parser::error::X509Error;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::pem::Pem;
use x509_parser::prelude::FromDer as _;

use super::{DistinguishedName, KeyDigest, KeyKind, San, UnixTime, pem_block};

/// How far in the past a certificate that is made here begins, in seconds: a host whose clock is slow by
/// less than this takes it at once. Five minutes is what Kerberos tolerates, so what data centres keep
/// to.
pub const BACKDATED: i64 = 5 * 60;

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Whose it is.
    pub subject: DistinguishedName,
    /// Who signed it.
    pub issuer: DistinguishedName,
    /// The IP addresses and DNS names that it is good for.
    pub sans: BTreeSet<San>,
    /// Names of other kinds that it is good for (URIs, mail addresses), as text.
    pub other_sans: Vec<String>,
    /// What it may be used for; none when it does not say, which allows everything.
    pub usages: Option<BTreeSet<Usage>>,
    /// Whether it is a CA's: `cA` in basicConstraints.
    pub is_ca: bool,
    /// Whether its key may sign certificates: keyCertSign in keyUsage, or no keyUsage.
    pub may_sign: bool,
    /// From when it is valid.
    pub not_before: UnixTime,
    /// Until when, inclusive.
    pub not_after: UnixTime,
    /// The kind of its key.
    pub key: KeyKind,
    /// The digest of its public key.
    pub key_digest: KeyDigest,
    /// The identifier of its key, if it says one.
    pub subject_key_id: Option<Vec<u8>>,
    /// The identifier of its issuer's key, if it says one.
    pub authority_key_id: Option<Vec<u8>>,
    /// The serial number in lower-case hexadecimal.
    pub serial: String,
    /// The certificate itself.
    pub der: Vec<u8>,
}

/// A purpose for which a certificate may be used (an entry of the extension extendedKeyUsage).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Usage {
    /// As a TLS server.
    Server,
    /// As a TLS client.
    Client,
    /// For anything.
    Any,
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => "serverAuth",
            Self::Client => "clientAuth",
            Self::Any => "anyExtendedKeyUsage",
        })
    }
}

/// Says why a text is not a certificate that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// There is no PEM block of a certificate.
    #[error("holds no certificate in PEM form")]
    NoCertificate,
    /// A PEM block is broken.
    #[error("holds a broken PEM block: {0}")]
    Pem(String),
    /// The bytes in the block are not a certificate.
    #[error("holds a block that is not an X.509 certificate: {0}")]
    X509(String),
}

impl CertificateFacts {
    /// Reads the first certificate of a PEM text, which is the leaf where a chain follows.
    ///
    /// # Errors
    ///
    /// When there is none, or it cannot be read.
    pub fn parse(pem: &[u8]) -> Result<Self, CertificateError> {
        blocks(pem)
            .next()
            .ok_or(CertificateError::NoCertificate)?
            .and_then(|der| Self::from_der(&der))
    }

    /// Reads all certificates of a PEM text, in their order; at least one.
    ///
    /// # Errors
    ///
    /// When there is none, or one of them cannot be read.
    pub fn parse_all(pem: &[u8]) -> Result<Vec<Self>, CertificateError> {
        let all = blocks(pem)
            .map(|der| Self::from_der(&der?))
            .collect::<Result<Vec<_>, _>>()?;
        if all.is_empty() {
            return Err(CertificateError::NoCertificate);
        }
        Ok(all)
    }

    /// Reads a certificate from its DER encoding.
    ///
    /// # Errors
    ///
    /// When it is none, or an extension that matters here cannot be read.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let (rest, certificate) = X509Certificate::from_der(der)
            .map_err(|error| CertificateError::X509(error.to_string()))?;
        if !rest.is_empty() {
            return Err(CertificateError::X509("bytes follow it".to_owned()));
        }
        Self::of(&certificate, der).map_err(|error| CertificateError::X509(error.to_string()))
    }

    /// Says whether subject and issuer are one: a root, signed with its own key.
    pub fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Gives the time at which it was issued, if that was here. One that was issued elsewhere counts as
    /// some minutes younger than it is.
    pub fn issued_at(&self) -> UnixTime {
        self.not_before.minus_seconds(-BACKDATED)
    }

    /// Says whether its issuer is `other`, as far as names and key identifiers tell.
    pub fn names_as_issuer(&self, other: &Self) -> bool {
        let identifiers_agree = match (&self.authority_key_id, &other.subject_key_id) {
            (Some(named), Some(is)) => named == is,
            _ => true,
        };
        self.issuer == other.subject && identifiers_agree
    }

    /// Says whether it may be used for a purpose, which it does when it restricts none.
    pub fn allows(&self, usage: &Usage) -> bool {
        self.usages
            .as_ref()
            .is_none_or(|usages| usages.contains(usage) || usages.contains(&Usage::Any))
    }

    /// Gives the SHA-256 of the certificate in lower-case hexadecimal: its fingerprint.
    pub fn sha256(&self) -> String {
        crate::op::digest(&self.der)
    }

    /// Writes it as a PEM block.
    pub fn to_pem(&self) -> String {
        pem_block("CERTIFICATE", &self.der)
    }

    fn of(certificate: &X509Certificate<'_>, der: &[u8]) -> Result<Self, X509Error> {
        let (sans, other_sans) = names(certificate)?;
        let (subject_key_id, authority_key_id) = key_ids(certificate);
        let spki = certificate.public_key();
        Ok(Self {
            subject: DistinguishedName::of(certificate.subject()),
            issuer: DistinguishedName::of(certificate.issuer()),
            sans,
            other_sans,
            usages: usages(certificate)?,
            is_ca: certificate
                .basic_constraints()?
                .is_some_and(|extension| extension.value.ca),
            may_sign: certificate
                .key_usage()?
                .is_none_or(|extension| extension.value.key_cert_sign()),
            not_before: UnixTime(certificate.validity().not_before.timestamp()),
            not_after: UnixTime(certificate.validity().not_after.timestamp()),
            key: KeyKind::of(spki),
            key_digest: KeyDigest::of(&spki.subject_public_key.data),
            subject_key_id,
            authority_key_id,
            serial: certificate.tbs_certificate.serial.to_str_radix(16),
            der: der.to_vec(),
        })
    }
}

/// Goes through the certificates of a PEM text; blocks of other kinds are passed over.
fn blocks(pem: &[u8]) -> impl Iterator<Item = Result<Vec<u8>, CertificateError>> {
    Pem::iter_from_buffer(pem).filter_map(|block| match block {
        Ok(block) => (block.label == "CERTIFICATE").then_some(Ok(block.contents)),
        Err(error) => Some(Err(CertificateError::Pem(error.to_string()))),
    })
}

fn names(certificate: &X509Certificate<'_>) -> Result<(BTreeSet<San>, Vec<String>), X509Error> {
    let mut sans = BTreeSet::new();
    let mut other = Vec::new();
    let extension = certificate.subject_alternative_name()?;
    for name in extension.iter().flat_map(|e| &e.value.general_names) {
        let san = match name {
            GeneralName::DNSName(name) => Some(San::dns(name)),
            GeneralName::IPAddress(octets) => ip(octets).map(San::Ip),
            _ => None,
        };
        match san {
            Some(san) => sans.extend([san]),
            None => other.push(name.to_string()),
        }
    }
    Ok((sans, other))
}

fn ip(octets: &[u8]) -> Option<IpAddr> {
    <[u8; 4]>::try_from(octets)
        .map(IpAddr::from)
        .or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from))
        .ok()
}

fn usages(certificate: &X509Certificate<'_>) -> Result<Option<BTreeSet<Usage>>, X509Error> {
    Ok(certificate.extended_key_usage()?.map(|extension| {
        [
            (extension.value.server_auth, Usage::Server),
            (extension.value.client_auth, Usage::Client),
            (extension.value.any, Usage::Any),
        ]
        .into_iter()
        .filter_map(|(has, usage)| has.then_some(usage))
        .collect()
    }))
}

fn key_ids(certificate: &X509Certificate<'_>) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
    let (mut subject, mut authority) = (None, None);
    for extension in certificate.iter_extensions() {
        match extension.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(id) => subject = Some(id.0.to_vec()),
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                authority = id.key_identifier.as_ref().map(|id| id.0.to_vec());
            }
            _ => {}
        }
    }
    (subject, authority)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::{CertificateError, CertificateFacts, KeyKind, San, Usage};

    const MEMBER: &[u8] = include_bytes!("fixtures/member.crt");
    const AUTHORITY: &[u8] = include_bytes!("fixtures/authority.crt");
    const CHAIN: &[u8] = include_bytes!("fixtures/chain.crt");
    const ODD: &[u8] = include_bytes!("fixtures/odd.crt");

    fn parse(pem: &[u8]) -> CertificateFacts {
        CertificateFacts::parse(pem).expect("a fixture is a certificate")
    }

    #[test]
    fn reads_what_the_original_module_issues() {
        let (member, authority) = (parse(MEMBER), parse(AUTHORITY));
        assert_eq!(member.subject.to_string(), "O=pigsty, OU=etcd, CN=etcd-1");
        assert!(member.names_as_issuer(&authority));
        assert_eq!(
            member.sans,
            BTreeSet::from([
                San::Ip([127, 0, 0, 1].into()),
                San::Ip([10, 10, 10, 10].into()),
                San::dns("localhost"),
                San::dns("etcd-1"),
            ])
        );
        assert_eq!(
            member.usages,
            Some(BTreeSet::from([Usage::Server, Usage::Client]))
        );
        assert_eq!(member.key, KeyKind::Rsa { bits: 2048 });
        assert_eq!(member.serial, "123456789abcdef");
        assert!(!member.is_ca && authority.is_ca && authority.may_sign);
        assert_eq!(
            member.not_after.seconds_since(member.not_before),
            7300 * 86_400
        );
    }

    #[test]
    fn reads_names_usages_and_keys_of_every_kind() {
        let odd = parse(ODD);
        assert_eq!(
            odd.subject.to_string(),
            "DC=org, DC=example, CN=Ünlü?CA",
            "both DC are kept, and what would steer a terminal is not printed"
        );
        assert_eq!(
            odd.sans,
            BTreeSet::from([
                San::Ip("fd00::1".parse().expect("an address")),
                San::dns("ca.example.org"),
            ])
        );
        assert_eq!(
            odd.other_sans,
            ["URI(spiffe://example.org/ca)", "RFC822Name(ca@example.org)"]
        );
        assert_eq!(odd.key, KeyKind::EcdsaP384);
        assert!(odd.is_ca && !odd.may_sign);
        assert!(odd.allows(&Usage::Client));
    }

    #[test]
    fn keeps_all_of_a_chain_in_its_order() {
        let chain = CertificateFacts::parse_all(CHAIN).expect("a chain");
        let names: Vec<String> = chain.iter().map(|c| c.subject.to_string()).collect();
        assert_eq!(names, ["CN=pigsty-intermediate", "CN=pigsty-ca"]);
        assert_eq!(chain[0].key, KeyKind::Ed25519);
        assert_eq!(chain[0], parse(CHAIN));
    }

    #[test]
    fn writes_the_pem_that_it_read() {
        let text = String::from_utf8(MEMBER.to_vec()).expect("PEM is text");
        assert_eq!(parse(MEMBER).to_pem(), text);
    }

    #[test]
    fn refuses_what_is_no_certificate() {
        let half = &MEMBER[..MEMBER.len() / 2];
        let key: &[u8] = b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
        let junk: &[u8] = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for (pem, error) in [
            (b"".as_slice(), "holds no certificate in PEM form"),
            (key, "holds no certificate in PEM form"),
            (half, "holds a broken PEM block: "),
            (junk, "holds a block that is not an X.509 certificate: "),
        ] {
            let found = CertificateFacts::parse(pem).expect_err(error).to_string();
            assert!(found.starts_with(error), "{found}");
            assert!(CertificateFacts::parse_all(pem).is_err());
        }
        assert_eq!(
            CertificateFacts::parse_all(b"\xff\xfe"),
            Err(CertificateError::NoCertificate)
        );
    }

    proptest! {
        #[test]
        fn damaged_certificates_make_no_panic(
            at in any::<Index>(),
            with in any::<u8>(),
            kept in any::<Index>(),
            whole in any::<bool>(),
        ) {
            let mut der = parse(ODD).der;
            let length = der.len();
            der[at.index(length)] = with;
            if !whole {
                der.truncate(kept.index(length));
            }
            // What comes out does not matter; that something comes out does.
            let _ = CertificateFacts::from_der(&der);
        }
    }
}
