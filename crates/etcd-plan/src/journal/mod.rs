//! What past runs did: each run a file of JSON lines, a line an event.
//!
//! A [`Journal`] is an observer that writes one; [`list`] and [`read`] look at those of a folder.
//! Nothing secret is in an event, so nothing secret is in a journal; its files are for their owner
//! alone all the same.
//!
//! ```
//! use etcd_plan::engine::{Observer as _, Silent};
//! use etcd_plan::{Inventory, Plan, journal};
//!
//! let text = "etcd: { hosts: { 10.10.10.10: { etcd_seq: 1 } }, vars: { etcd_cluster: etcd } }";
//! let plan = Plan::from_inventory(&Inventory::parse(text, "inventory.yml")?)?;
//! let folder = std::env::temp_dir().join(format!("journal-{}", std::process::id()));
//! let journal = journal::Journal::begin(&folder, &plan, "somebody")?;
//! // … a run, with the journal as its observer …
//! let id = journal.end(None)?;
//! assert_eq!(journal::list(&folder)?[0].id, id);
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
mod past;
mod record;
mod writer;

pub use error::JournalError;
pub use past::{PastRun, RunSummary, default_folder, list, read};
pub use record::Record;
pub use writer::{EventLog, Journal};
