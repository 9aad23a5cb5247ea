//! The names of the series that rules and dashboards read, where they are more than a word.
//!
//! Of etcd only stable metrics are used, those that 3.4, 3.5 and 3.6 have by the same name, with
//! these exceptions, for which there is no stable one:
//!
//! - `etcd_debugging_mvcc_keys_total`, `etcd_debugging_mvcc_current_revision` and
//!   `etcd_debugging_mvcc_compact_revision`: in all three versions.
//! - `etcd_debugging_server_alarms`: from 3.6 on. For older ones the status tells of alarms.
//!
//! 3.5 took away `etcd_debugging_mvcc_put_total`, `…_delete_total`, `…_txn_total` and
//! `…_db_total_size_in_bytes`, on which older dashboards stand; `etcd_mvcc_…` has them since 3.4.

/// When the status was read, in seconds since 1970, for each cluster.
pub const STATUS: &str = "etcd_plan_status_timestamp_seconds";

/// Whether an alarm is raised, 0 or 1, for each cluster that answers and each of [`ALARMS`].
pub const ALARM: &str = "etcd_plan_alarm";

/// When the certificate of a member runs out, in seconds since 1970.
pub const CERTIFICATE: &str = "etcd_plan_certificate_not_after_timestamp_seconds";

/// When the newest backup of a cluster was made, in seconds since 1970; 0 when there is none.
pub const BACKUP: &str = "etcd_plan_backup_timestamp_seconds";

/// The alarms that etcd knows.
pub const ALARMS: [&str; 2] = ["NOSPACE", "CORRUPT"];
