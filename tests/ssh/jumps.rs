//! Hosts that are reached through others.

use std::time::{Duration, Instant};

use etcd_plan::executor::Executor as _;
use etcd_plan::op::{FileContent, Ownership, WriteOp};
use etcd_plan::secret::Secret;
use etcd_plan_testkit::ssh_server::{SshSetup, Trouble};

use crate::support::{Host, refusal, system, user, write};

/// Three hosts that take the same key and are known by the first's file.
fn hosts(trouble: Option<Trouble>) -> [Host; 3] {
    let target = Host::start(SshSetup {
        trouble,
        ..SshSetup::default()
    });
    let [outer, inner] = [(); 2].map(|()| {
        Host::start(SshSetup {
            authorized: target.setup.authorized.clone(),
            ..SshSetup::default()
        })
    });
    for jump in [&outer, &inner] {
        target.knows(jump);
    }
    [target, outer, inner]
}

fn through(jumps: &[&Host]) -> String {
    let jumps: Vec<String> = jumps
        .iter()
        .map(|jump| format!("admin@127.0.0.1:{}", jump.server.port()))
        .collect();
    format!("-J {}", jumps.join(","))
}

#[test]
fn two_hosts_in_a_row_lead_to_the_third() {
    let [host, outer, inner] = hosts(None);
    let mut target = host.target();
    target.ssh_common_args = Some(through(&[&outer, &inner]));
    // Jump hosts have no key of their own in the inventory.
    let executor = host.executor().identity_file(host.key());
    let mut session = executor.connect(&target).expect("a session");
    system(&mut *session);
    for jump in [&outer, &inner] {
        assert_eq!(jump.server.count("forward"), 1);
        assert_eq!(jump.server.count("exec"), 0);
    }
    // What is large goes through as well, both ways.
    let content = vec![b'x'; 900_000];
    let place = host.place("large");
    let path: etcd_plan::names::HostPath = place.display().to_string().parse().expect("a path");
    let stage = WriteOp::StageFile {
        path: path.clone(),
        content: FileContent::Hidden(Secret::new(content.clone())),
        owner: Ownership::both(&user()),
        mode: 0o600,
    };
    let promote = WriteOp::PromoteFile { path: path.clone() };
    let results = write(&mut session, [stage, promote]);
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    let read = session
        .read(&[etcd_plan::op::ReadOp::ReadFile { path }])
        .expect("an answer");
    assert_eq!(read, [Ok(etcd_plan::op::Reply::Bytes(Some(content)))]);
}

#[test]
fn a_jump_host_is_named_when_it_is_the_trouble() {
    let [host, outer, inner] = hosts(None);
    let mut target = host.target();
    target.ssh_common_args = Some(through(&[&outer, &inner]));
    // Without the key the first jump host lets nobody in.
    let refused = refusal(&host.executor(), &target);
    assert!(
        refused
            .message
            .starts_with("jump host 127.0.0.1: it does not let admin in"),
        "{refused}"
    );

    // Where nobody listens the jump host opens no way.
    let port = {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        listener.local_addr().expect("an address").port()
    };
    target.port = Some(port);
    target.ssh_common_args = Some(through(&[&outer]));
    let executor = host.executor().identity_file(host.key());
    let refused = refusal(&executor, &target);
    assert!(
        refused
            .message
            .contains(&format!("opens no way to 127.0.0.1:{port}")),
        "{refused}"
    );
}

#[test]
fn a_host_that_falls_silent_behind_a_jump_host_is_given_up() {
    let [host, outer, _] = hosts(Some(Trouble::Freeze(100_000)));
    let mut target = host.target();
    target.ssh_common_args = Some(through(&[&outer]));
    let executor = host
        .executor()
        .identity_file(host.key())
        .operation_timeout(Duration::from_secs(1));
    let mut session = executor.connect(&target).expect("a session");
    let begun = Instant::now();
    let stage = WriteOp::StageFile {
        path: host
            .place("never")
            .display()
            .to_string()
            .parse()
            .expect("a path"),
        content: FileContent::Hidden(Secret::new(vec![b'x'; 200_000])),
        owner: Ownership::both(&user()),
        mode: 0o600,
    };
    let batch = etcd_plan::op::Batch {
        chains: vec![vec![etcd_plan::op::Op::Write(stage)]],
    };
    let ended = etcd_plan_tests::permitted::write(&mut session, &batch).expect_err("no answer");
    assert!(ended.message.contains("1 s"), "{ended}");
    assert!(begun.elapsed() < Duration::from_secs(5));
}
