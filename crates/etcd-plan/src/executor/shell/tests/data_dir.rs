use std::fs;

use etcd_plan_core::op::{DataDirFacts, ReadOp, Reply};

use super::support::{Host, message, path, with_each_shell};

fn look(host: &mut Host) -> DataDirFacts {
    match host.read(ReadOp::DataDir {
        path: path("/data/etcd"),
    }) {
        Ok(Reply::DataDir(facts)) => facts,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_data_directory_is_missing_empty_used_or_has_a_log() {
    with_each_shell(|shell| {
        let mut host = Host::new(shell);
        let is = |facts: &DataDirFacts| (facts.exists, facts.empty, facts.wal);
        let missing = look(&mut host);
        assert_eq!(is(&missing), (false, true, false));
        assert!(missing.free_bytes > 0);
        fs::create_dir_all(host.place("/data/etcd")).expect("a folder");
        let empty = look(&mut host);
        assert_eq!(is(&empty), (true, true, false));
        // Less the folders, and what others write meanwhile.
        assert!(empty.free_bytes.abs_diff(missing.free_bytes) < 1 << 30);
        fs::write(host.place("/data/etcd/.hidden"), "").expect("a file");
        assert_eq!(is(&look(&mut host)), (true, false, false));
        fs::create_dir_all(host.place("/data/etcd/member/wal")).expect("a folder");
        assert_eq!(is(&look(&mut host)), (true, false, false));
        fs::write(host.place("/data/etcd/member/wal/0-0.wal"), "").expect("a file");
        assert_eq!(is(&look(&mut host)), (true, false, true));
    });
}

#[test]
fn earlier_purges_are_listed_in_order() {
    with_each_shell(|shell| {
        let mut host = Host::new(shell);
        for name in [
            "etcd.purged-2",
            "etcd.purged-1",
            "etcd.purged",
            "etcd2.purged-1",
        ] {
            fs::create_dir_all(host.place("/data").join(name)).expect("a folder");
        }
        let wanted = [path("/data/etcd.purged-1"), path("/data/etcd.purged-2")];
        assert_eq!(look(&mut host).purged, wanted);
    });
}

#[test]
fn a_file_is_no_data_directory() {
    with_each_shell(|shell| {
        let mut host = Host::new(shell);
        fs::write(host.place("/etcd"), "").expect("a file");
        let refused = host.read(ReadOp::DataDir {
            path: path("/etcd"),
        });
        assert!(message(refused).contains("is not a folder"));
    });
}
