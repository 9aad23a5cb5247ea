//! Operations in real shells, on folders that end with the test.

mod cluster;
mod data_dir;
mod etcd;
mod files;
mod framing;
mod large;
mod listeners;
mod locks;
mod packages;
mod quoting;
mod secrets;
mod services;
mod sessions;
mod support;
mod systemd;
