//! The SSH executor, against a server in this process and against real sshd, on loopback.

mod become_user;
mod host_keys;
mod jumps;
mod login;
mod own_home;
mod real;
mod shells;
mod sshd;
mod support;
mod trouble;
