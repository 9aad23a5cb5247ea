use etcd_plan_core::op::{Reply, WriteOp};

use crate::executor::Session as _;

use super::support::{
    Host, batch, is_in_path, message, path, skipped, wait_until, with_each_shell,
};

fn lock(file: &str, holder: &str) -> WriteOp {
    WriteOp::Lock {
        path: path(file),
        holder: holder.to_owned(),
        journal: path("/var/lib/etcd-plan/etcd.journal"),
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
        other.set("lock_tries=2");
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

/// So that a host whose other end has gone without a word, as when a cable is cut, comes to know it.
#[test]
fn a_session_that_holds_a_lock_is_heard_until_it_ends() {
    if !is_in_path("flock") {
        return skipped("locks, since there is no flock");
    }
    with_each_shell(|shell| {
        let mut host = Host::new(shell);
        let heard = host.place("/heard");
        let beats = || std::fs::read(&heard).map_or(0, |bytes| bytes.len());
        let mut session = host.session_heard_in(&heard);
        assert_eq!(beats(), 0);
        for nth in 0..2 {
            let locked = session.run(&batch([lock(&format!("/lock-{nth}"), "anna")]));
            assert_eq!(locked, Ok(vec![Ok(Reply::Done)]));
        }
        wait_until(|| beats() >= 2);
        drop(session);
        assert_eq!(host.write(lock("/lock-0", "bert")), Ok(Reply::Done));
        let last = beats();
        wait_until(|| !is_open_anywhere(&heard));
        assert_eq!(beats(), last, "{}", shell.name);
    });
}

/// Says whether any process has a file open.
fn is_open_anywhere(file: &std::path::Path) -> bool {
    let fds = |process: std::path::PathBuf| std::fs::read_dir(process.join("fd"));
    let processes = std::fs::read_dir("/proc").expect("a list of processes");
    processes
        .flatten()
        .filter_map(|process| fds(process.path()).ok())
        .flat_map(Iterator::flatten)
        .any(|fd| std::fs::read_link(fd.path()).is_ok_and(|open| open == file))
}

#[test]
fn a_journal_says_how_far_a_run_came() {
    if !is_in_path("flock") {
        return skipped("locks, since there is no flock");
    }
    with_each_shell(|shell| {
        let mut host = Host::new(shell);
        let read = |host: &Host, name: &str| {
            let path = host.place(&format!("/var/lib/etcd-plan/{name}"));
            std::fs::read_to_string(path).unwrap_or_default()
        };
        // Who holds no lock keeps no journal.
        host.session.note("step 1".to_owned());
        assert_eq!(host.session.renew(), Ok(()));
        host.write_twice(&lock("/run/etcd-plan/etcd.lock", "create by anna"));
        host.session.note("step it's $HOME".to_owned());
        host.session.note("step 3".to_owned());
        host.write_twice(&WriteOp::RemoveFile {
            path: path("/nothing"),
        });
        host.session.note("end".to_owned());
        assert_eq!(host.session.renew(), Ok(()));
        let whole = "begin create by anna\nstep it's $HOME\nstep 3\nend\n";
        assert_eq!(read(&host, "etcd.journal"), whole, "{}", shell.name);
        let mut other = host.another_session();
        drop(host.session_that_ends());
        let free = other.run(&batch([lock("/run/etcd-plan/etcd.lock", "create by bert")]));
        assert_eq!(free, Ok(vec![Ok(Reply::Done)]), "{}", shell.name);
        assert_eq!(read(&host, "etcd.journal"), "begin create by bert\n");
        assert_eq!(read(&host, "etcd.journal.last"), whole);
    });
}

/// A controller that is cut off does not keep others away for as long as TCP waits for it; one that is
/// heard of keeps its lock.
#[test]
fn a_lock_that_nobody_renews_is_taken_over() {
    if !is_in_path("flock") {
        return skipped("locks, since there is no flock");
    }
    with_each_shell(|shell| {
        let mut host = Host::new(shell);
        let file = "/run/etcd-plan/etcd.lock";
        host.session.set("lease_ms=1500");
        host.write_twice(&lock(file, "create by anna"));
        let lease_file = host.place(&format!("{file}.lease"));
        let lease = || std::fs::read_to_string(&lease_file);
        let first = lease().expect("a lease");
        wait_until(|| {
            host.session.renew().expect("it lives");
            lease().is_ok_and(|now| now != first)
        });
        // Long enough that it cannot run out while it is tried.
        host.session.set("lease_ms=60000");
        host.session.renew().expect("it lives");
        let mut other = host.another_session();
        other.set("lock_tries=2");
        let refused = other.run(&batch([lock(file, "create by bert")]));
        message(refused.expect("an answer").remove(0));
        host.session.set("lease_ms=-1000");
        host.session.renew().expect("it lives");
        let taken = other.run(&batch([lock(file, "create by bert")]));
        let taken = taken.expect("an answer").remove(0);
        let Ok(Reply::TakenOver(whose)) = taken else {
            panic!("{}: {taken:?}", shell.name);
        };
        assert!(whose.contains("create by anna"), "{whose}");
        assert!(host.session.renew().is_err(), "its shell has ended");
        let journal = std::fs::read_to_string(host.place("/var/lib/etcd-plan/etcd.journal"));
        let journal = journal.expect("a journal");
        assert!(
            journal.starts_with("begin create by bert\nnote: "),
            "{journal}"
        );
    });
}
