use std::fs;
use std::path::Path;

use etcd_plan_core::names::Millis;
use etcd_plan_core::op::{EtcdAccess, Op, OpResult, ReadOp, Reply, ServiceState, WriteOp};

use super::support::{machine_session, message, one, path, service, shells, with_each_shell};

/// Plays systemctl: writes down how it was called, and shows the properties that stand in `state`.
/// After `stop` the unit is inactive, unless it is stubborn; after `kill` it has failed.
const SYSTEMCTL: &str = r#"
dir=${0%/bin/*}
echo "$*" >>"$dir/calls"
case "$*" in
    show*) cat "$dir/state" ;;
    *stop*) [ -e "$dir/stubborn" ] || printf '%s\n' ActiveState=inactive >"$dir/state" ;;
    kill*) printf '%s\n' ActiveState=failed >"$dir/state" ;;
    *enable*masked*) echo 'Failed to enable unit: Unit file is masked.' >&2; exit 1 ;;
esac
"#;

fn ask(dir: &Path, op: Op) -> OpResult {
    let shell = &shells()[0];
    let mut session = machine_session(shell, dir, &[("systemctl", SYSTEMCTL)]);
    one(&mut session, op)
}

fn calls(dir: &Path) -> Vec<String> {
    let calls = fs::read_to_string(dir.join("calls")).unwrap_or_default();
    calls.lines().map(str::to_owned).collect()
}

#[test]
fn the_states_of_units_are_told_apart() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    for (load, active, sub, wanted) in [
        ("loaded", "active", "running", ServiceState::Running),
        ("loaded", "activating", "start", ServiceState::Starting),
        (
            "loaded",
            "activating",
            "auto-restart",
            ServiceState::Starting,
        ),
        (
            "loaded",
            "deactivating",
            "stop-sigterm",
            ServiceState::Stopping,
        ),
        ("loaded", "inactive", "dead", ServiceState::Stopped),
        ("loaded", "failed", "failed", ServiceState::Failed),
        ("masked", "inactive", "dead", ServiceState::Stopped),
        ("not-found", "inactive", "dead", ServiceState::Missing),
        ("not-found", "active", "running", ServiceState::Running),
    ] {
        let properties = format!(
            "MainPID=17\nLoadState={load}\nActiveState={active}\nSubState={sub}\nUnitFileState=enabled\n"
        );
        fs::write(dir.path().join("state"), properties).expect("a file");
        let question = ReadOp::Service {
            service: service("etcd"),
        };
        let Ok(Reply::Service(facts)) = ask(dir.path(), Op::Read(question)) else {
            panic!("no facts");
        };
        assert_eq!(facts.state, wanted, "{load} {active} {sub}");
        assert_eq!((facts.pid, facts.enabled), (Some(17), true));
    }
    let wanted = "show -p LoadState,ActiveState,SubState,MainPID,UnitFileState,Job -- etcd.service";
    assert_eq!(calls(dir.path())[0], wanted);
    // A start that systemd has not come to yet.
    for (job, wanted) in [
        ("Job=", ServiceState::Failed),
        ("Job=242", ServiceState::Starting),
    ] {
        let properties = format!("{job}\nLoadState=loaded\nActiveState=failed\n");
        fs::write(dir.path().join("state"), properties).expect("a file");
        let question = ReadOp::Service {
            service: service("etcd"),
        };
        let Ok(Reply::Service(facts)) = ask(dir.path(), Op::Read(question)) else {
            panic!("no facts");
        };
        assert_eq!(facts.state, wanted, "{job}");
    }
    fs::write(dir.path().join("state"), "ActiveState=confused\n").expect("a file");
    let question = ReadOp::Service {
        service: service("etcd"),
    };
    assert!(message(ask(dir.path(), Op::Read(question))).contains("no state of a unit"));
}

#[test]
fn units_are_reloaded_enabled_and_started() {
    with_each_shell(|shell| {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mut session = machine_session(shell, dir.path(), &[("systemctl", SYSTEMCTL)]);
        let reload = WriteOp::ReloadUnits {
            service: service("etcd"),
        };
        let show = "show -p LoadState,FragmentPath,NeedDaemonReload -- etcd.service";
        let ours = "FragmentPath=/etc/systemd/system/etcd.service\n";
        let other = "FragmentPath=/lib/systemd/system/etcd.service\n";
        for (known, is_read_again) in [
            (format!("{ours}NeedDaemonReload=no\n"), false),
            (format!("{ours}NeedDaemonReload=yes\n"), true),
            (format!("{other}NeedDaemonReload=no\n"), true),
            ("LoadState=not-found\n".to_owned(), true),
        ] {
            fs::write(dir.path().join("state"), &known).expect("a file");
            let _ = fs::remove_file(dir.path().join("calls"));
            assert_eq!(
                one(&mut session, Op::Write(reload.clone())),
                Ok(Reply::Done)
            );
            let wanted = if is_read_again {
                vec![show, "daemon-reload"]
            } else {
                vec![show]
            };
            assert_eq!(calls(dir.path()), wanted, "{known}");
        }
        fs::write(dir.path().join("state"), "UnitFileState=enabled\n").expect("a file");
        let _ = fs::remove_file(dir.path().join("calls"));
        for op in [
            WriteOp::EnableService {
                service: service("etcd"),
            },
            WriteOp::StartService {
                service: service("etcd"),
                delay: Millis(0),
            },
        ] {
            assert_eq!(one(&mut session, Op::Write(op)), Ok(Reply::Done));
        }
        let masked = Op::Write(WriteOp::EnableService {
            service: service("masked"),
        });
        assert!(message(one(&mut session, masked)).contains("is masked"));
        assert_eq!(
            calls(dir.path()),
            [
                "--quiet --no-reload enable -- etcd.service",
                "show -p UnitFileState -- etcd.service",
                "reset-failed -- etcd.service",
                "--no-block start -- etcd.service",
                "--quiet --no-reload enable -- masked.service",
            ]
        );
    });
}

#[test]
fn a_stop_waits_until_the_unit_is_down() {
    with_each_shell(|shell| {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mut session = machine_session(shell, dir.path(), &[("systemctl", SYSTEMCTL)]);
        let stop = Op::Write(WriteOp::StopService {
            service: service("etcd"),
            timeout: Millis(200),
            kill_after: None,
        });
        let state = dir.path().join("state");
        fs::write(&state, "LoadState=not-found\nActiveState=inactive\n").expect("a file");
        assert_eq!(one(&mut session, stop.clone()), Ok(Reply::Done));
        assert!(!calls(dir.path()).iter().any(|call| call.contains("stop")));
        // Also one that is inactive can have a start in the queue, which a stop takes out.
        fs::write(&state, "LoadState=loaded\nActiveState=inactive\n").expect("a file");
        assert_eq!(one(&mut session, stop.clone()), Ok(Reply::Done));
        assert!(calls(dir.path()).contains(&"--no-block stop -- etcd.service".to_owned()));
        fs::write(&state, "LoadState=loaded\nActiveState=active\n").expect("a file");
        assert_eq!(one(&mut session, stop.clone()), Ok(Reply::Done));
        fs::write(dir.path().join("stubborn"), "").expect("a file");
        fs::write(&state, "ActiveState=deactivating\n").expect("a file");
        assert!(message(one(&mut session, stop)).contains("did not stop within 200 ms"));
        assert!(!calls(dir.path()).iter().any(|call| call.contains("KILL")));
    });
}

#[test]
fn a_unit_that_does_not_stop_by_itself_is_killed_where_that_is_wanted() {
    with_each_shell(|shell| {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mut session = machine_session(shell, dir.path(), &[("systemctl", SYSTEMCTL)]);
        let stop = Op::Write(WriteOp::StopService {
            service: service("etcd"),
            timeout: Millis(5_000),
            kill_after: Some(Millis(100)),
        });
        fs::write(dir.path().join("stubborn"), "").expect("a file");
        let state = dir.path().join("state");
        fs::write(&state, "LoadState=loaded\nActiveState=deactivating\n").expect("a file");
        assert_eq!(one(&mut session, stop), Ok(Reply::Done));
        let calls = calls(dir.path());
        assert_eq!(calls[1], "--no-block stop -- etcd.service");
        assert!(
            calls.contains(&"kill --signal=KILL -- etcd.service".to_owned()),
            "{calls:?}"
        );
    });
}

#[test]
fn without_systemd_its_own_words_are_the_answer() {
    with_each_shell(|shell| {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let words = "echo 'System has not been booted with systemd as init system' >&2; exit 1";
        let mut session = machine_session(shell, dir.path(), &[("systemctl", words)]);
        for op in [
            Op::Read(ReadOp::Service {
                service: service("etcd"),
            }),
            Op::Write(WriteOp::StopService {
                service: service("etcd"),
                timeout: Millis(200),
                kill_after: None,
            }),
        ] {
            assert!(message(one(&mut session, op)).contains("has not been booted"));
        }
    });
}

#[test]
fn waiting_for_a_unit_ends_when_it_has_failed_and_shows_its_journal() {
    with_each_shell(|shell| {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let journalctl = r#"echo "$*" >"${0%/bin/*}/journal"; echo 'listen tcp: address in use'"#;
        let programs = [
            ("systemctl", SYSTEMCTL),
            ("journalctl", journalctl),
            ("etcdctl", "echo 'Error: unhealthy cluster' >&2; exit 1"),
        ];
        let mut session = machine_session(shell, dir.path(), &programs);
        let mut wait = |state: &str, timeout: u64| {
            fs::write(dir.path().join("state"), state).expect("a file");
            let question = Op::Read(ReadOp::AwaitHealthy {
                service: service("etcd"),
                as_learner: true,
                access: EtcdAccess {
                    endpoint: "http://127.0.0.11".to_owned(),
                    cacert: path("/ca.crt"),
                    cert: path("/server.crt"),
                    key: path("/server.key"),
                },
                timeout: Millis(timeout),
            });
            match one(&mut session, question) {
                Ok(Reply::Awaited(awaited)) => awaited,
                other => panic!("{other:?}"),
            }
        };
        let failed = wait("ActiveState=failed\n", 60_000);
        assert_eq!(failed.service.state, ServiceState::Failed);
        assert_eq!(failed.log, "listen tcp: address in use");
        assert_eq!(failed.etcd.said, "Error: unhealthy cluster");
        assert!(failed.waited.0 < 5000);
        let journal = fs::read_to_string(dir.path().join("journal")).expect("a call");
        assert_eq!(journal, "-u etcd.service -n 30 -o cat --no-pager\n");
        assert!(wait("ActiveState=inactive\n", 60_000).waited.0 < 5000);
        // One whose start waits in the queue is inactive too.
        assert!(wait("ActiveState=inactive\nJob=7\n", 200).waited.0 >= 200);
        assert!(wait("ActiveState=activating\n", 200).waited.0 >= 200);
    });
}
