//! Data and messages, colour, and readers that go away.

use crate::site::Site;

#[test]
fn data_and_messages_do_not_mix() {
    let site = Site::with_sleepers("127.0.58.");
    let planned = site.ends_with(10, "plan -c sandbox=hosts --format json");
    assert!(serde_json::from_str::<serde_json::Value>(&planned.stdout).is_ok());
    assert!(planned.stderr.contains("reading 3 hosts"), "{planned:#?}");
    let first = planned.stderr.lines().next().unwrap_or_default();
    let (stamp, _) = first.split_once(' ').expect("a time stamp");
    assert_eq!(stamp.len(), "2026-11-21T14:30:00Z".len(), "{first}");
}

#[test]
fn colour_is_asked_for_and_marks_stay() {
    let site = Site::with_sleepers("127.0.59.");
    let plain = site.ends_with(0, "plan --offline");
    assert!(!plain.stdout.contains('\x1b'));
    let coloured = site.ends_with(0, "plan --offline --color always");
    assert!(
        coloured.stdout.contains("\x1b[32m  + etcd_dir"),
        "{coloured:#?}"
    );
    let bare: String = coloured
        .stdout
        .replace("\x1b[0m", "")
        .split("\x1b[")
        .map(|part| {
            part.split_once('m').map_or(part, |(code, rest)| {
                if code.bytes().all(|b| b.is_ascii_digit()) {
                    rest
                } else {
                    part
                }
            })
        })
        .collect();
    assert_eq!(bare, plain.stdout);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let site = Site::with_sleepers("127.0.60.");
    for command in ["explain", "man", "completions bash"] {
        // It reads nothing, and is gone before the first line.
        let ended = site.shell(&format!(
            "{{ sleep 0.1; $ETCD_PLAN {command}; echo $? >&2; }} | true"
        ));
        assert_eq!(ended.stderr, "0\n", "{command}: {ended:#?}");
    }
}
