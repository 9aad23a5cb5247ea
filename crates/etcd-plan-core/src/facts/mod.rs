//! What was read from hosts and from the control machine, at one time.

mod conf;
mod host;
mod keys;
mod loss;
mod member;
mod observation;
mod situation;

pub use conf::FoundConf;
pub use host::{HostFacts, Missing};
pub use keys::{CertificateState, ClusterKeys, Material};
pub use loss::Loss;
pub use member::{MemberFound, MemberQuestions};
pub use observation::Observation;
pub use situation::Situation;
