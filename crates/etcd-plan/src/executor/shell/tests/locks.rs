use etcd_plan_core::op::{Reply, WriteOp};

use super::support::{Host, batch, is_in_path, message, path, skipped, with_each_shell};

fn lock(file: &str, holder: &str) -> WriteOp {
    WriteOp::Lock {
        path: path(file),
        holder: holder.to_owned(),
    }
}

#[test]
fn a_lock_is_held_until_its_session_ends() {
    if !is_in_path("flock") {
        return skipped("locks, since there is no flock");
    }
    with_each_shell(|shell| {
        let mut host = Host::new(shell);
        host.write_twice(&lock(
            "/run/etcd-plan/etcd.lock",
            "anna on db-1 since 12:00",
        ));
        let mut other = host.another_session();
        let refused = other.run(&batch([lock("/run/etcd-plan/etcd.lock", "bert")]));
        let said = message(refused.expect("an answer").remove(0));
        assert!(said.contains("held by anna on db-1 since 12:00"), "{said}");
        // Another cluster's lock is free.
        let free = other.run(&batch([lock("/run/etcd-plan/other.lock", "bert")]));
        assert_eq!(free, Ok(vec![Ok(Reply::Done)]));
        drop(other);
        assert_eq!(
            host.write(lock("/run/etcd-plan/other.lock", "anna")),
            Ok(Reply::Done)
        );
        let mut other = host.another_session();
        drop(host.session_that_ends());
        let free = other.run(&batch([lock("/run/etcd-plan/etcd.lock", "bert")]));
        assert_eq!(free, Ok(vec![Ok(Reply::Done)]), "{}", shell.name);
    });
}

#[test]
fn a_lock_that_cannot_be_taken_leaves_the_session_alive() {
    with_each_shell(|shell| {
        let mut host = Host::new(shell);
        std::fs::write(host.place("/file"), "").expect("a file");
        let said = message(host.write(lock("/file/lock", "anna")));
        assert!(!said.is_empty());
        std::fs::create_dir(host.place("/folder")).expect("a folder");
        message(host.write(lock("/folder", "anna")));
        for nth in 0..5 {
            host.write_twice(&lock(&format!("/lock-{nth}"), "anna"));
        }
        assert!(message(host.write(lock("/lock-5", "anna"))).contains("five locks"));
    });
}

#[test]
fn a_service_that_was_started_does_not_inherit_a_lock() {
    with_each_shell(|shell| {
        let mut host = Host::with_programs(shell, &[("etcd", "exec sleep 60")]);
        let start = WriteOp::StartService {
            service: super::support::service("etcd"),
            delay: etcd_plan_core::names::Millis(0),
        };
        let results = host.session.run(&batch([lock("/lock", "anna"), start]));
        assert_eq!(results, Ok(vec![Ok(Reply::Done), Ok(Reply::Done)]));
        let mut other = host.another_session();
        drop(host.session_that_ends());
        let free = other.run(&batch([lock("/lock", "bert")]));
        assert_eq!(free, Ok(vec![Ok(Reply::Done)]), "{}", shell.name);
    });
}
