//! What was read from hosts and from the control machine, at one time.

mod conf;
mod host;
mod keys;
mod loss;
mod member;
mod observation;
mod situation;
mod standing;
mod survivors;

pub use conf::FoundConf;
pub use host::{HostFacts, Missing};
pub use keys::{CertificateState, ClusterKeys, Material};
pub use loss::Loss;
pub use member::{MemberFound, MemberQuestions};
pub use observation::{ClockOffset, LocalSnapshot, Observation};
pub use situation::Situation;
pub use standing::Standing;
pub use survivors::{Basis, Survivor, Survivors, noted_snapshot};
