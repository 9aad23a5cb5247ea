use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use etcd_plan_core::op::{FileContent, Op, Ownership, Reply, WriteOp};
use etcd_plan_core::secret::Secret;

use super::support::{Host, machine_session, one, path, with_each_shell};

/// Holds no character that base64 would spell in two ways, so that both forms can be looked for.
const SECRET: &str = "hunter2hunter2hunter2hunter2";
const ENCODED: &str = "aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVyMg==";

fn stage(place: &str) -> WriteOp {
    WriteOp::StageFile {
        path: path(place),
        content: FileContent::Hidden(Secret::new(SECRET.as_bytes())),
        owner: Ownership::both("root"),
        mode: 0o600,
    }
}

#[test]
fn no_process_shows_a_secret_while_it_is_staged() {
    with_each_shell(|shell| {
        // Programs that run during the staging write down what everybody can see of all processes.
        let spy = |program: &str| {
            format!(
                "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ >>\"${{0%/bin/*}}/seen\" 2>/dev/null\n\
                 PATH=${{PATH#*:}}\nexec {program} \"$@\""
            )
        };
        let programs = ["base64", "chmod", "mkdir", "sync"].map(|name| (name, spy(name)));
        let programs: Vec<(&str, &str)> = programs
            .iter()
            .map(|(name, text)| (*name, text.as_str()))
            .collect();
        let mut host = Host::with_programs(shell, &programs);
        host.write_twice(&stage("/etc/etcd/server.key"));
        let seen = fs::read(host.place("../seen")).expect("the spies ran");
        let seen = String::from_utf8_lossy(&seen);
        assert!(seen.contains("base64"), "the spies saw nothing");
        assert!(
            !seen.contains(SECRET) && !seen.contains(ENCODED),
            "{}",
            shell.name
        );
        let written = fs::read(host.place("/etc/etcd/.server.key.etcd-plan")).expect("a file");
        assert_eq!(written, SECRET.as_bytes());
    });
}

#[test]
fn a_secret_is_ours_alone_from_the_first_byte() {
    with_each_shell(|shell| {
        // When the owner is given, before the content comes, the mode must be closed already.
        let spy = "stat -c '%a %s' \"$3\" >\"${0%/bin/*}/seen\"";
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mut session = machine_session(shell, dir.path(), &[("chown", spy)]);
        let place = dir.path().join("server.key");
        // A staged file that an earlier run left open is not written into.
        let staged = dir.path().join(".server.key.etcd-plan");
        fs::write(&staged, "old").expect("a file");
        fs::set_permissions(&staged, fs::Permissions::from_mode(0o666)).expect("a mode");
        let done = one(&mut session, Op::Write(stage(&place.display().to_string())));
        assert_eq!(done, Ok(Reply::Done));
        let seen = fs::read_to_string(dir.path().join("seen")).expect("the spy ran");
        assert_eq!(seen, "600 0\n");
    });
}
