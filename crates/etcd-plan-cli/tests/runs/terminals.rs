//! What a person sees and presses.

use std::time::{Duration, Instant};

use crate::site::Site;
use crate::terminal::{CTRL_C, Terminal};

const APPLY: &str = "apply -c sandbox=hosts";

#[test]
fn a_person_is_asked_and_sees_what_happens() {
    let Some(site) = Site::with_etcd("127.0.61.", 1) else {
        return;
    };
    let mut declined = Terminal::run(&site, APPLY);
    declined.expect("+ 127.0.61.1: /etc/etcd/etcd.conf");
    declined.expect("go on? [y/N] ");
    declined.press("n\n");
    declined.expect("nothing was changed");
    declined.ends_with(4);
    assert!(!site.path("files").exists());

    let mut agreed = Terminal::run(&site, APPLY);
    agreed.expect("go on? [y/N] ");
    agreed.press("y\n");
    agreed.expect("steps"); // the bar
    agreed.expect("etcd-plan log ");
    agreed.ends_with(0);
    let shown = agreed.shown();
    assert!(
        shown.contains("127.0.61.1: start etcd of etcd-1"),
        "a line a host: {shown}"
    );

    let mut wrong = Terminal::run(&site, &format!("{APPLY} --goal rebuild"));
    wrong.expect("! cluster etcd would lose:");
    wrong.expect("keys      0");
    wrong.expect("type the name of the cluster to go on: ");
    wrong.press("yes\n");
    wrong.expect("that is not its name");
    wrong.ends_with(4);

    let mut right = Terminal::run(&site, &format!("{APPLY} -t etcd_purge"));
    right.expect("type the name of the cluster to go on: ");
    right.press("etcd\n");
    right.expect("is moved to /data/etcd.purged-");
    right.ends_with(0);
}

#[test]
fn a_question_can_be_interrupted() {
    let site = Site::with_sleepers("127.0.62.");
    let mut asked = Terminal::run(&site, APPLY);
    asked.expect("go on? [y/N] ");
    asked.press(CTRL_C);
    asked.expect("interrupted, and nothing was changed");
    asked.ends_with(130);
    assert!(!site.path("files").exists());
}

#[test]
fn ctrl_c_once_ends_what_is_under_way_and_reports() {
    let site = Site::with_sleepers("127.0.63.");
    let mut run = Terminal::run(&site, &format!("{APPLY} --yes"));
    // Such an etcd never serves, so this would go on for a minute and a half.
    run.expect("wait until etcd-1 answers through TLS");
    run.press(CTRL_C);
    run.expect("interrupted: nothing new is begun");
    run.expect("stopped on request");
    run.expect("to go on: etcd-plan apply -c 'sandbox=hosts' --yes");
    run.ends_with(130);
    let log = site.ends_with(0, "log");
    assert!(log.stdout.contains("stopped: create etcd"), "{log:#?}");

    // The same command goes on: what was placed is there, and what never worked is cleared away
    // without a question.
    let mut again = Terminal::run(&site, &format!("{APPLY} --yes"));
    again.expect("what a run left that was cut off while it built the cluster");
    again.expect("wait until etcd-1 answers through TLS");
    again.press(CTRL_C);
    again.expect("interrupted: nothing new is begun");
    again.press(CTRL_C);
    again.ends_with(130);
}

#[test]
fn ctrl_c_twice_ends_at_once() {
    let site = Site::with_sleepers("127.0.64.");
    let mut run = Terminal::run(&site, &format!("{APPLY} --yes"));
    run.expect("wait until etcd-1 answers through TLS");
    run.press(CTRL_C);
    run.expect("interrupted: nothing new is begun");
    let begun = Instant::now();
    run.press(CTRL_C);
    run.ends_with(130);
    // What is under way takes ten seconds to end by itself.
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "{:?}",
        begun.elapsed()
    );
    let log = site.ends_with(0, "log");
    assert!(log.stdout.contains("cut off: create etcd"), "{log:#?}");
}

#[test]
fn passwords_are_asked_for_first_and_not_shown() {
    let site = Site::with_sleepers("127.0.65.");
    let words = "plan --ask-pass --ask-become-pass --ssh-config /dev/null -e ansible_port=1";
    let mut run = Terminal::run(&site, words);
    run.expect("SSH password: ");
    run.press("not-shown\n");
    run.expect("sudo password: ");
    run.press("not-shown\n");
    run.expect("127.0.65.1:1 refuses connections");
    run.ends_with(5);
    assert!(!run.shown().contains("not-shown"), "{}", run.shown());
}
