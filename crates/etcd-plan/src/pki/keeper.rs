use std::path::{Path, PathBuf};

use etcd_plan_core::cert::{
    AuthorityFacts, AuthorityWanted, CertificateFacts, CertificateWanted, Found, KeyAlgorithm,
    KeyDigest, Piece, Purpose, RotationFacts, RotationStage, UnixTime, Verdict, judge, pem_block,
};
use etcd_plan_core::names::MemberName;
use etcd_plan_core::op::FileContent;
use etcd_plan_core::secret::Secret;

use super::key::PrivateKey;
use super::{
    Folder, KeyMaterial, MemberFound, MemberMaterial, Memory, PkiError, PkiErrorKind, Store, sign,
};
use crate::permit::Permit;

/// Keeps key material in files: the CA in `<ca_dir>/ca.{crt,key}`, members beside it in
/// `<ca_dir>/../etcd/<member>.{crt,key}`, and clients in `<ca_dir>/../clients/<name>.{crt,key}`.
#[derive(Debug)]
pub struct Pki<S> {
    pub(super) store: S,
}

/// Key material in files of this machine.
pub type PkiFolder = Pki<Folder>;

/// Key material in memory, for simulation.
pub type PkiMemory = Pki<Memory>;

impl PkiFolder {
    /// Keeps key material below `base`, the folder of the inventory.
    pub fn new(base: impl Into<PathBuf>) -> Self {
        Self {
            store: Folder::new(base.into()),
        }
    }
}

impl PkiMemory {
    /// Begins with nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the files, to prepare a test.
    pub fn files(&self) -> &Memory {
        &self.store
    }
}

impl Default for PkiMemory {
    fn default() -> Self {
        Self {
            store: Memory::default(),
        }
    }
}

impl<S: Store> KeyMaterial for Pki<S> {
    fn authority(
        &self,
        ca: &AuthorityWanted,
        now: UnixTime,
    ) -> Result<Option<AuthorityFacts>, PkiError> {
        Ok(self.usable_authority(ca, now)?.map(|found| found.facts))
    }

    fn create_authority(
        &self,
        ca: &AuthorityWanted,
        now: UnixTime,
        permit: &Permit,
    ) -> Result<AuthorityFacts, PkiError> {
        if self.usable_authority(ca, now)?.is_none() {
            self.make_authority(ca, now, permit)?;
        }
        self.existing_authority(ca, now).map(|made| made.facts)
    }

    fn member(
        &self,
        ca: &AuthorityWanted,
        wanted: &CertificateWanted,
        now: UnixTime,
    ) -> Result<MemberFound, PkiError> {
        self.found_in(&CertificateFiles::of(ca, wanted), ca, wanted, now)
    }

    fn issue(
        &self,
        ca: &AuthorityWanted,
        wanted: &CertificateWanted,
        now: UnixTime,
        permit: &Permit,
    ) -> Result<MemberMaterial, PkiError> {
        self.issue_into(&CertificateFiles::of(ca, wanted), ca, wanted, now, permit)
    }

    fn material(
        &self,
        ca: &AuthorityWanted,
        wanted: &CertificateWanted,
    ) -> Result<MemberMaterial, PkiError> {
        self.material_in(&CertificateFiles::of(ca, wanted), ca)
    }

    fn rotation(
        &self,
        ca: &AuthorityWanted,
        now: UnixTime,
    ) -> Result<Option<RotationFacts>, PkiError> {
        self.rotation_facts(ca, now)
    }

    fn rotate(
        &self,
        ca: &AuthorityWanted,
        stage: RotationStage,
        now: UnixTime,
        permit: &Permit,
    ) -> Result<(), PkiError> {
        self.rotate_to(ca, stage, now, permit)
    }

    fn end_rotation(
        &self,
        ca: &AuthorityWanted,
        now: UnixTime,
        permit: &Permit,
    ) -> Result<(), PkiError> {
        self.forget_next(ca, now, permit)
    }
}

/// The CA that is there, and its key if that is there too.
pub(super) struct Authority {
    pub(super) facts: AuthorityFacts,
    pub(super) key: Option<PrivateKey>,
}

impl<S: Store> Pki<S> {
    /// Looks at what is there of a certificate, and judges it.
    pub(super) fn found_in(
        &self,
        files: &CertificateFiles,
        ca: &AuthorityWanted,
        wanted: &CertificateWanted,
        now: UnixTime,
    ) -> Result<MemberFound, PkiError> {
        let authority = self.usable_authority(ca, now)?.map(|found| found.facts);
        let certificate = match self.read(&files.certificate)? {
            None => Piece::Missing,
            Some(pem) => piece(CertificateFacts::parse(pem.expose())),
        };
        let key = match self.read(&files.key)? {
            None => Piece::Missing,
            Some(pem) => piece(PrivateKey::from_pem(pem.expose()).map(|key| key.digest())),
        };
        let found = found(certificate, key, authority.as_ref());
        Ok(MemberFound {
            verdict: judge(wanted, &found, authority.as_ref(), now),
            certificate: match found.certificate {
                Piece::There(certificate) => Some(certificate),
                Piece::Missing | Piece::Unreadable(_) => None,
            },
        })
    }

    /// Makes a key and a certificate, and writes them in place of what is there.
    pub(super) fn issue_into(
        &self,
        files: &CertificateFiles,
        ca: &AuthorityWanted,
        wanted: &CertificateWanted,
        now: UnixTime,
        permit: &Permit,
    ) -> Result<MemberMaterial, PkiError> {
        let authority = self.existing_authority(ca, now)?;
        let authority_key = authority
            .key
            .ok_or_else(|| self.error(&AuthorityFiles::of(ca).key, PkiErrorKind::NoAuthorityKey))?;
        let authority = authority.facts;

        let failed = |error: String| self.error(&files.certificate, PkiErrorKind::Crypto(error));
        let key = PrivateKey::generate(wanted.key.unwrap_or_default())
            .map_err(|error| failed(error.to_string()))?;
        let der = sign::member(wanted, &key, &authority, &authority_key, now)
            .map_err(|error| failed(error.to_string()))?;

        // Nothing is replaced before its replacement is known to be good.
        let certificate = CertificateFacts::from_der(&der)
            .map_err(|error| self.error(&files.certificate, error))?;
        let material = material(&authority, &certificate, key.to_pem());
        let made = Piece::There(certificate);
        let made = found(made, Piece::There(key.digest()), Some(&authority));
        if let Verdict::Issue { reasons } = judge(wanted, &made, Some(&authority), now) {
            return Err(self.error(&files.certificate, PkiErrorKind::NotAsWanted(reasons)));
        }

        // A cut between the two leaves a key that does not belong to the certificate: a reason to
        // issue again.
        let hidden = FileContent::Hidden(material.key.clone());
        self.replace(&files.key, &hidden, permit)?;
        let shown = FileContent::Shown(material.certificate_pem.clone());
        self.replace(&files.certificate, &shown, permit)?;
        Ok(material)
    }

    /// Gives what is there.
    pub(super) fn material_in(
        &self,
        files: &CertificateFiles,
        ca: &AuthorityWanted,
    ) -> Result<MemberMaterial, PkiError> {
        let authority = self
            .read_authority(ca)?
            .ok_or_else(|| self.authority_not_made(ca))?
            .facts;
        let there = |file: &Path| {
            self.read(file)?
                .ok_or_else(|| self.error(file, PkiErrorKind::NothingIssued))
        };
        let certificate = CertificateFacts::parse(there(&files.certificate)?.expose())
            .map_err(|error| self.error(&files.certificate, error))?;
        Ok(material(&authority, &certificate, there(&files.key)?))
    }

    /// Reads the CA; none when there is none and one may be made.
    fn read_authority(&self, ca: &AuthorityWanted) -> Result<Option<Authority>, PkiError> {
        let files = AuthorityFiles::of(ca);
        let Some(pem) = self.read(&files.certificate)? else {
            return if ca.create {
                Ok(None)
            } else {
                Err(self.error(&files.certificate, PkiErrorKind::NoAuthority))
            };
        };
        let key = self.read_key(&files.key)?;
        let facts = AuthorityFacts::parse(pem.expose(), key.as_ref().map(PrivateKey::digest))
            .map_err(|problem| self.error(&files.certificate, problem))?;
        Ok(Some(Authority { facts, key }))
    }

    /// Reads the CA and checks that it can be used now.
    pub(super) fn usable_authority(
        &self,
        ca: &AuthorityWanted,
        now: UnixTime,
    ) -> Result<Option<Authority>, PkiError> {
        let authority = self.read_authority(ca)?;
        if let Some(authority) = &authority {
            authority
                .facts
                .check(now)
                .map_err(|problem| self.error(&AuthorityFiles::of(ca).certificate, problem))?;
        }
        Ok(authority)
    }

    pub(super) fn existing_authority(
        &self,
        ca: &AuthorityWanted,
        now: UnixTime,
    ) -> Result<Authority, PkiError> {
        self.usable_authority(ca, now)?
            .ok_or_else(|| self.authority_not_made(ca))
    }

    /// Writes a new CA: the key first, and a key that is there is used, never replaced.
    ///
    /// So a cut between the two files is mended by the next run, and two processes at once end with
    /// one key, whoever was first.
    fn make_authority(
        &self,
        ca: &AuthorityWanted,
        now: UnixTime,
        permit: &Permit,
    ) -> Result<(), PkiError> {
        let files = AuthorityFiles::of(ca);
        let failed = |error: String| self.error(&files.certificate, PkiErrorKind::Crypto(error));
        if self.read(&files.key)?.is_none() {
            let key = PrivateKey::generate(KeyAlgorithm::default())
                .map_err(|error| failed(error.to_string()))?;
            self.create(&files.key, &FileContent::Hidden(key.to_pem()), permit)?;
        }
        let key = self
            .read_key(&files.key)?
            .ok_or_else(|| self.error(&files.key, PkiErrorKind::NoAuthorityKey))?;
        let der = sign::authority(ca, &key, now).map_err(|error| failed(error.to_string()))?;
        let pem = pem_block("CERTIFICATE", &der);
        AuthorityFacts::parse(pem.as_bytes(), Some(key.digest()))
            .and_then(|facts| facts.check(now))
            .map_err(|problem| self.error(&files.key, problem))?;
        self.create(&files.certificate, &FileContent::Shown(pem), permit)
    }

    pub(super) fn read_key(&self, file: &Path) -> Result<Option<PrivateKey>, PkiError> {
        self.read(file)?
            .map(|pem| PrivateKey::from_pem(pem.expose()))
            .transpose()
            .map_err(|problem| self.error(file, problem))
    }

    pub(super) fn read(&self, file: &Path) -> Result<Option<Secret>, PkiError> {
        let action = "read";
        self.store
            .read(file)
            .map_err(|error| self.error(file, PkiErrorKind::Io { action, error }))
    }

    pub(super) fn create(
        &self,
        file: &Path,
        content: &FileContent,
        permit: &Permit,
    ) -> Result<(), PkiError> {
        let action = "written";
        self.store
            .create(file, content, permit)
            .map_err(|error| self.error(file, PkiErrorKind::Io { action, error }))
    }

    pub(super) fn replace(
        &self,
        file: &Path,
        content: &FileContent,
        permit: &Permit,
    ) -> Result<(), PkiError> {
        let action = "written";
        self.store
            .replace(file, content, permit)
            .map_err(|error| self.error(file, PkiErrorKind::Io { action, error }))
    }

    pub(super) fn error(&self, file: &Path, kind: impl Into<PkiErrorKind>) -> PkiError {
        PkiError::new(self.store.place(file), kind)
    }

    fn authority_not_made(&self, ca: &AuthorityWanted) -> PkiError {
        self.error(
            &AuthorityFiles::of(ca).certificate,
            PkiErrorKind::AuthorityNotMade,
        )
    }
}

pub(super) struct AuthorityFiles {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

impl AuthorityFiles {
    pub(super) fn of(ca: &AuthorityWanted) -> Self {
        Self::named(ca, "ca")
    }

    /// Gives those of another name in the CA's folder: `<name>.crt` and `<name>.key`.
    pub(super) fn named(ca: &AuthorityWanted, name: &str) -> Self {
        let folder = Path::new(&ca.ca_dir);
        Self {
            certificate: folder.join(format!("{name}.crt")),
            key: folder.join(format!("{name}.key")),
        }
    }
}

/// Where a certificate and its key lie.
pub(super) struct CertificateFiles {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

impl CertificateFiles {
    /// Gives them where they usually are: beside the CA, in a folder for each purpose.
    pub(super) fn of(ca: &AuthorityWanted, wanted: &CertificateWanted) -> Self {
        let beside = Path::new(&ca.ca_dir).parent().unwrap_or(Path::new(""));
        let folder = beside.join(match wanted.purpose {
            Purpose::Member => "etcd",
            Purpose::Client => "clients",
        });
        Self::in_folder(&folder, &wanted.common_name)
    }

    /// Gives them in a folder.
    pub(super) fn in_folder(folder: &Path, name: &MemberName) -> Self {
        Self {
            certificate: folder.join(format!("{name}.crt")),
            key: folder.join(format!("{name}.key")),
        }
    }
}

fn piece<T>(read: Result<T, impl ToString>) -> Piece<T> {
    match read {
        Ok(facts) => Piece::There(facts),
        Err(why) => Piece::Unreadable(why.to_string()),
    }
}

fn found(
    certificate: Piece<CertificateFacts>,
    key: Piece<KeyDigest>,
    authority: Option<&AuthorityFacts>,
) -> Found {
    let signature_verifies = match (&certificate, authority) {
        (Piece::There(certificate), Some(authority)) => {
            sign::verifies(&certificate.der, &authority.signer.der)
        }
        _ => false,
    };
    Found {
        certificate,
        key,
        signature_verifies,
    }
}

/// Puts together what a member's host gets. The chain follows the CA's file of today, whatever
/// stands after the member's certificate in its own file.
fn material(
    authority: &AuthorityFacts,
    certificate: &CertificateFacts,
    key: Secret,
) -> MemberMaterial {
    MemberMaterial {
        ca_pem: authority.trusted_pem(),
        certificate_pem: certificate.to_pem() + &authority.intermediates_pem(),
        key,
    }
}
