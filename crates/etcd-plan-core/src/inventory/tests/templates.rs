use std::fmt::Write as _;

use super::name;
use crate::diagnostic::Style;
use crate::inventory::{ExtraVars, Inventory, Value};

const TEXT: &str = r#"
all:
  vars:
    root: /data
    data: "{{ root }}/{{ inventory_hostname }}"
    deeper: "{{ data }}/x"
    port: 2379
    next_port: "{{ port + 1 }}"
    version: 3.10
    same_version: "{{ version }}"
    list: [a, "{{ root }}", {k: "{{ port }}"}]
    copy: "{{ list }}"
    plain_list: [a, b]
    flag: yes
    choice: "{{ 'on' if flag else 'off' }}"
    missing: "{{ nothing }}/x"
    missing_alone: "{{ nothing }}"
    needs_missing: "{{ missing }}"
    defaulted: "{{ nothing | default('d') }}"
    untouched: "{{ root if flag else missing }}"
    circle: "{{ circle2 }}"
    circle2: "{{ circle }}"
    filter: "{{ root | ipaddr }}"
    function: "{{ lookup('env', 'HOME') }}"
    syntax: "{{ root"
    secret: !vault |
      $ANSIBLE_VAULT;1.1;AES256
    needs_secret: "{{ secret }}"
    raw: !unsafe "{{ root }}"
    needs_raw: "{{ raw }}"
    other: "{{ hostvars['h2'].only }}"
    group: "{{ groups['etcd'] | join(',') }}"
    mine: "{{ group_names }}"
    short: "{{ inventory_hostname_short }}"
    nothing_null:
    null_copy: "{{ nothing_null }}"
    bomb0: "xxxxxxxxxx"
    bomb1: "{{ bomb0 * 1000 }}"
    bomb2: "{{ bomb1 * 1000 }}"
    loop: "{% for a in range(1000) %}{% for b in range(1000) %}x{% endfor %}{% endfor %}"
    nested: "{% set ns = namespace(l=[]) %}{% for i in range(5000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}"
    nested_by_hand: "{% set x = [] %}NESTED{{ x }}"
    deep0: "{{ [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]] }}"
    deep_list: "{{ [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[deep0]]]]]]]]]]]]]]]]]]]]]]]]]]]]]] }}"
    many0: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    many1: ["{{ many0 }}", "{{ many0 }}", "{{ many0 }}", "{{ many0 }}", "{{ many0 }}", "{{ many0 }}", "{{ many0 }}", "{{ many0 }}", "{{ many0 }}", "{{ many0 }}"]
    many2: ["{{ many1 }}", "{{ many1 }}", "{{ many1 }}", "{{ many1 }}", "{{ many1 }}", "{{ many1 }}", "{{ many1 }}", "{{ many1 }}", "{{ many1 }}", "{{ many1 }}"]
    many3: ["{{ many2 }}", "{{ many2 }}", "{{ many2 }}", "{{ many2 }}", "{{ many2 }}", "{{ many2 }}", "{{ many2 }}", "{{ many2 }}", "{{ many2 }}", "{{ many2 }}"]
    many4: ["{{ many3 }}", "{{ many3 }}", "{{ many3 }}", "{{ many3 }}", "{{ many3 }}", "{{ many3 }}", "{{ many3 }}", "{{ many3 }}", "{{ many3 }}", "{{ many3 }}"]
    many5: ["{{ many4 }}", "{{ many4 }}", "{{ many4 }}", "{{ many4 }}", "{{ many4 }}", "{{ many4 }}", "{{ many4 }}", "{{ many4 }}", "{{ many4 }}", "{{ many4 }}"]
    many6: ["{{ many5 }}", "{{ many5 }}", "{{ many5 }}", "{{ many5 }}", "{{ many5 }}", "{{ many5 }}", "{{ many5 }}", "{{ many5 }}", "{{ many5 }}", "{{ many5 }}"]
etcd: { hosts: { h1.example.org: {}, h2: { only: "{{ inventory_hostname }}" } } }
"#;

fn rendered(var: &str) -> Result<Value, String> {
    let text = TEXT.replace("NESTED", &"{%set x=[x]%}".repeat(10_000));
    let inventory = Inventory::parse(&text, "hosts.yml").expect("a good inventory");
    let (host, extra) = (name("h1.example.org"), ExtraVars::new());
    let vars = inventory.vars(&host, &extra);
    let var = vars.get(var).expect(var);
    match vars.render(&var) {
        Ok(value) => Ok(value.into_owned()),
        Err(finding) => Err(finding.render(Style::Plain)),
    }
}

#[test]
fn renders_as_ansible_does() {
    for (var, wanted) in [
        ("data", "/data/h1.example.org"),
        ("deeper", "/data/h1.example.org/x"),
        ("next_port", "2380"),
        ("same_version", "3.10"),
        ("choice", "on"),
        ("defaulted", "d"),
        ("untouched", "/data"),
        ("raw", "{{ root }}"),
        ("needs_raw", "{{ root }}"),
        ("other", "h2"),
        ("group", "h1.example.org,h2"),
        ("short", "h1"),
    ] {
        let value = rendered(var).expect(var);
        assert_eq!(value.as_text(), Some(wanted), "{var}");
    }
    let list: Value = vec!["a".into(), "/data".into()].into();
    let items = list.as_list().expect("made as one");
    for var in ["list", "copy"] {
        let value = rendered(var).expect(var);
        let found = value.as_list().expect("a list");
        let texts = |items: &[crate::inventory::Node]| {
            items[..2]
                .iter()
                .map(|n| n.value.as_text().map(str::to_owned))
                .collect::<Vec<_>>()
        };
        assert_eq!(texts(found), texts(items), "{var}");
        let map = found[2].value.as_map().expect("a mapping");
        assert_eq!(
            map.get("k").and_then(|node| node.value.as_int()),
            Some(2379),
            "{var}"
        );
    }
    assert_eq!(
        rendered("mine").expect("a list").as_list().map(<[_]>::len),
        Some(1)
    );
    assert_eq!(rendered("null_copy"), Ok(Value::Null));
}

#[test]
fn values_without_templates_are_not_copied() {
    let inventory = Inventory::parse(TEXT, "hosts.yml").expect("a good inventory");
    let (host, extra) = (name("h2"), ExtraVars::new());
    let vars = inventory.vars(&host, &extra);
    for var in ["root", "port", "plain_list", "raw", "nothing_null"] {
        let var = vars.get(var).expect(var);
        let value = vars.render(&var).expect("nothing to render");
        assert!(
            matches!(value, std::borrow::Cow::Borrowed(_)),
            "{}",
            var.name
        );
    }
}

#[test]
fn says_why_a_template_cannot_be_rendered() {
    for var in [
        "missing",
        "missing_alone",
        "needs_missing",
        "circle",
        "filter",
        "function",
        "syntax",
        "secret",
        "needs_secret",
    ] {
        insta::assert_snapshot!(format!("template_{var}"), rendered(var).expect_err(var));
    }
}

#[test]
fn templates_that_grow_without_bounds_are_refused() {
    for var in [
        "bomb2",
        "loop",
        "nested",
        "nested_by_hand",
        "deep_list",
        "many6",
    ] {
        insta::assert_snapshot!(format!("template_{var}"), rendered(var).expect_err(var));
    }
}

#[test]
fn the_deepest_lists_that_a_template_can_make_are_printed() {
    let sets = "{%set x=[x]%}".repeat(625);
    let text = format!("all: {{ hosts: {{ h: {{ v: '{{% set x = [] %}}{sets}{{{{ x }}}}' }} }} }}");
    let inventory = Inventory::parse(&text, "hosts.yml").expect("a good inventory");
    let (host, extra) = (name("h"), ExtraVars::new());
    let vars = inventory.vars(&host, &extra);
    let value = vars
        .render(&vars.get("v").expect("written"))
        .expect("small enough");
    assert_eq!(value.as_text().map(str::len), Some(2 * 626));
}

#[test]
fn variables_that_refer_to_each_other_for_ever_are_refused() {
    let mut text = String::from("all: { hosts: { h: {} }, vars: { v0: end");
    for n in 1..100 {
        write!(text, ", v{n}: '{{{{ v{} }}}}'", n - 1).expect("a text takes all");
    }
    text += " } }";
    let inventory = Inventory::parse(&text, "hosts.yml").expect("a good inventory");
    let (host, extra) = (name("h"), ExtraVars::new());
    let vars = inventory.vars(&host, &extra);
    let render = |name| vars.render(&vars.get(name).expect(name));
    assert_eq!(render("v15").expect("not too deep").as_text(), Some("end"));
    let finding = render("v99").expect_err("too deep");
    assert!(
        finding.message.contains("more than 16 variables"),
        "{}",
        finding.message
    );
}

#[test]
fn extra_variables_are_rendered_too() {
    let inventory = Inventory::parse(TEXT, "hosts.yml").expect("a good inventory");
    let host = name("h2");
    let mut extra = ExtraVars::new();
    extra
        .add_argument("root=/x y='{{ data }}' z='{{ no }}'")
        .expect("assignments");
    let vars = inventory.vars(&host, &extra);
    let render = |name| vars.render(&vars.get(name).expect(name));
    assert_eq!(render("y").expect("rendered").as_text(), Some("/x/h2"));
    let finding = render("z").expect_err("undefined");
    insta::assert_snapshot!("template_argument", finding.render(Style::Plain));
}
