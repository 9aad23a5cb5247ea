//! The parameters, a group a file. Each is one entry of a table: its name, type, default, levels
//! and words. From it come the field in [`Settings`], parsing, checks and the reference page.
//!
//! To add a parameter, add an entry to the group where it belongs; that is all that parsing,
//! defaults, levels, origins and documentation need.

mod certificate;
mod external;
mod guards;
mod identity;
mod network;
mod package;
mod storage;
mod table;
mod timing;

pub use certificate::CertificateSettings;
pub use external::ExternalSettings;
pub use guards::GuardSettings;
pub use identity::IDENTITY;
pub use network::NetworkSettings;
pub use package::PackageSettings;
pub use storage::StorageSettings;
pub(crate) use table::{ParameterValue, Resolver, not_a, to_json};
pub use timing::TimingSettings;

use super::Parameter;
use table::settings;

settings! {
    guards: GuardSettings,
    network: NetworkSettings,
    storage: StorageSettings,
    timing: TimingSettings,
    package: PackageSettings,
    certificate: CertificateSettings,
    external: ExternalSettings,
}

/// Goes through all parameters in the order of the reference page.
pub fn all() -> impl Iterator<Item = &'static Parameter> {
    IDENTITY
        .iter()
        .chain(Settings::groups().into_iter().flatten())
}

/// Finds a parameter by its name.
pub fn find(name: &str) -> Option<&'static Parameter> {
    all().find(|parameter| parameter.name == name)
}

/// Gives the parameter that a name was most likely meant to be; none when it is like no other.
pub fn nearest(name: &str) -> Option<&'static str> {
    super::nearest::nearest(name, all().map(|parameter| parameter.name))
}
