//! Operations as another user: `sudo` with and without password, `doas`, and neither.

use std::time::{Duration, Instant};

use etcd_plan::executor::Executor as _;
use etcd_plan::executor::ssh::Question;
use etcd_plan::secret::Secret;
use etcd_plan_testkit::ssh_server::SshSetup;

use crate::support::{Host, find_program, program, refusal, system};

/// A `sudo` that takes the password `open sesame`, in the words of the real one.
const SUDO: &str = r#"
never=
while [ $# -gt 0 ]; do
    case $1 in
        -n) never=1; shift ;;
        -S) shift ;;
        -p) prompt=$2; shift 2 ;;
        -u) user=$2; shift 2 ;;
        --) shift; break ;;
        *) echo "usage" >&2; exit 1 ;;
    esac
done
[ "$user" = root ] || { echo "sudo: unknown user $user" >&2; exit 1; }
[ -z "$never" ] || { echo "sudo: a password is required" >&2; exit 1; }
echo "We trust you have received the usual lecture." >&2
for try in 1 2 3; do
    printf %s "$prompt" >&2
    read -r password || exit 1
    [ "$password" = "open sesame" ] && exec "$@"
    sleep 0.2
    echo "Sorry, try again." >&2
done
echo "sudo: 3 incorrect password attempts" >&2
exit 1
"#;

/// A host on which we are `admin`, and these programs are found first.
fn host(programs: &[(&str, &str)]) -> Host {
    let dir = tempfile::tempdir().expect("a temporary folder");
    program(dir.path(), "id", "echo admin");
    for (name, text) in programs {
        program(dir.path(), name, text);
    }
    // Nothing else, so that what is missing is missing; `sh` is needed by the host itself.
    let sh = find_program("sh").expect("a shell");
    std::os::unix::fs::symlink(sh, dir.path().join("sh")).expect("a link");
    let mut host = Host::start(SshSetup {
        path: Some(dir.path().display().to_string()),
        ..SshSetup::default()
    });
    host.keep(dir);
    host
}

fn as_root(host: &Host) -> etcd_plan::executor::Target {
    let mut target = host.target();
    target.become_user = Some("root".to_owned());
    target
}

#[test]
fn sudo_without_a_password_takes_one_command() {
    let host = host(&[(
        "sudo",
        "[ \"$1 $2 $3 $4\" = '-n -u root --' ] && exec \"$5\"",
    )]);
    let mut session = host.executor().connect(&as_root(&host)).expect("a session");
    system(&mut *session);
    assert_eq!(host.server.count("exec"), 1);
}

#[test]
fn sudo_gets_its_password_on_stdin() {
    let host = host(&[("sudo", SUDO)]);
    let executor = host.executor().secrets(|question: &Question| {
        let expected = Question::BecomePassword {
            user: "admin".to_owned(),
            host: "127.0.0.1".to_owned(),
        };
        (*question == expected).then(|| Secret::new(*b"open sesame"))
    });
    let mut session = executor.connect(&as_root(&host)).expect("a session");
    system(&mut *session);
    system(&mut *session);
    assert_eq!(host.server.count("connect"), 1);
    let commands = host.server.events().join("\n");
    assert!(!commands.contains("sesame"), "{commands}");
}

#[test]
fn a_wrong_password_fails_at_once_and_is_named() {
    let host = host(&[("sudo", SUDO)]);
    let executor = host
        .executor()
        .secrets(|_: &_| Some(Secret::new(*b"abracadabra")));
    let begun = Instant::now();
    let refused = refusal(&executor, &as_root(&host));
    assert_eq!(
        refused.message,
        "`sudo` did not take the password of admin to become root: the password is wrong"
    );
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(!format!("{refused:?}").contains("abracadabra"));
}

#[test]
fn a_missing_password_is_asked_for_in_the_message() {
    let host = host(&[("sudo", SUDO)]);
    let refused = refusal(&host.executor(), &as_root(&host));
    assert_eq!(
        refused.message,
        "`sudo` asks for the password of admin to become root"
    );
    assert!(
        refused.hint.contains("ETCD_PLAN_BECOME_PASSWORD"),
        "{refused:?}"
    );
}

#[test]
fn what_sudo_says_is_told() {
    let denial = "echo admin is not in the sudoers file. >&2; exit 1";
    let host = host(&[("sudo", denial)]);
    let refused = refusal(&host.executor(), &as_root(&host));
    assert_eq!(
        refused.message,
        "admin cannot become root: admin is not in the sudoers file."
    );
}

#[test]
fn a_sudo_that_waits_for_ever_is_given_up() {
    let host = host(&[(
        "sudo",
        "[ \"$1\" = -n ] && exit 1; echo Token: >&2; read -r token; exit 1",
    )]);
    let executor = host.executor().operation_timeout(Duration::from_secs(1));
    let begun = Instant::now();
    let refused = refusal(&executor, &as_root(&host));
    assert!(
        refused.message.contains("no shell within 1 s; Token:"),
        "{refused}"
    );
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn doas_is_used_where_there_is_no_sudo() {
    if find_program("sudo").is_some_and(|found| found.starts_with("/usr")) {
        // It would be found after the programs of the test, as it would be on a host.
        crate::support::skipped("doas, since this machine has a sudo");
    } else {
        let host = host(&[("doas", "[ \"$1 $2 $3\" = '-n -u root' ] && exec \"$4\"")]);
        let mut session = host.executor().connect(&as_root(&host)).expect("a session");
        system(&mut *session);
        let host = self::host(&[]);
        let refused = refusal(&host.executor(), &as_root(&host));
        assert!(
            refused.message.contains("there is neither sudo nor doas"),
            "{refused}"
        );
    }
}

#[test]
fn the_user_that_logs_in_needs_no_sudo() {
    let host = host(&[("sudo", "echo sudo was called >&2; exit 1")]);
    let mut target = host.target();
    target.become_user = Some("admin".to_owned());
    let mut session = host.executor().connect(&target).expect("a session");
    system(&mut *session);
}

#[test]
fn a_name_that_a_shell_would_read_is_refused() {
    let host = host(&[]);
    let mut target = host.target();
    target.become_user = Some("root; reboot".to_owned());
    let refused = refusal(&host.executor(), &target);
    assert!(refused.message.contains("no name of a user"), "{refused}");
    assert_eq!(host.server.count("exec"), 0);
}
