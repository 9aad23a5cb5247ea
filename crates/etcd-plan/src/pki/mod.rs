//! Key material: the CA and the members' certificates and keys, on the control machine.
//!
//! The engine knows only [`KeyMaterial`]. [`PkiFolder`] keeps everything in files, as the original
//! module does; [`PkiMemory`] keeps it in memory, for simulation. What is wanted, what a
//! certificate says and whether it must be issued again is decided in
//! [`core::cert`](etcd_plan_core::cert).

mod adopted;
mod clients;
mod error;
mod folder;
mod keeper;
mod key;
mod material;
mod memory;
mod rotation;
mod sign;
mod store;

#[cfg(test)]
mod tests;

pub(crate) use adopted::{KeptFile, ca_file, member_files};
pub use clients::{ClientWanted, Issued};
pub use error::{KeyProblem, PkiError, PkiErrorKind};
pub use folder::Folder;
pub use keeper::{Pki, PkiFolder, PkiMemory};
pub use material::{KeyMaterial, MemberFound, MemberMaterial, now};
pub use memory::Memory;
pub use store::Store;
