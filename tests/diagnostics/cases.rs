//! A folder of small inventories, `<code>.yml` or `<code>.<what>.yml`, each with a snapshot of all
//! that is said about it.

use std::collections::BTreeSet;

use etcd_plan::diagnostic::{Code, Diagnostics, Severity};
use etcd_plan_tests::snapshots::{assert_snapshot, findings, for_each_file};

/// Codes that no inventory's text can have, which `doors.rs` shows.
const OTHER_DOORS: [Code; 7] = [
    Code::ExternalCluster,
    Code::LimitMatchesNothing,
    Code::JoinWithoutLimit,
    Code::GoalArgument,
    Code::NoSuchMember,
    Code::LastMember,
    Code::NotText,
];

#[test]
fn every_code_is_found_told_and_shown() {
    let names = for_each_file("diagnostics/cases", |name, text| {
        let (findings, plan) = findings(text);
        let code = code_of(name);
        assert!(
            findings.iter().any(|finding| finding.code == code),
            "{name}: there is no {code} among\n{findings}"
        );
        assert_eq!(plan.is_none(), findings.has_errors(), "{name}");
        check_form(name, &findings);
        assert_snapshot("diagnostics", name, &findings.to_string());
    });
    let shown: BTreeSet<Code> = names.iter().map(|name| code_of(name)).collect();
    let missing: Vec<&Code> = Code::ALL
        .iter()
        .filter(|code| !shown.contains(code) && !OTHER_DOORS.contains(code))
        .collect();
    assert!(missing.is_empty(), "without a case: {missing:?}");
}

/// Every finding says where, what and what to do.
fn check_form(name: &str, findings: &Diagnostics) {
    for finding in findings {
        let message = &finding.message;
        let has_place = finding.place.is_some() || finding.code == Code::NoCluster;
        assert!(has_place, "{name}: {message}: has no place");
        assert!(!finding.hint.is_empty(), "{name}: {message}: has no hint");
        for text in [message, &finding.hint] {
            assert!(
                !text.ends_with('.'),
                "{name}: {text}: ends with a full stop"
            );
            let is_sentence = text.starts_with("YAML") || !text.starts_with(char::is_uppercase);
            assert!(is_sentence, "{name}: {text}: begins in upper case");
        }
        let severity = if finding.severity() == Severity::Error {
            "error"
        } else {
            "warning"
        };
        let head = format!("{severity}[{}]: {message}", finding.code);
        assert!(findings.to_string().contains(&head), "{name}: {head}");
    }
}

fn code_of(name: &str) -> Code {
    let code = name.split('.').next().unwrap_or_default();
    match code.parse() {
        Ok(code) => code,
        Err(why) => panic!("the case {name}: {code} {why}"),
    }
}
