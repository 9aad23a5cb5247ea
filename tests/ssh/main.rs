//! The SSH executor, against a server in this process and against real sshd, on loopback.

mod real;
mod sshd;
mod support;
