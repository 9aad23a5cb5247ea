//! The rotation of the CA on the control machine.
//!
//! Its state is what lies in the folder of the CA, so that a run which was cut off goes on: `ca.next.crt`
//! and `ca.next.key` from the first stage to the end, `ca.old.crt` and `ca.old.key` from the second on.
//! Each stage is one rename, of `ca.crt` or of `ca.key`; what comes before it changes nothing for
//! anybody.

use std::path::{Path, PathBuf};

use etcd_plan_core::cert::{
    AuthorityFacts, AuthorityWanted, CertificateFacts, ClientFound, KeyAlgorithm, RotationFacts,
    RotationStage, UnixTime, pem_block,
};
use etcd_plan_core::op::FileContent;

use super::clients::CA_FILE;
use super::keeper::{Authority, AuthorityFiles};
use super::key::PrivateKey;
use super::{Pki, PkiError, PkiErrorKind, Store, sign};
use crate::permit::Permit;

const NEXT: &str = "ca.next";
const OLD: &str = "ca.old";

impl<S: Store> Pki<S> {
    pub(super) fn rotation_facts(
        &self,
        ca: &AuthorityWanted,
        now: UnixTime,
    ) -> Result<Option<RotationFacts>, PkiError> {
        let Some(authority) = self.usable_authority(ca, now)? else {
            return Ok(None);
        };
        let next = self.certificate_in(&AuthorityFiles::named(ca, NEXT))?;
        let old = self.certificate_in(&AuthorityFiles::named(ca, OLD))?;
        let mut facts = RotationFacts::of(&authority.facts, next, old.as_ref());
        if let (None, Some(_)) = (facts.reached, &facts.next) {
            self.check_next(ca, &authority, now)?;
        }
        let wanted = facts.next.as_ref().unwrap_or(&facts.signer);
        facts.clients = self.clients_of_others(ca, wanted, now)?;
        Ok(Some(facts))
    }

    pub(super) fn rotate_to(
        &self,
        ca: &AuthorityWanted,
        stage: RotationStage,
        now: UnixTime,
        permit: &Permit,
    ) -> Result<(), PkiError> {
        let authority = self.existing_authority(ca, now)?;
        let facts = self.rotation_facts(ca, now)?;
        let reached = facts.and_then(|facts| facts.reached);
        if reached >= Some(stage) {
            return Ok(());
        }
        match (reached, stage) {
            (None, RotationStage::Trust) => self.trust_next(ca, &authority, now, permit),
            (Some(RotationStage::Trust), RotationStage::Issue) => {
                self.sign_with_next(ca, &authority, permit)
            }
            (Some(RotationStage::Issue), RotationStage::Finish) => {
                self.drop_old(ca, &authority, permit)
            }
            _ => {
                let message = format!("the stage before `{stage}` was not reached");
                let mut error = self.error(
                    &AuthorityFiles::of(ca).certificate,
                    PkiErrorKind::Other(message),
                );
                "go through the stages in their order: trust, issue, finish"
                    .clone_into(&mut error.hint);
                Err(error)
            }
        }
    }

    /// The key goes first: a key without a certificate is no sign of a rotation.
    pub(super) fn forget_next(
        &self,
        ca: &AuthorityWanted,
        now: UnixTime,
        permit: &Permit,
    ) -> Result<(), PkiError> {
        let reached = self
            .rotation_facts(ca, now)?
            .and_then(|facts| facts.reached);
        if reached != Some(RotationStage::Finish) {
            return Ok(());
        }
        let files = AuthorityFiles::named(ca, NEXT);
        self.remove(&files.key, permit)?;
        self.remove(&files.certificate, permit)
    }

    /// Makes the CA that takes over, unless somebody has put one there, and lets it be trusted.
    fn trust_next(
        &self,
        ca: &AuthorityWanted,
        authority: &Authority,
        now: UnixTime,
        permit: &Permit,
    ) -> Result<(), PkiError> {
        if !authority.facts.signer.is_self_issued() {
            return Err(self.error(
                &AuthorityFiles::of(ca).certificate,
                PkiErrorKind::Other("is that of an intermediate CA".to_owned()),
            ));
        }
        let files = AuthorityFiles::named(ca, NEXT);
        if self.read(&files.certificate)?.is_none() {
            if !ca.create {
                return Err(self.error(&files.certificate, PkiErrorKind::NoAuthority));
            }
            self.make_next(ca, authority, now, permit)?;
        }
        let next = self.check_next(ca, authority, now)?;
        let trusted = authority.facts.trusted_pem() + &next.to_pem();
        self.put_trusted(ca, trusted, permit)
    }

    /// Writes the next CA, the key first. One that is there is used, unless it is the key of the CA that
    /// signs: then an earlier rotation was cut off at its very end.
    fn make_next(
        &self,
        ca: &AuthorityWanted,
        authority: &Authority,
        now: UnixTime,
        permit: &Permit,
    ) -> Result<(), PkiError> {
        let files = AuthorityFiles::named(ca, NEXT);
        let failed = |error: String| self.error(&files.certificate, PkiErrorKind::Crypto(error));
        let is_left_over = |key: &PrivateKey| key.digest() == authority.facts.signer.key_digest;
        let key = match self.read_key(&files.key)? {
            Some(key) if !is_left_over(&key) => key,
            _ => {
                let key = PrivateKey::generate(KeyAlgorithm::default())
                    .map_err(|error| failed(error.to_string()))?;
                self.replace(&files.key, &FileContent::Hidden(key.to_pem()), permit)?;
                key
            }
        };
        // A name of its own: not every TLS library finds the right one of two CAs with one name.
        let wanted = AuthorityWanted {
            common_name: format!("{} {now}", ca.common_name),
            ..ca.clone()
        };
        let der = sign::authority(&wanted, &key, now).map_err(|error| failed(error.to_string()))?;
        let pem = pem_block("CERTIFICATE", &der);
        self.create(&files.certificate, &FileContent::Shown(pem), permit)
    }

    /// Checks that the CA that is to take over can do that.
    fn check_next(
        &self,
        ca: &AuthorityWanted,
        authority: &Authority,
        now: UnixTime,
    ) -> Result<CertificateFacts, PkiError> {
        let files = AuthorityFiles::named(ca, NEXT);
        let key = self
            .read_key(&files.key)?
            .ok_or_else(|| self.error(&files.key, PkiErrorKind::NoAuthorityKey))?;
        let missing = || self.error(&files.certificate, PkiErrorKind::NothingIssued);
        let pem = self.read(&files.certificate)?.ok_or_else(missing)?;
        let facts = AuthorityFacts::parse(pem.expose(), Some(key.digest()))
            .and_then(|facts| facts.check(now).map(|()| facts))
            .map_err(|problem| self.error(&files.certificate, problem))?;
        let other = |what: &str| {
            let mut error = self.error(&files.certificate, PkiErrorKind::Other(what.to_owned()));
            "put a root of its own there, with its key; or remove both, and one is made"
                .clone_into(&mut error.hint);
            error
        };
        if facts.signer.key_digest == authority.facts.signer.key_digest {
            return Err(other("has the key of the CA that is to be replaced"));
        }
        if !facts.signer.is_self_issued() {
            return Err(other("is that of an intermediate CA"));
        }
        Ok(facts.signer)
    }

    /// What was issued before is still of a CA that is trusted.
    fn sign_with_next(
        &self,
        ca: &AuthorityWanted,
        authority: &Authority,
        permit: &Permit,
    ) -> Result<(), PkiError> {
        let (files, old) = (AuthorityFiles::of(ca), AuthorityFiles::named(ca, OLD));
        let there = |file: &Path| {
            self.read(file)?
                .ok_or_else(|| self.error(file, PkiErrorKind::NoAuthorityKey))
        };
        let signer = authority.facts.signer.to_pem();
        self.replace(&old.certificate, &FileContent::Shown(signer), permit)?;
        let key = FileContent::Hidden(there(&files.key)?);
        self.replace(&old.key, &key, permit)?;
        let next = FileContent::Hidden(there(&AuthorityFiles::named(ca, NEXT).key)?);
        self.replace(&files.key, &next, permit)
    }

    /// All but the CA that was replaced stays trusted: what else is in the file is for others.
    fn drop_old(
        &self,
        ca: &AuthorityWanted,
        authority: &Authority,
        permit: &Permit,
    ) -> Result<(), PkiError> {
        let old = self.certificate_in(&AuthorityFiles::named(ca, OLD))?;
        let trusted = authority.facts.trusted.iter();
        let stays = |one: &&CertificateFacts| old.as_ref().is_none_or(|old| old.der != one.der);
        let trusted = trusted.filter(stays).map(CertificateFacts::to_pem);
        self.put_trusted(ca, trusted.collect(), permit)
    }

    /// What clients are told to trust follows at once: it is theirs to fetch.
    fn put_trusted(
        &self,
        ca: &AuthorityWanted,
        trusted: String,
        permit: &Permit,
    ) -> Result<(), PkiError> {
        let of_clients = clients_folder(ca).join(CA_FILE);
        if self.read(&of_clients)?.is_some() {
            let shown = FileContent::Shown(trusted.clone());
            self.replace(&of_clients, &shown, permit)?;
        }
        let certificate = AuthorityFiles::of(ca).certificate;
        self.replace(&certificate, &FileContent::Shown(trusted), permit)
    }

    /// Gives the clients whose certificates are valid, and of another CA.
    fn clients_of_others(
        &self,
        ca: &AuthorityWanted,
        authority: &CertificateFacts,
        now: UnixTime,
    ) -> Result<Vec<ClientFound>, PkiError> {
        let folder = clients_folder(ca);
        let action = "read";
        let names = self
            .store
            .names(&folder)
            .map_err(|error| self.error(&folder, PkiErrorKind::Io { action, error }))?;
        let mut clients = Vec::new();
        for file in names.iter().filter(|name| *name != CA_FILE) {
            let Some(name) = file.strip_suffix(".crt") else {
                continue;
            };
            let path = folder.join(file);
            let Some(pem) = self.read(&path)? else {
                continue;
            };
            let Ok(facts) = CertificateFacts::parse(pem.expose()) else {
                continue;
            };
            let is_of_it =
                facts.names_as_issuer(authority) && sign::verifies(&facts.der, &authority.der);
            if !is_of_it && facts.not_after >= now {
                clients.push(ClientFound {
                    name: name.to_owned(),
                    place: self.store.place(&path),
                });
            }
        }
        Ok(clients)
    }

    fn certificate_in(&self, files: &AuthorityFiles) -> Result<Option<CertificateFacts>, PkiError> {
        self.read(&files.certificate)?
            .map(|pem| CertificateFacts::parse(pem.expose()))
            .transpose()
            .map_err(|error| self.error(&files.certificate, error))
    }

    fn remove(&self, file: &Path, permit: &Permit) -> Result<(), PkiError> {
        let action = "removed";
        self.store
            .remove(file, permit)
            .map_err(|error| self.error(file, PkiErrorKind::Io { action, error }))
    }
}

fn clients_folder(ca: &AuthorityWanted) -> PathBuf {
    let beside = Path::new(&ca.ca_dir).parent().unwrap_or(Path::new(""));
    beside.join("clients")
}
