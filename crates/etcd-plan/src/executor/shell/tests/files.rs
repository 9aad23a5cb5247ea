use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use etcd_plan_core::op::{FileContent, FileFacts, FileKind, Ownership, ReadOp, Reply, WriteOp};

use super::support::{Host, machine_session, message, one, path, skipped, with_each_shell};

fn stage(file: &str, content: &str, mode: u32) -> WriteOp {
    WriteOp::StageFile {
        path: path(file),
        content: FileContent::Shown(content.to_owned()),
        owner: Ownership::both("etcd"),
        mode,
    }
}

fn facts(host: &mut Host, file: &str) -> Option<FileFacts> {
    match host.read(ReadOp::Stat { path: path(file) }) {
        Ok(Reply::Stat(facts)) => facts,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_is_staged_beside_its_place_and_promoted() {
    with_each_shell(|shell| {
        let mut host = Host::new(shell);
        let content = "name: etcd-1\n";
        host.write_twice(&stage("/etc/etcd/etcd.conf", content, 0o640));
        assert_eq!(facts(&mut host, "/etc/etcd/etcd.conf"), None);
        let staged = facts(&mut host, "/etc/etcd/.etcd.conf.etcd-plan").expect("a staged file");
        assert_eq!((staged.kind, staged.mode), (FileKind::File, 0o640));
        let promote = WriteOp::PromoteFile {
            path: path("/etc/etcd/etcd.conf"),
        };
        host.write_twice(&promote);
        assert_eq!(facts(&mut host, "/etc/etcd/.etcd.conf.etcd-plan"), None);
        let file = facts(&mut host, "/etc/etcd/etcd.conf").expect("a file");
        assert!(file.is_owned_by(&Ownership::both("etcd")));
        assert_eq!(file.size, 13);
        let wanted = FileContent::Shown(content.to_owned()).sha256();
        assert_eq!(file.sha256.as_deref(), Some(wanted.as_str()));
        let folder = facts(&mut host, "/etc/etcd").expect("a folder");
        assert_eq!(
            (folder.kind, folder.mode, folder.sha256),
            (FileKind::Folder, 0o755, None)
        );
    });
}

#[test]
fn a_promotion_needs_a_staged_file_or_a_promoted_one() {
    with_each_shell(|shell| {
        let mut host = Host::new(shell);
        let promote = WriteOp::PromoteFile {
            path: path("/etc/x"),
        };
        assert!(message(host.write(promote.clone())).contains("there is neither"));
        host.write_twice(&stage("/etc/x", "", 0o644));
        fs::create_dir(host.place("/etc/x")).expect("a folder");
        assert!(message(host.write(promote)).contains("is a folder"));
    });
}

#[test]
fn a_folder_is_made_with_its_parents() {
    with_each_shell(|shell| {
        let mut host = Host::new(shell);
        host.write_twice(&WriteOp::MakeDir {
            path: path("/data/etcd"),
            owner: Ownership::both("etcd"),
            mode: 0o700,
        });
        assert_eq!(
            facts(&mut host, "/data/etcd").expect("a folder").mode,
            0o700
        );
        assert_eq!(facts(&mut host, "/data").expect("a folder").mode, 0o755);
    });
}

#[test]
fn a_file_is_read_up_to_a_limit() {
    with_each_shell(|shell| {
        let mut host = Host::new(shell);
        let mut read = |file: &str| host.read(ReadOp::ReadFile { path: path(file) });
        assert_eq!(read("/none"), Ok(Reply::Bytes(None)));
        let root = host.place("/");
        let mut read = |file: &str| host.read(ReadOp::ReadFile { path: path(file) });
        for (file, size) in [
            ("empty", 0),
            ("most", 1024 * 1024),
            ("more", 1024 * 1024 + 1),
        ] {
            fs::write(root.join(file), vec![b'x'; size]).expect("a file");
        }
        assert_eq!(read("/empty"), Ok(Reply::Bytes(Some(Vec::new()))));
        assert!(
            matches!(read("/most"), Ok(Reply::Bytes(Some(bytes))) if bytes.len() == 1024 * 1024)
        );
        assert!(message(read("/more")).contains("larger than 1048576 bytes"));
        fs::create_dir(root.join("folder")).expect("a folder");
        assert!(message(read("/folder")).contains("not a regular file"));
    });
}

#[test]
fn links_are_not_followed() {
    with_each_shell(|shell| {
        let mut host = Host::new(shell);
        symlink("/nowhere", host.place("/link")).expect("a link");
        let link = facts(&mut host, "/link").expect("a link");
        assert_eq!((link.kind, link.sha256), (FileKind::Link, None));
    });
}

#[test]
fn what_is_moved_aside_was_there_or_is_there() {
    with_each_shell(|shell| {
        let mut host = Host::new(shell);
        let aside = WriteOp::MoveAside {
            path: path("/data/etcd"),
            to: path("/data/etcd.purged-1"),
        };
        assert!(message(host.write(aside.clone())).contains("there is neither"));
        fs::create_dir_all(host.place("/data/etcd/member")).expect("a folder");
        host.write_twice(&aside);
        assert!(host.place("/data/etcd.purged-1/member").is_dir());
        fs::create_dir_all(host.place("/data/etcd")).expect("a folder");
        assert!(message(host.write(aside)).contains("are there"));
        assert!(!host.place("/data/etcd.purged-1/etcd").exists());
        let elsewhere = WriteOp::MoveAside {
            path: path("/data/etcd"),
            to: path("/etcd.purged-1"),
        };
        assert!(message(host.write(elsewhere)).contains("not in the same folder"));
    });
}

#[test]
fn only_what_was_purged_is_deleted() {
    with_each_shell(|shell| {
        let mut host = Host::new(shell);
        fs::create_dir_all(host.place("/data.purged-0/etcd/member")).expect("a folder");
        let refused = host.write(WriteOp::DeletePurged {
            path: path("/data.purged-0/etcd"),
        });
        assert!(message(refused).contains("is not deleted"));
        assert!(host.place("/data.purged-0/etcd/member").is_dir());
        host.write_twice(&WriteOp::DeletePurged {
            path: path("/data.purged-0"),
        });
        assert!(!host.place("/data.purged-0").exists());
    });
}

#[test]
fn a_folder_is_not_removed_as_a_file() {
    with_each_shell(|shell| {
        let mut host = Host::new(shell);
        fs::create_dir(host.place("/folder")).expect("a folder");
        message(host.write(WriteOp::RemoveFile {
            path: path("/folder"),
        }));
        assert!(host.place("/folder").is_dir());
    });
}

#[test]
fn what_cannot_be_looked_into_is_not_called_missing() {
    if rustix::process::geteuid().is_root() {
        return skipped("a folder that cannot be looked into, since root can");
    }
    with_each_shell(|shell| {
        let mut host = Host::new(shell);
        let closed = host.place("/closed");
        fs::create_dir(&closed).expect("a folder");
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).expect("a mode");
        let file = path("/closed/file");
        assert!(message(host.read(ReadOp::Stat { path: file.clone() })).contains("cannot look"));
        assert!(message(host.read(ReadOp::ReadFile { path: file })).contains("cannot look"));
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).expect("a mode");
    });
}

#[test]
fn a_machine_gives_files_away_and_says_to_whom_they_belong() {
    if !rustix::process::geteuid().is_root() {
        return skipped("giving files away, which needs root");
    }
    with_each_shell(|shell| {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mut session = machine_session(shell, dir.path(), &[]);
        let file = path(&dir.path().join("file").display().to_string());
        let owner = Ownership {
            user: "daemon".to_owned(),
            group: "adm".to_owned(),
        };
        for op in [
            WriteOp::StageFile {
                path: file.clone(),
                content: FileContent::Shown("x".to_owned()),
                owner: owner.clone(),
                mode: 0o4750,
            },
            WriteOp::PromoteFile { path: file.clone() },
        ] {
            let done = one(&mut session, etcd_plan_core::op::Op::Write(op));
            assert_eq!(done, Ok(Reply::Done));
        }
        let stat = etcd_plan_core::op::Op::Read(ReadOp::Stat { path: file.clone() });
        let Ok(Reply::Stat(Some(found))) = one(&mut session, stat.clone()) else {
            panic!("no facts");
        };
        assert!(found.is_owned_by(&owner) && !found.is_owned_by(&Ownership::both("daemon")));
        assert_eq!(found.mode, 0o4750);
        std::os::unix::fs::chown(file.as_str(), Some(54_321), Some(54_322)).expect("an owner");
        let Ok(Reply::Stat(Some(found))) = one(&mut session, stat) else {
            panic!("no facts");
        };
        assert_eq!(
            (found.user.as_str(), found.group.as_str()),
            ("54321", "54322")
        );
    });
}

/// Whoever reads the two one after the other, all the time, finds two that belong together, also where the
/// operation is cut off.
#[test]
fn files_go_to_their_places_together() {
    with_each_shell(|shell| {
        let mut host = Host::new(shell);
        let (first, second) = (path("/etc/etcd/server.crt"), path("/etc/etcd/server.key"));
        let together = WriteOp::PlaceTogether {
            files: [&first, &second]
                .map(|file| (WriteOp::staged(file), file.clone()))
                .to_vec(),
        };
        let stage_both = |host: &mut Host, content: &str| {
            host.write_twice(&stage("/etc/etcd/server.crt", content, 0o644));
            host.write_twice(&stage("/etc/etcd/server.key", content, 0o600));
        };
        let names = |host: &Host| {
            let entries = fs::read_dir(host.place("/etc/etcd")).expect("a folder");
            let names = entries.map(|entry| entry.expect("an entry").file_name());
            let mut names: Vec<_> = names.collect();
            names.sort();
            names
        };
        let content =
            |host: &Host, file: &str| fs::read_to_string(host.place(file)).expect("it is there");
        assert!(message(host.write(together.clone())).contains("there is neither"));
        for (round, what) in ["first", "second", "third"].into_iter().enumerate() {
            stage_both(&mut host, what);
            host.write_twice(&together);
            assert_eq!(content(&host, "/etc/etcd/server.crt"), what);
            assert_eq!(content(&host, "/etc/etcd/server.key"), what);
            assert_eq!(names(&host), ["server.crt", "server.key"], "round {round}");
            let key = facts(&mut host, "/etc/etcd/server.key").expect("a file");
            assert_eq!((key.kind, key.mode), (FileKind::File, 0o600));
        }
        // One alone.
        host.write_twice(&stage("/etc/etcd/server.key", "fourth", 0o600));
        host.write_twice(&together);
        assert_eq!(content(&host, "/etc/etcd/server.crt"), "third");
        assert_eq!(content(&host, "/etc/etcd/server.key"), "fourth");
        // As a run leaves it that was cut off when the names lead through the folder.
        let folder = host.place("/etc/etcd/.together.etcd-plan");
        let inside = |name: &str| folder.join(name);
        fs::create_dir_all(inside("new")).expect("a folder");
        symlink("new", inside("now")).expect("a link");
        for name in ["server.crt", "server.key"] {
            fs::write(inside("new").join(name), "fifth").expect("written");
            let place = host.place(&format!("/etc/etcd/{name}"));
            fs::remove_file(&place).expect("it is there");
            symlink(format!(".together.etcd-plan/now/{name}"), place).expect("a link");
        }
        host.write_twice(&together);
        assert_eq!(content(&host, "/etc/etcd/server.key"), "fifth");
        assert_eq!(names(&host), ["server.crt", "server.key"]);
        let key = facts(&mut host, "/etc/etcd/server.key").expect("a file");
        assert_eq!(key.kind, FileKind::File);
        let kept = WriteOp::KeepFile {
            path: second,
            kept: path("/etc/etcd/.server.key.before"),
        };
        host.write_twice(&kept);
        assert_eq!(content(&host, "/etc/etcd/.server.key.before"), "fifth");
    });
}
