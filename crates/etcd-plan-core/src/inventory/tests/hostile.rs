use std::fmt::Write as _;

use proptest::prelude::*;

use super::name;
use crate::diagnostic::{Code, Diagnostics, Style};
use crate::inventory::{ExtraVars, Inventory};

fn refusal(text: &str) -> Diagnostics {
    Inventory::parse(text, "hosts.yml").expect_err("refused")
}

fn codes(text: &str) -> Vec<Code> {
    refusal(text).iter().map(|finding| finding.code).collect()
}

#[test]
fn a_bomb_of_aliases_does_not_go_off() {
    let mut text = String::from("a: { vars: {\n  v0: &v0 [x, x, x, x, x, x, x, x, x],\n");
    for n in 1..20 {
        let before = n - 1;
        let aliases = vec![format!("*v{before}"); 9].join(", ");
        writeln!(text, "  v{n}: &v{n} [{aliases}],").expect("a text takes all");
    }
    text += "} }\n";
    let findings = refusal(&text);
    insta::assert_snapshot!("alias_bomb", findings.render(Style::Plain));
    let mut deep = String::from("a: { vars: { v0: &v0 [x], ");
    for n in 1..70 {
        write!(deep, "v{n}: &v{n} [*v{}], ", n - 1).expect("a text takes all");
    }
    assert_eq!(codes(&(deep + "} }")), [Code::TooLarge]);
    let long = format!(
        "a: {{ vars: {{ v: &v {}, l: [{}] }} }}",
        "x".repeat(1_000_000),
        "*v, ".repeat(100_000)
    );
    // A million bytes a hundred thousand times: shared here, but not once they are written out.
    assert_eq!(codes(&long), [Code::TooLarge]);
}

#[test]
fn a_value_that_holds_itself_is_refused() {
    insta::assert_snapshot!(
        "alias_of_itself",
        refusal("a: { vars: { v: &v [1, *v] } }").render(Style::Plain)
    );
}

#[test]
fn deep_nesting_is_refused() {
    for (open, close) in [("[", "]"), ("{ a: ", "}"), ("- ", ""), ("? ", "")] {
        let text = format!("{}x{}", open.repeat(10_000), close.repeat(10_000));
        assert_eq!(codes(&text), [Code::TooLarge], "{open}");
        assert_eq!(codes(&open.repeat(10_000)), [Code::TooLarge], "{open}");
    }
    let mut block = String::new();
    for level in 0..10_000 {
        writeln!(block, "{}a:", " ".repeat(level)).expect("a text takes all");
    }
    assert_eq!(codes(&block), [Code::TooLarge]);
    let groups = format!(
        "a: {}x{}",
        "{ children: { b: ".repeat(10_000),
        "} }".repeat(10_000)
    );
    insta::assert_snapshot!(
        "too_deep",
        refusal(&groups)
            .render(Style::Plain)
            .replace("{ children: { b: ", "…")
    );
}

#[test]
fn groups_far_below_each_other_are_refused() {
    let mut text = String::new();
    for n in 0..5000 {
        writeln!(text, "g{n}: {{ children: {{ g{}: }} }}", n + 1).expect("a text takes all");
    }
    insta::assert_snapshot!("groups_too_deep", refusal(&text).render(Style::Plain));
}

#[test]
fn a_cycle_of_many_groups_is_found_without_recursion() {
    let mut text = String::from("g5000: { children: { g0: } }\n");
    for n in 0..5000 {
        writeln!(text, "g{n}: {{ children: {{ g{}: }} }}", n + 1).expect("a text takes all");
    }
    assert_eq!(codes(&text), [Code::GroupCycle]);
}

#[test]
fn values_are_counted_as_often_as_they_are_referred_to() {
    let text = |times: usize| {
        let (ones, aliases) = ("1,".repeat(1000), "*v,".repeat(times));
        format!("a: {{ vars: {{ v: &v [{ones}], l: [{aliases}] }} }}")
    };
    assert!(Inventory::parse(&text(1900), "hosts.yml").is_ok());
    assert_eq!(codes(&text(2000)), [Code::TooLarge]);
}

#[test]
fn many_keys_take_no_square_of_time() {
    let mut text = String::from("a:\n  hosts:\n");
    for n in 0..30_000 {
        writeln!(text, "    h{n}: {{ v: {n} }}").expect("a text takes all");
    }
    let inventory = Inventory::parse(&text, "hosts.yml").expect("a good inventory");
    assert_eq!(inventory.hosts().len(), 30_000);
}

#[test]
fn junk_is_refused() {
    let mut state = 1_u64;
    let mut bytes = vec![0_u8; 1_000_000];
    for byte in &mut bytes {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        *byte = (state >> 56) as u8;
    }
    let findings = Inventory::parse_bytes(&bytes, "hosts.yml").expect_err("refused");
    assert_eq!(
        findings.iter().next().map(|finding| finding.code),
        Some(Code::NotText)
    );
}

/// Goes through everything that can be asked of an inventory.
fn exercise(inventory: &Inventory) {
    let extra = ExtraVars::new();
    for host in inventory.hosts() {
        let vars = inventory.vars(host, &extra);
        for var in vars.names("") {
            assert!(
                vars.get(var.name)
                    .is_some_and(|found| found.value == var.value)
            );
            let _ = (vars.render(&var), var.origin().to_string());
        }
        assert!(inventory.host_place(host.as_str()).is_some());
    }
    for group in inventory.groups() {
        assert!(inventory.hosts_of(group.as_str()).is_some());
    }
    assert_eq!(
        inventory.select("all").map_or(0, |hosts| hosts.len()),
        inventory.hosts().len()
    );
    let _ = inventory.diagnostics().render(Style::Plain);
}

fn try_all(text: &str) {
    match Inventory::parse(text, "hosts.yml") {
        Ok(inventory) => exercise(&inventory),
        Err(findings) => {
            assert!(findings.has_errors());
            assert!(findings.iter().all(|finding| !finding.hint.is_empty()));
            let _ = findings.render(Style::Plain);
        }
    }
    let _ = ExtraVars::new().add_argument(text);
}

const VALID: [&str; 3] = [
    "etcd: { hosts: { 10.10.10.10: { etcd_seq: 1 } }, vars: { etcd_cluster: etcd, d: '{{ a | b }}' } }\n",
    "all:\n  children:\n    a: &a\n      hosts:\n        n[1:3]: { <<: {x: y}, s: !vault |\n          z\n          }\n    b: *a\n  vars:\n    t: \"{{ t }}\\n\"\n    l: [1, {a: b}]\n",
    "{\"_meta\": {\"hostvars\": {\"h\": {\"a\": \"\\ud83d\\ude00\", \"b\": null}}}, \"g\": {\"hosts\": [\"h\"], \"children\": [\"i\"]}}",
];

/// Pieces that mean something to YAML, Jinja or the reader.
const PIECES: [&str; 24] = [
    "\n", " ", "  ", "\t", ":", ": ", "- ", "{", "}", "[", "]", ",", "'", "\"", "&a ", "*a ",
    "<<: ", "!x ", "|\n", "---\n", "{{", "}}", "hosts:", "\u{feff}",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn arbitrary_texts_never_panic(text in "\\PC{0,200}") {
        try_all(&text);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Inventory::parse_bytes(&bytes, "hosts.yml").map(|inventory| exercise(&inventory));
    }

    #[test]
    fn pieces_of_yaml_never_panic(pieces in proptest::collection::vec(0..PIECES.len() + 3, 0..40)) {
        let text: String = pieces
            .into_iter()
            .map(|at| PIECES.get(at).copied().unwrap_or("etcd"))
            .collect();
        try_all(&text);
    }

    #[test]
    fn mutated_inventories_never_panic(
        which in 0..VALID.len(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0..8_usize, 0..PIECES.len() + 1), 1..6),
    ) {
        let mut chars: Vec<char> = VALID[which].chars().collect();
        for (at, removed, inserted) in edits {
            let at = at.index(chars.len() + 1);
            let end = (at + removed).min(chars.len());
            let piece = PIECES.get(inserted).copied().unwrap_or("");
            chars.splice(at..end, piece.chars());
        }
        try_all(&chars.into_iter().collect::<String>());
    }

    #[test]
    fn any_limit_is_answered(limit in "[a-c!&,:*?\\[\\]0-9 ]{0,20}") {
        let inventory = Inventory::parse("a: { hosts: { 1: , b: } }\nc: { hosts: { '::1': } }\n", "x")
            .expect("a good inventory");
        match inventory.select(&limit) {
            Ok(hosts) => prop_assert!(!hosts.is_empty()),
            Err(finding) => prop_assert!(!finding.render(Style::Plain).is_empty()),
        }
    }

    #[test]
    fn hosts_and_values_come_back_as_written(
        vars in proptest::collection::btree_map("[a-z_]{1,8}", "\\PC{0,20}", 0..5),
    ) {
        let body: Vec<String> = vars
            .iter()
            .map(|(key, value)| format!("'{key}': '{}'", value.replace('\'', "''")))
            .collect();
        let text = format!("g: {{ hosts: {{ h: {{ {} }} }} }}", body.join(", "));
        // Some characters cannot stand in YAML; then it must say so.
        if let Ok(inventory) = Inventory::parse(&text, "x") {
            let (host, extra) = (name("h"), ExtraVars::new());
            for (key, value) in &vars {
                let found = inventory.vars(&host, &extra).get(key).expect("written");
                prop_assert_eq!(found.value.as_text(), Some(value.as_str()));
            }
        }
    }
}
