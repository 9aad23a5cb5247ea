use std::fs;

use etcd_plan_core::names::Millis;
use etcd_plan_core::op::{ReadOp, Reply, ServiceFacts, ServiceState, WriteOp};

use super::support::{Host, message, service, wait_until, with_each_shell};

const SLEEPS: (&str, &str) = ("etcd", "echo \"$@\"; exec sleep 60");

fn start() -> WriteOp {
    WriteOp::StartService {
        service: service("etcd"),
        delay: Millis(10),
    }
}

fn stop(timeout: u64) -> WriteOp {
    WriteOp::StopService {
        service: service("etcd"),
        timeout: Millis(timeout),
        kill_after: None,
    }
}

fn state(host: &mut Host) -> ServiceFacts {
    match host.read(ReadOp::Service {
        service: service("etcd"),
    }) {
        Ok(Reply::Service(facts)) => facts,
        other => panic!("{other:?}"),
    }
}

fn is_alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn a_process_is_started_once_outlives_the_session_and_is_stopped() {
    with_each_shell(|shell| {
        let mut host = Host::with_programs(shell, &[SLEEPS]);
        assert_eq!(state(&mut host).state, ServiceState::Stopped);
        host.write_twice(&stop(1000));
        host.write_twice(&start());
        let running = state(&mut host);
        assert_eq!(
            (running.state, running.enabled),
            (ServiceState::Running, true)
        );
        let pid = running.pid.expect("a process");
        drop(host.session_that_ends());
        assert!(is_alive(pid));
        assert_eq!(state(&mut host).pid, Some(pid));
        let config = host.place("/etc/etcd/etcd.conf").display().to_string();
        let log = host.place("/var/log/etcd.log");
        wait_until(|| {
            let log = fs::read_to_string(&log).unwrap_or_default();
            log.trim() == format!("--config-file {config}")
        });
        // It does not keep the shell's stdout open, at whose end we see that the shell is gone. A
        // shell that plays etcd can have its script open there, until it becomes `sleep`.
        wait_until(|| fs::read_link(format!("/proc/{pid}/fd/3")).is_err());
        // It heads a session of its own: pid, process group and session are one number.
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process");
        let fields: Vec<&str> = stat
            .rsplit(") ")
            .next()
            .expect("fields")
            .split(' ')
            .collect();
        assert_eq!(
            (fields[2], fields[3]),
            (&*pid.to_string(), &*pid.to_string())
        );
        host.write_twice(&stop(60_000));
        assert!(!is_alive(pid));
        assert_eq!(state(&mut host).state, ServiceState::Stopped);
    });
}

#[test]
fn a_process_that_ended_by_itself_has_failed() {
    with_each_shell(|shell| {
        let mut host = Host::with_programs(shell, &[("etcd", "exit 3")]);
        host.write(start()).expect("a start");
        wait_until(|| state(&mut host).state != ServiceState::Running);
        let failed = state(&mut host);
        assert_eq!((failed.state, failed.pid), (ServiceState::Failed, None));
        host.write_twice(&stop(1000));
        assert_eq!(state(&mut host).state, ServiceState::Stopped);
    });
}

#[test]
fn a_process_that_does_not_end_is_killed_and_that_is_a_failure() {
    with_each_shell(|shell| {
        let stubborn = (
            "etcd",
            "trap '' TERM; echo deaf; while :; do sleep 0.1; done",
        );
        let mut host = Host::with_programs(shell, &[stubborn]);
        host.write(start()).expect("a start");
        let pid = state(&mut host).pid.expect("a process");
        let log = host.place("/var/log/etcd.log");
        wait_until(|| fs::read_to_string(&log).is_ok_and(|log| log == "deaf\n"));
        let said = message(host.write(stop(300)));
        assert!(
            said.contains("did not end within 300 ms and was killed"),
            "{said}"
        );
        assert!(!is_alive(pid));
        assert_eq!(state(&mut host).state, ServiceState::Failed);
    });
}

#[test]
fn another_process_with_the_same_number_is_not_ours() {
    with_each_shell(|shell| {
        let mut host = Host::with_programs(shell, &[SLEEPS]);
        let mut stranger = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .expect("a process");
        fs::create_dir_all(host.place("/run")).expect("a folder");
        fs::write(
            host.place("/run/etcd.pid"),
            format!("{} 1\n", stranger.id()),
        )
        .expect("a file");
        assert_eq!(state(&mut host).state, ServiceState::Failed);
        host.write_twice(&stop(1000));
        assert!(is_alive(stranger.id()));
        stranger.kill().expect("a child");
        stranger.wait().expect("a child");
        for junk in ["", "x y\n", "../../etc 1\n", "1\n"] {
            fs::write(host.place("/run/etcd.pid"), junk).expect("a file");
            assert_eq!(state(&mut host).state, ServiceState::Failed, "{junk:?}");
        }
    });
}

#[test]
fn without_a_program_there_is_no_start() {
    with_each_shell(|shell| {
        let mut host = Host::without_etcd(shell);
        assert!(message(host.write(start())).contains("no etcd in PATH"));
    });
}

#[test]
fn units_are_nothing_in_a_sandbox() {
    with_each_shell(|shell| {
        let mut host = Host::new(shell);
        host.write_twice(&WriteOp::ReloadUnits {
            service: service("etcd"),
        });
        host.write_twice(&WriteOp::EnableService {
            service: service("etcd"),
        });
    });
}
