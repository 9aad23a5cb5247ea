use etcd_plan::core::names::{HostPath, Millis, Port};
use etcd_plan::core::op::{
    FileContent, FileKind, OpFailure, Ownership, ReadOp, Reply, ServiceState, WriteOp,
};

use super::fixture::{
    HOSTS, access, ask, await_healthy, chain, conf, etcd, must_write, prepare, running, service,
    start,
};
use crate::{HostSpec, SimExecutor, SimWorld};

const HOST: &str = HOSTS[0];

fn path(text: &str) -> HostPath {
    HostPath::fixed(text)
}

fn stage(at: &str, content: &str) -> WriteOp {
    WriteOp::StageFile {
        path: path(at),
        content: FileContent::Shown(content.to_owned()),
        owner: Ownership::both("root"),
        mode: 0o640,
    }
}

/// Gives the words with which a write fails on a host.
fn failure(world: &SimWorld, write: WriteOp) -> String {
    let executor = SimExecutor::new(world);
    let mut session = executor.open(&SimExecutor::target(HOST)).expect("there");
    let results = session.carry_out(&chain([write]));
    match results.expect("it lives").remove(0) {
        Err(OpFailure::Failed { message }) => message,
        other => panic!("it did not fail: {other:?}"),
    }
}

#[test]
fn every_question_has_an_answer_of_its_kind() {
    let world = running(&HOSTS[..1], "t");
    let kind = |question| match ask(&world, HOST, question) {
        Reply::Done | Reply::TakenOver(_) => "done",
        Reply::System(_) => "system",
        Reply::Package(_) => "package",
        Reply::Processes(_) => "processes",
        Reply::Stat(_) => "stat",
        Reply::Bytes(_) => "bytes",
        Reply::Names(_) => "names",
        Reply::Service(_) => "service",
        Reply::StartedAfter(_) => "started after",
        Reply::Listeners(_) => "listeners",
        Reply::DataDir(_) => "data dir",
        Reply::Etcd(_) => "etcd",
        Reply::KeyCount(_) => "key count",
        Reply::Holdings(_) => "holdings",
        Reply::Auth(_) => "auth",
        Reply::Voters(_) => "voters",
        Reply::Compaction(_) => "compaction",
        Reply::RestoreTool(_) => "restore tool",
        Reply::HeldRevision(_) => "held revision",
        Reply::Snapshot(_) => "snapshot",
        Reply::Fetched(_) => "fetched",
        Reply::Awaited(_) => "awaited",
        Reply::Presented(_) => "presented",
    };
    assert_eq!(kind(ReadOp::System), "system");
    assert_eq!(kind(ReadOp::Package), "package");
    assert_eq!(kind(ReadOp::Processes), "processes");
    assert_eq!(kind(ReadOp::Stat { path: path("/") }), "stat");
    assert_eq!(
        kind(ReadOp::ReadFile {
            path: path("/none")
        }),
        "bytes"
    );
    assert_eq!(kind(ReadOp::Folder { path: path("/etc") }), "names");
    assert_eq!(kind(ReadOp::Service { service: service() }), "service");
    let presented = ReadOp::Presented {
        access: access(HOST),
    };
    assert_eq!(kind(presented), "presented");
    let started = ReadOp::StartedAfter {
        service: service(),
        path: path("/etc/etcd/etcd.conf"),
    };
    assert_eq!(kind(started), "started after");
    let ports = vec![Port::new(2379)];
    assert_eq!(kind(ReadOp::Listeners { ports }), "listeners");
    assert_eq!(
        kind(ReadOp::DataDir {
            path: path("/data/etcd")
        }),
        "data dir"
    );
    assert_eq!(
        kind(ReadOp::Etcd {
            access: access(HOST)
        }),
        "etcd"
    );
    assert_eq!(
        kind(ReadOp::KeyCount {
            access: access(HOST)
        }),
        "key count"
    );
    assert_eq!(
        kind(ReadOp::Holdings {
            access: access(HOST)
        }),
        "holdings"
    );
    assert_eq!(
        kind(ReadOp::Auth {
            access: access(HOST)
        }),
        "auth"
    );
    let voters = ReadOp::AwaitVoters {
        voters: vec![access(HOST)],
        steady: Millis(0),
        timeout: Millis(1),
    };
    assert_eq!(kind(voters), "voters");
    assert_eq!(kind(await_healthy(HOST)), "awaited");
}

#[test]
fn a_file_waits_beside_its_place_with_owner_and_mode() {
    let world = SimWorld::of(&HOSTS);
    must_write(&world, HOST, [stage("/etc/x/y", "text")]);
    assert_eq!(world.read_file(HOST, "/etc/x/y"), None);
    let staged = ReadOp::Stat {
        path: WriteOp::staged(&path("/etc/x/y")),
    };
    match ask(&world, HOST, staged.clone()) {
        Reply::Stat(Some(facts)) => {
            assert_eq!(
                (facts.kind, facts.mode, facts.size),
                (FileKind::File, 0o640, 4)
            );
            let digest = FileContent::Shown("text".to_owned()).sha256();
            assert_eq!(facts.sha256, Some(digest));
        }
        other => panic!("{other:?}"),
    }
    must_write(
        &world,
        HOST,
        [WriteOp::PromoteFile {
            path: path("/etc/x/y"),
        }],
    );
    must_write(
        &world,
        HOST,
        [WriteOp::PromoteFile {
            path: path("/etc/x/y"),
        }],
    );
    assert_eq!(world.read_file(HOST, "/etc/x/y"), Some(b"text".to_vec()));
    assert_eq!(ask(&world, HOST, staged), Reply::Stat(None));
}

#[test]
fn writes_fail_where_the_real_ones_would() {
    let world = SimWorld::of(&HOSTS);
    let owned = WriteOp::MakeDir {
        path: path("/data"),
        owner: etcd(),
        mode: 0o700,
    };
    assert!(failure(&world, owned.clone()).contains("invalid user: 'etcd:etcd'"));
    let promote = WriteOp::PromoteFile {
        path: path("/none"),
    };
    assert!(failure(&world, promote).contains("No such file"));
    let remove = WriteOp::RemoveFile { path: path("/etc") };
    assert!(failure(&world, remove).contains("Is a directory"));
    let elsewhere = WriteOp::MoveAside {
        path: path("/etc"),
        to: path("/tmp/etc"),
    };
    assert!(failure(&world, elsewhere).contains("not in the folder"));
    let delete = WriteOp::DeletePurged { path: path("/etc") };
    assert!(failure(&world, delete).contains("moved aside"));
    let enable = WriteOp::EnableService { service: service() };
    assert!(failure(&world, enable).contains("does not exist"));
    assert!(failure(&world, start()).contains("not found"));
    let version = Some("3.4.1".parse().expect("a version"));
    assert!(failure(&world, WriteOp::InstallPackage { version }).contains("was not found"));
    world.set_free_bytes(HOST, 3);
    assert!(failure(&world, stage("/x", "text")).contains("No space left"));
    must_write(
        &world,
        HOST,
        [WriteOp::InstallPackage { version: None }, owned],
    );
}

#[test]
fn a_data_directory_is_moved_aside_once_and_deleted_for_good() {
    let world = running(&HOSTS[..1], "t");
    let data = path("/data/etcd");
    let facts = |world: &SimWorld| match ask(world, HOST, ReadOp::DataDir { path: data.clone() }) {
        Reply::DataDir(facts) => facts,
        other => panic!("{other:?}"),
    };
    let before = facts(&world);
    assert!(before.exists && before.wal && !before.empty && before.purged.is_empty());
    let stop = WriteOp::StopService {
        service: service(),
        timeout: Millis(5000),
        kill_after: None,
    };
    let to = path("/data/etcd.purged-1");
    let aside = WriteOp::MoveAside {
        path: data.clone(),
        to: to.clone(),
    };
    must_write(&world, HOST, [stop.clone(), stop, aside.clone(), aside]);
    let after = facts(&world);
    assert!(!after.exists && !after.wal && after.empty);
    assert_eq!(after.purged, std::slice::from_ref(&to));
    let delete = WriteOp::DeletePurged { path: to };
    must_write(&world, HOST, [delete.clone(), delete]);
    assert!(facts(&world).purged.is_empty());
}

#[test]
fn a_unit_is_missing_until_units_are_read_again() {
    let world = SimWorld::of(&HOSTS);
    let mut writes = prepare(&conf(HOST, &HOSTS[..1], "t", "new"));
    let enable = writes.pop().expect("it enables at last");
    let reload = writes.pop().expect("it reloads before");
    must_write(&world, HOST, writes);
    assert_eq!(world.service_state(HOST, "etcd"), ServiceState::Missing);
    must_write(&world, HOST, [reload]);
    assert_eq!(world.service_state(HOST, "etcd"), ServiceState::Stopped);
    let enabled = |world| match ask(world, HOST, ReadOp::Service { service: service() }) {
        Reply::Service(facts) => facts.enabled,
        other => panic!("{other:?}"),
    };
    assert!(!enabled(&world));
    must_write(&world, HOST, [enable]);
    assert!(enabled(&world));
}

#[test]
fn packages_are_as_installed_and_available() {
    let world = SimWorld::new([HostSpec::new(HOST).installed("3.4.23")]);
    let etcd = |world| match ask(world, HOST, ReadOp::Package) {
        Reply::Package(facts) => facts.etcd.map(|version| version.to_string()),
        other => panic!("{other:?}"),
    };
    must_write(&world, HOST, [WriteOp::InstallPackage { version: None }]);
    assert_eq!(etcd(&world).as_deref(), Some("3.4.23"));
    let version = Some("3.5".parse().expect("a version"));
    must_write(&world, HOST, [WriteOp::InstallPackage { version }]);
    assert_eq!(etcd(&world).as_deref(), Some("3.5.16"));
}

#[test]
fn a_client_needs_its_files_and_the_server_s_authority() {
    let world = running(&HOSTS[..1], "t");
    let said = |world| match ask(
        world,
        HOST,
        ReadOp::Etcd {
            access: access(HOST),
        },
    ) {
        Reply::Etcd(facts) => facts.said,
        other => panic!("{other:?}"),
    };
    assert_eq!(said(&world), "");
    let other = crate::Node::file("another ca", etcd(), 0o644);
    world.put_file(HOST, "/etc/etcd/ca.crt", other);
    assert!(said(&world).contains("unknown authority"));
    world.wipe(HOST, "/etc/etcd/ca.crt");
    assert!(said(&world).contains("no such file"));
}

#[test]
fn clocks_can_differ() {
    let world = SimWorld::of(&HOSTS);
    world.set_clock_skew(HOSTS[1], -60_000);
    let clock = |host| match ask(&world, host, ReadOp::System) {
        Reply::System(facts) => facts.clock_ms,
        other => panic!("{other:?}"),
    };
    let (first, second) = (clock(HOSTS[0]), clock(HOSTS[1]));
    assert_eq!(first - second, 60_000 - 1);
}
