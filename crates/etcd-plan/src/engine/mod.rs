//! Carries out plans: everything is read, every guard is judged, and only then something changes.
//!
//! A [`Run`] goes through three types, and each allows only what its time has come for:
//!
//! | type | what can be done |
//! | --- | --- |
//! | [`Run`] | set it up, then [`observe`](Run::observe): reads every host, changes nothing |
//! | [`Observed`] | [`preview`](Observed::preview) what would change; [`approve`](Observed::approve): the guards decide |
//! | [`Approved`] | [`apply`](Approved::apply): makes the changes |
//!
//! There is no other way to a change:
//!
//! ```compile_fail,E0599
//! fn in_a_hurry(run: etcd_plan::engine::Observed<'_>) {
//!     run.apply(&mut etcd_plan::engine::Silent);
//! }
//! ```

mod approved;
mod batch;
mod compose;
mod controller;
mod coordinator;
mod ferry;
mod keys;
mod observed;
mod observer;
mod packages;
mod pool;
mod preview;
mod results;
mod run;
mod settings;
mod state;
mod transfers;

pub(crate) use keys::{authority as authority_wanted, certificate as certificate_wanted};

pub use approved::Approved;
pub use observed::{FactsMoved, Observed, Refused};
pub use observer::{Flow, Observer, Silent, Together};
pub use run::Run;
pub use settings::RunSettings;
