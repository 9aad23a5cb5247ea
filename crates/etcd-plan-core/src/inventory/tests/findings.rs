use std::fmt::Write as _;

use crate::diagnostic::Style;
use crate::inventory::Inventory;

fn refusal(text: &str) -> String {
    match Inventory::parse(text, "hosts.yml") {
        Ok(_) => panic!("taken: {text}"),
        Err(findings) => findings.render(Style::Plain),
    }
}

#[test]
fn shows_what_is_not_yaml() {
    insta::assert_snapshot!("yaml_tab", refusal("etcd:\n\thosts: {}\n"));
    insta::assert_snapshot!(
        "yaml_bracket",
        refusal("etcd: { hosts: { h: {}, vars: {} }\nmore: {}\n")
    );
    insta::assert_snapshot!("yaml_quote", refusal("etcd:\n  vars: { a: 'b }\n"));
    insta::assert_snapshot!("yaml_colon", refusal("etcd:\n  vars:\n    a: b: c\n"));
    insta::assert_snapshot!(
        "yaml_indent",
        refusal("etcd:\n  hosts:\n    h: {}\n vars: {}\n")
    );
    insta::assert_snapshot!("yaml_percent", refusal("etcd:\n  vars:\n    a: %b\n"));
    insta::assert_snapshot!(
        "yaml_escape",
        refusal("etcd:\n  vars:\n    a: \"C:\\dir\"\n")
    );
    insta::assert_snapshot!(
        "yaml_aliases",
        refusal("etcd: { vars: { a: *a, b: *b, *c : d } }\n")
    );
    insta::assert_snapshot!("yaml_tag", refusal("etcd:\n  vars:\n    a: !x!y z\n"));
    insta::assert_snapshot!(
        "yaml_template",
        refusal("etcd:\n  vars:\n    a: {{ root }}/x\n")
    );
    insta::assert_snapshot!("yaml_ini", refusal("[etcd]\n10.10.10.10 etcd_seq=1\n"));
}

#[test]
fn shows_every_duplicate_key() {
    insta::assert_snapshot!(
        "duplicate_keys",
        refusal(
            "etcd:
  hosts:
    10.10.10.10: { etcd_seq: 1 }
    10.10.10.10: { etcd_seq: 2, a: 1, etcd_seq: 3, 'etcd_seq': 4 }
etcd: {}
"
        )
    );
}

#[test]
fn shows_every_part_of_a_wrong_shape() {
    insta::assert_snapshot!(
        "shapes",
        refusal(
            "all:
  vars: [a]
  hosts: [h1, h2]
  children:
    a: text
    b: { hosts: { h: text, i: 1, j: [] }, vars: 7, children: [c] }
    c: { hosts: { h: { <<: 5, <<: [{}, x] } }, vars: { t: {{ root }}, [a]: 1 } }
    d: { vars: { ansible_group_priority: high } }
plugin: aws_ec2
"
        )
    );
    insta::assert_snapshot!("shape_list", refusal("- a\n- b\n"));
    insta::assert_snapshot!("shape_text", refusal("10.10.10.10 etcd_seq=1\n"));
    insta::assert_snapshot!("shape_documents", refusal("a: {}\n---\nb: {}\n"));
    insta::assert_snapshot!(
        "shape_list_json",
        refusal(
            r#"{"_meta": {"hostvars": {"h": 1}}, "a": {"hosts": [["h"]], "children": [{}]}, "b": ["h"]}"#
        )
    );
    insta::assert_snapshot!(
        "shape_meta",
        refusal(r#"{"_meta": [], "a": {"hosts": ["h"]}}"#)
    );
    insta::assert_snapshot!("shape_hostvars", refusal(r#"{"_meta": {"hostvars": []}}"#));
}

#[test]
fn shows_bad_names() {
    insta::assert_snapshot!(
        "bad_names",
        refusal(&format!(
            "'a b': {{}}\netcd:\n  hosts:\n    '': {{}}\n    'x y': {{}}\n    n[3:1]: {{}}\n    n[1]: {{}}\n    n[1: {{}}\n    {}: {{}}\n",
            "x".repeat(300)
        ))
    );
}

#[test]
fn shows_cycles_of_groups() {
    insta::assert_snapshot!(
        "cycles",
        refusal(
            "a: { children: { b: } }
b: { children: { c: { children: { a: } }, x: } }
self: { children: { self: } }
e: { children: { all: } }
x: {}
"
        )
    );
}

#[test]
fn shows_ranges_that_are_too_large() {
    insta::assert_snapshot!(
        "range_too_large",
        refusal("a: { hosts: { 'n[1:60000]': {}, 'm[1:60000]': {}, 'o[0:99999999999]': {} } }")
    );
}

#[test]
fn warns_of_keys_without_effect() {
    let text = "etcd:
  host: { h: {} }
  etcd_cluster: etcd
  variables: {}
  childs: {}
  other: {}
  hosts: { 10.10.10.10: { etcd_seq: 1 } }
";
    let inventory = Inventory::parse(text, "hosts.yml").expect("warnings only");
    insta::assert_snapshot!(
        "unknown_group_keys",
        inventory.diagnostics().render(Style::Plain)
    );
}

#[test]
fn counts_what_it_does_not_show() {
    let keys = "a: 1, ".repeat(5001);
    let findings = Inventory::parse(&format!("g: {{ vars: {{ {keys} }} }}"), "hosts.yml")
        .expect_err("refused");
    assert_eq!(findings.len(), 1000);
    let last = findings.iter().last().expect("a thousand");
    assert!(
        last.message
            .ends_with("(and 4000 further findings, not shown)"),
        "{}",
        last.message
    );
}

#[test]
fn many_warnings_do_not_hide_an_error() {
    let mut text: String = String::from("g:\n");
    for n in 0..2000 {
        writeln!(text, "  x{n}: 1").expect("a text takes all");
    }
    let findings = Inventory::parse(&(text + "z: 1\n"), "hosts.yml").expect_err("refused");
    assert!(findings.has_errors());
    assert_eq!(findings.len(), 1001);
}
