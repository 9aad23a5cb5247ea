//! Certificates: what is wanted, what is there, and whether one must be issued again.
//!
//! All of it is decided from parsed facts. Making keys, signing, checking signatures and touching
//! files belongs to `etcd_plan::pki`.

mod authority;
mod facts;
mod judge;
mod key;
mod name;
mod pem;
mod reason;
mod rotation;
mod san;
mod time;
mod wanted;

pub use authority::{AuthorityFacts, AuthorityProblem, AuthorityWanted};
pub use facts::{BACKDATED, CertificateError, CertificateFacts, Usage};
pub use judge::{Found, Piece, Verdict, judge};
pub use key::{KeyAlgorithm, KeyDigest, KeyKind};
pub use name::DistinguishedName;
pub use pem::pem_block;
pub use reason::Reason;
pub use rotation::{ClientFound, RotationFacts, RotationStage};
pub use san::San;
pub(crate) use time::Span;
pub use time::UnixTime;
pub use wanted::{CertificateWanted, Purpose};
