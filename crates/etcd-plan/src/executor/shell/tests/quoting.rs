use std::io::Write as _;
use std::process::Stdio;

use proptest::prelude::*;

use super::support::{Host, Shell, message, path, service, shells, with_each_shell};
use crate::executor::shell::quote::{HoldsZero, quote};
use etcd_plan_core::op::{FileContent, Ownership, ReadOp, Reply, WriteOp};

/// Lets a shell print words, each as it understood it.
fn understood_by(shell: &Shell, words: &[String]) -> Vec<String> {
    let mut script = String::new();
    for word in words {
        script.push_str("printf '%s\\000' ");
        quote(word, &mut script).expect("a word without zero bytes");
        script.push('\n');
    }
    let mut child = shell
        .command()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a shell");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin
        .write_all(script.as_bytes())
        .expect("a shell that reads");
    drop(stdin);
    let output = child.wait_with_output().expect("a shell that ends");
    let text = String::from_utf8(output.stdout).expect("the words are UTF-8");
    text.split_terminator('\0').map(str::to_owned).collect()
}

#[test]
fn a_shell_takes_hostile_words_literally() {
    let words: Vec<String> = [
        "",
        " ",
        "'",
        "''",
        "a'b",
        "'; rm -rf / #",
        "$(id)",
        "`id`",
        "${HOME}",
        "$HOME",
        "\"",
        "\\",
        "\\'",
        "\\n",
        "%s%n",
        "*",
        "~",
        "!!",
        "-rf",
        "--",
        "a\nb\n",
        "\r\n\t",
        "\u{1}\u{7f}\u{81}\u{88}",
        "größe 大きさ 🦀",
        "EOF",
        "&& || ; | & < > ( ) { }",
    ]
    .map(str::to_owned)
    .to_vec();
    with_each_shell(|shell| assert_eq!(understood_by(shell, &words), words, "{}", shell.name));
}

#[test]
fn any_word_comes_through_any_shell() {
    let shells = shells();
    let config = ProptestConfig {
        cases: 48,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let words = proptest::collection::vec("[^\0]{0,40}|[-'\"\\\\$`\n ]{0,12}", 1..20);
    let outcome = proptest::test_runner::TestRunner::new(config).run(&words, |words| {
        for shell in &shells {
            prop_assert_eq!(&understood_by(shell, &words), &words, "{}", shell.name);
        }
        Ok(())
    });
    outcome.expect("every word comes through");
}

#[test]
fn a_zero_byte_is_refused() {
    assert_eq!(quote("a\0b", &mut String::new()), Err(HoldsZero));
    with_each_shell(|shell| {
        let mut host = Host::new(shell);
        let refused = host.write(WriteOp::Lock {
            path: path("/lock"),
            holder: "a\0b".to_owned(),
            journal: path("/journal"),
        });
        assert!(message(refused).contains("zero byte"));
        assert!(!host.place("lock").exists());
    });
}

#[test]
fn names_of_files_are_only_names() {
    with_each_shell(|shell| {
        let mut host = Host::new(shell);
        for name in [
            "-rf",
            "--help",
            "a b",
            "$(touch pwned)",
            "it's",
            "*",
            "größe",
            "a\\n;b",
        ] {
            let file = path("/folder").join(name);
            let stage = WriteOp::StageFile {
                path: file.clone(),
                content: FileContent::Shown(name.to_owned()),
                owner: Ownership::both("etcd"),
                mode: 0o644,
            };
            host.write_twice(&stage);
            host.write_twice(&WriteOp::PromoteFile { path: file.clone() });
            let content = host.read(ReadOp::ReadFile { path: file.clone() });
            assert_eq!(content, Ok(Reply::Bytes(Some(name.into()))));
            let facts = host.read(ReadOp::Stat { path: file.clone() });
            assert!(matches!(facts, Ok(Reply::Stat(Some(_)))), "{facts:?}");
            host.write_twice(&WriteOp::RemoveFile { path: file });
        }
        let left = std::fs::read_dir(host.place("folder"))
            .expect("a folder")
            .count();
        assert_eq!(left, 0);
    });
}

#[test]
fn a_service_is_called_what_a_unit_can_be_called() {
    with_each_shell(|shell| {
        let mut host = Host::new(shell);
        for name in ["", "-a", "../etcd", "a/b", "a b", ".hidden", "$(id)"] {
            let service = service(name);
            let said = message(host.read(ReadOp::Service { service }));
            assert!(
                said.contains("not usable as the name of a service"),
                "{said}"
            );
        }
    });
}
