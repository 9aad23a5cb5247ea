//! The files that hosts get: as texts, and as etcd takes them.

mod files;
mod real_etcd;
