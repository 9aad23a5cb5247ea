//! A cluster that something else built becomes an inventory: what its hosts say is read, and written
//! down as parameters. What has no parameter is said.

mod cluster;
mod finding;
mod member;
mod questions;
mod settings;
#[cfg(test)]
mod tests;
mod text;

pub use cluster::{AdoptedMember, Adoption, adopt};
pub use finding::Finding;
pub use member::{Reading, Unreached};
pub use questions::{STANDARD_KEY, key_file, questions};
