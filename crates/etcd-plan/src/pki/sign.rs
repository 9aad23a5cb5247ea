use etcd_plan_core::cert::{
    AuthorityFacts, AuthorityWanted, BACKDATED, CertificateWanted, San, UnixTime, Usage,
};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyIdMethod, KeyUsagePurpose, SanType, SerialNumber, SigningKey as _,
};
use time::OffsetDateTime;
use x509_parser::asn1_rs::{Any, BitString, FromDer as _, Sequence, ToDer as _};
use x509_parser::certificate::X509Certificate;

use super::key::PrivateKey;

/// The place of the issuer's name in a TBSCertificate, after version, serial number and algorithm.
const ISSUER: usize = 3;

/// Says why a certificate could not be made.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct SignError(String);

/// Makes the certificate of a new CA, signed with its own key. Gives DER.
pub(super) fn authority(
    wanted: &AuthorityWanted,
    key: &PrivateKey,
    now: UnixTime,
) -> Result<Vec<u8>, SignError> {
    let mut params = params(now, now.plus_days(wanted.validity))?;
    params.distinguished_name = name([("CN", wanted.common_name.as_str())]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let certificate = params.self_signed(key.pair()).map_err(failed)?;
    Ok(certificate.der().to_vec())
}

/// Makes the certificate of a member or client, signed with the CA's key. Gives DER.
///
/// It ends with the CA at the latest.
pub(super) fn member(
    wanted: &CertificateWanted,
    key: &PrivateKey,
    authority: &AuthorityFacts,
    authority_key: &PrivateKey,
    now: UnixTime,
) -> Result<Vec<u8>, SignError> {
    let end = now.plus_days(wanted.validity).min(authority.not_after());
    let mut params = params(now, end)?;
    params.distinguished_name = name(wanted.subject());
    params.subject_alt_names = wanted.sans.iter().map(san).collect::<Result<_, _>>()?;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![
        KeyUsagePurpose::DigitalSignature,
        // RSA key exchange of TLS 1.2 asks for it.
        KeyUsagePurpose::KeyEncipherment,
    ];
    let usages = wanted.usages().iter().map(|usage| match usage {
        Usage::Server => ExtendedKeyUsagePurpose::ServerAuth,
        Usage::Client => ExtendedKeyUsagePurpose::ClientAuth,
        Usage::Any => ExtendedKeyUsagePurpose::Any,
    });
    params.extended_key_usages = usages.collect();
    // A CA that says no identifier of its key cannot be named by one.
    let id = authority.signer.subject_key_id.clone();
    params.use_authority_key_identifier_extension = id.is_some();
    let mut issuer = CertificateParams::default();
    issuer.key_identifier_method = KeyIdMethod::PreSpecified(id.unwrap_or_default());
    let issuer = Issuer::new(issuer, authority_key.pair());
    let draft = params.signed_by(key.pair(), &issuer).map_err(failed)?;
    sign_in_the_name_of(authority.signer.subject.der(), draft.der(), authority_key)
}

/// Says whether a certificate's signature is by the key of another certificate.
pub(super) fn verifies(certificate: &[u8], signer: &[u8]) -> bool {
    let parse = |der| X509Certificate::from_der(der).map(|(_, parsed)| parsed);
    let (Ok(certificate), Ok(signer)) = (parse(certificate), parse(signer)) else {
        return false;
    };
    certificate
        .verify_signature(Some(signer.public_key()))
        .is_ok()
}

fn params(now: UnixTime, end: UnixTime) -> Result<CertificateParams, SignError> {
    let mut params = CertificateParams::default();
    params.not_before = date(now.minus_seconds(BACKDATED))?;
    params.not_after = date(end)?;
    params.serial_number = Some(serial_number()?);
    Ok(params)
}

fn date(at: UnixTime) -> Result<OffsetDateTime, SignError> {
    OffsetDateTime::from_unix_timestamp(at.0).map_err(failed)
}

/// Rolls 128 bits: no two are ever equal, and nobody can guess the next (RFC 5280 allows 160).
fn serial_number() -> Result<SerialNumber, SignError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(failed)?;
    Ok(SerialNumber::from_slice(&bytes))
}

fn name<'a>(attributes: impl IntoIterator<Item = (&'a str, &'a str)>) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    for (kind, value) in attributes {
        let kind = match kind {
            "CN" => DnType::CommonName,
            "O" => DnType::OrganizationName,
            "OU" => DnType::OrganizationalUnitName,
            _ => unreachable!("our own names consist of these"),
        };
        name.push(kind, value);
    }
    name
}

fn san(san: &San) -> Result<SanType, SignError> {
    Ok(match san {
        San::Ip(ip) => SanType::IpAddress(*ip),
        San::Dns(name) => SanType::DnsName(name.as_str().try_into().map_err(failed)?),
    })
}

/// Puts the issuer's name into a draft, byte for byte as it stands in the CA's certificate, and
/// signs the result.
///
/// rcgen cannot write every name that a CA may have: it keeps one value of each kind (`DC=example,
/// DC=org` loses one) and refuses characters that some CAs put where they do not belong. TLS
/// libraries compare the bytes.
fn sign_in_the_name_of(
    issuer: &[u8],
    draft: &[u8],
    key: &PrivateKey,
) -> Result<Vec<u8>, SignError> {
    let [tbs, algorithm, _] = elements(draft)?[..] else {
        return Err(failed("the draft has another shape than a certificate"));
    };
    let mut fields = elements(tbs)?;
    let slot = fields.get_mut(ISSUER);
    *slot.ok_or_else(|| failed("the draft has no issuer"))? = issuer;
    let tbs = sequence(&fields)?;
    let signature = key.pair().sign(&tbs).map_err(failed)?;
    let signature = BitString::new(0, &signature).to_der_vec().map_err(failed)?;
    sequence(&[&tbs, algorithm, &signature])
}

/// Takes a DER sequence apart into the encodings of its elements.
fn elements(sequence: &[u8]) -> Result<Vec<&[u8]>, SignError> {
    let (_, sequence) = Any::from_der(sequence).map_err(failed)?;
    let mut rest = sequence.data;
    let mut elements = Vec::new();
    while !rest.is_empty() {
        let (after, _) = Any::from_der(rest).map_err(failed)?;
        elements.push(&rest[..rest.len() - after.len()]);
        rest = after;
    }
    Ok(elements)
}

/// Makes a DER sequence of encoded elements.
fn sequence(elements: &[&[u8]]) -> Result<Vec<u8>, SignError> {
    let content = elements.concat();
    Sequence::new(content.into()).to_der_vec().map_err(failed)
}

#[expect(clippy::needless_pass_by_value, reason = "stands in map_err")]
fn failed(error: impl ToString) -> SignError {
    SignError(error.to_string())
}
