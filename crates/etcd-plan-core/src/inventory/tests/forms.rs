use super::{name, parse, text};
use crate::inventory::{ExtraVars, Inventory, Level, Value};

fn strings<'a, T: ToString + 'a>(items: impl IntoIterator<Item = &'a T>) -> Vec<String> {
    items.into_iter().map(ToString::to_string).collect()
}

#[test]
fn takes_the_single_node_of_the_seeds() {
    let inventory = parse(
        "# etcd cluster for ha postgres
etcd: { hosts: { 10.10.10.10: { etcd_seq: 1 } }, vars: { etcd_cluster: etcd } }
",
    );
    assert_eq!(strings(inventory.hosts()), ["10.10.10.10"]);
    assert_eq!(strings(inventory.groups()), ["etcd"]);
    assert_eq!(
        text(&inventory, "10.10.10.10", "etcd_seq").as_deref(),
        Some("1")
    );
    let place = inventory.host_place("10.10.10.10").expect("a place");
    assert_eq!(place.to_string(), "hosts.yml:2:18");
    assert_eq!(
        inventory.group_place("etcd").expect("a place").to_string(),
        "hosts.yml:2:1"
    );
}

#[test]
fn takes_the_three_nodes_of_the_seeds() {
    let inventory = parse(
        "etcd: # dcs service for postgres/patroni ha consensus
  hosts:  # 1 node for testing, 3 or 5 for production
    10.10.10.10: { etcd_seq: 1 }  # etcd_seq required
    10.10.10.11: { etcd_seq: 2 }  # assign from 1 ~ n
    10.10.10.12: { etcd_seq: 3 }  # odd number please
  vars: # cluster level parameter override roles/etcd
    etcd_cluster: etcd  # mark etcd cluster name etcd
    etcd_safeguard: false # safeguard against purging
    etcd_clean: true # purge etcd during init process
",
    );
    assert_eq!(inventory.hosts_of("etcd").expect("a group").len(), 3);
    let (host, extra) = (name("10.10.10.12"), ExtraVars::new());
    let vars = inventory.vars(&host, &extra);
    let found: Vec<_> = vars
        .names("etcd_")
        .map(|var| {
            format!(
                "{} = {} ({})",
                var.name,
                var.value.as_text().unwrap_or("?"),
                var.origin()
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            "etcd_clean = true (hosts.yml:9:17)",
            "etcd_cluster = etcd (hosts.yml:7:19)",
            "etcd_safeguard = false (hosts.yml:8:21)",
            "etcd_seq = 3 (hosts.yml:5:30)",
        ]
    );
    assert_eq!(
        vars.get("etcd_clean").and_then(|v| v.value.as_bool()),
        Some(true)
    );
}

#[test]
fn a_text_without_anything_has_no_hosts() {
    for text in [
        "",
        "\n",
        "# only a comment\n",
        "---\n",
        "---\n# x\n...\n",
        "\u{feff}",
        "{}",
        "~",
        "all:",
    ] {
        assert_eq!(parse(text).hosts().len(), 0, "{text:?}");
    }
}

/// What Pigsty's users have: everything below `all`, several modules, placeholders and templates.
const WHOLE: &str = r#"---
all:
  vars:
    version: v2.5.1                  # other modules' settings, kept and never judged
    admin_ip: 10.10.10.10
    region: default
    node_tune: oltp
    etcd_version: 3.10
    repo_upstream:
      - { name: pigsty-local, minor: 0, baseurl: { default: 'http://${admin_ip}/pigsty' } }
    infra_portal:
      home: { domain: h.pigsty }
      grafana: { domain: g.pigsty ,endpoint: "${admin_ip}:3000" , websocket: true }
    grafana_dsn: "{{ 'postgres://' ~ undefined_here | some_ansible_filter }}"
    pg_hba_rules:
      - {user: '+dbrole_readonly' ,db: all ,addr: intra ,auth: pwd ,title: 'pgbouncer read'}
    script: |
      if true; then
        echo "{{ not ours }}"
      fi
  children:
    infra: { hosts: { 10.10.10.10: { infra_seq: 1 } } }
    dcs:
      children:
        etcd:
          hosts:
            10.10.10.10: { etcd_seq: 1 }
            10.10.10.11: { etcd_seq: "2" }
            10.10.10.12:
              etcd_seq: 3
              nodename: pg-test-3
          vars: { etcd_cluster: etcd, etcd_data: '{{ data_root }}/etcd' }
      vars: { data_root: /data, etcd_port: 2379 }
    pg-meta:
      hosts: { 10.10.10.10: { pg_seq: 1, pg_role: primary, pg_offline_query: yes } }
      vars:
        pg_cluster: pg-meta
        pg_users: [ { name: dbuser_meta, password: DBUser.Meta, pgbouncer: true } ]
        dbpass: !vault |
          $ANSIBLE_VAULT;1.1;AES256
          62313365396662343061393464336163383764373764613633653634306231386433626436623361
        banner: !unsafe '{{ not a template }}'
        empty:
        quoted_empty: ""
        quoted_null: 'null'
    pg-test:
      hosts:
        10.10.10.11:
        10.10.10.12: {}
        10.10.10.13: ~
      vars: { pg_cluster: pg-test }
    etcd: { vars: { etcd_safeguard: false } }
    nodes:
      children:
        pg-meta:
        pg-test:
"#;

#[test]
fn takes_a_whole_inventory_and_judges_none_of_the_rest() {
    let inventory = parse(WHOLE);
    assert!(
        inventory.diagnostics().is_empty(),
        "{}",
        inventory.diagnostics()
    );
    assert_eq!(
        strings(inventory.groups()),
        ["dcs", "etcd", "infra", "nodes", "pg-meta", "pg-test"]
    );
    let of = |group| strings(&inventory.hosts_of(group).expect("a group"));
    assert_eq!(of("dcs"), ["10.10.10.10", "10.10.10.11", "10.10.10.12"]);
    assert_eq!(of("nodes").len(), 4);
    assert_eq!(of("all").len(), 4);
    assert!(of("ungrouped").is_empty());
    assert!(
        inventory
            .direct_hosts_of("dcs")
            .expect("a group")
            .is_empty()
    );
    assert_eq!(
        strings(inventory.groups_of("10.10.10.11")),
        ["dcs", "etcd", "nodes", "pg-test"]
    );
    assert_eq!(
        strings(inventory.children_of("nodes")),
        ["pg-meta", "pg-test"]
    );
    assert_eq!(inventory.hosts_of("nothing"), None);
    // The group is mentioned twice; its variables are those of both places.
    let of_meta = |var| text(&inventory, "10.10.10.10", var);
    assert_eq!(of_meta("etcd_safeguard").as_deref(), Some("false"));
    assert_eq!(of_meta("etcd_cluster").as_deref(), Some("etcd"));
    assert_eq!(of_meta("etcd_port").as_deref(), Some("2379"));
    assert_eq!(of_meta("etcd_version").as_deref(), Some("3.10"));
    assert_eq!(of_meta("dbpass").as_deref(), Some("a vault value"));
    assert_eq!(text(&inventory, "10.10.10.13", "etcd_port"), None);
}

#[test]
fn values_stay_as_they_are_written() {
    let inventory = parse(WHOLE);
    let (host, extra) = (name("10.10.10.10"), ExtraVars::new());
    let vars = inventory.vars(&host, &extra);
    let value = |var| vars.get(var).expect(var).value.clone();
    let quoted = |var| matches!(value(var), Value::Scalar { quoted: true, .. });
    assert_eq!(value("empty"), Value::Null);
    assert_eq!(value("quoted_empty"), "".into());
    assert!(quoted("quoted_null") && quoted("script"));
    assert!(!quoted("pg_offline_query") && !quoted("etcd_version"));
    assert_eq!(value("pg_offline_query").as_bool(), Some(true));
    assert_eq!(value("banner"), Value::verbatim("{{ not a template }}"));
    assert!(
        value("script")
            .as_text()
            .expect("a text")
            .starts_with("if true; then\n  echo")
    );
    let portal = value("infra_portal");
    let portal = portal.as_map().expect("a mapping");
    let grafana = portal
        .get("grafana")
        .and_then(|node| node.value.as_map())
        .expect("a mapping");
    let endpoint = grafana.get("endpoint").expect("a value");
    assert_eq!(endpoint.value.as_text(), Some("${admin_ip}:3000"));
    let var = vars.get("infra_portal").expect("set");
    assert_eq!(
        var.place_of(endpoint.span).expect("a place").to_string(),
        "hosts.yml:13:46"
    );
}

#[test]
fn aliases_and_merge_keys_work() {
    let inventory = parse(
        "x: { vars: { base: &base { a: 1, b: 1 }, other: &other { b: 2, c: 2 } } }
etcd:
  hosts:
    h1: &h1 { <<: *base, b: 3 }
    h2: { <<: [*base, *other], d: *base }
    h3: *h1
",
    );
    for (host, var, wanted) in [
        ("h1", "a", Some("1")),
        ("h1", "b", Some("3")),
        ("h1", "c", None),
        ("h2", "b", Some("1")),
        ("h2", "c", Some("2")),
        ("h2", "d", Some("a mapping")),
        ("h3", "b", Some("3")),
    ] {
        assert_eq!(
            text(&inventory, host, var).as_deref(),
            wanted,
            "{host} {var}"
        );
    }
}

#[test]
fn ranges_and_ports_become_hosts_and_variables() {
    let inventory = parse(
        "etcd:
  hosts:
    node[01:03]: { a: 1 }
    node02: { a: 2, b: 2 }
    '[fd00::1]:2222': {}
    10.10.10.10:22: { ansible_port: 23 }
more: { hosts: single, children: etcd }
",
    );
    let hosts = [
        "10.10.10.10",
        "fd00::1",
        "node01",
        "node02",
        "node03",
        "single",
    ];
    assert_eq!(strings(inventory.hosts()), hosts);
    assert_eq!(text(&inventory, "node02", "a").as_deref(), Some("2"));
    assert_eq!(text(&inventory, "node03", "a").as_deref(), Some("1"));
    assert_eq!(
        text(&inventory, "fd00::1", "ansible_port").as_deref(),
        Some("2222")
    );
    assert_eq!(
        text(&inventory, "10.10.10.10", "ansible_port").as_deref(),
        Some("23")
    );
    assert_eq!(inventory.hosts_of("more").expect("a group").len(), 6);
}

/// As `ansible-inventory --list` prints it.
const LIST: &str = r#"{
    "_meta": {
        "hostvars": {
            "10.10.10.10": {
                "ansible_user": "vagrant",
                "banner": {"__ansible_unsafe": "{{ not a template }}"},
                "dbpass": {"__ansible_vault": "$ANSIBLE_VAULT;1.1;AES256\n6231\n"},
                "etcd_cluster": "etcd",
                "etcd_seq": 1,
                "etcd_version": "3.10",
                "long": "LONG",
                "nothing": null,
                "path": "C:\/x\\y \"q\" \ud83d\ude00 \u00e9 é",
                "safe": true
            },
            "lone": {}
        },
        "profile": "inventory_legacy"
    },
    "all": {
        "children": [
            "ungrouped",
            "dcs"
        ]
    },
    "dcs": {
        "children": ["etcd"]
    },
    "etcd": {
        "hosts": ["10.10.10.10"]
    },
    "ungrouped": {
        "hosts": ["lone"]
    }
}
"#;

#[test]
fn takes_what_ansible_inventory_prints() {
    let long = "x".repeat(100_000);
    let spaces = LIST.replace("LONG", &long);
    let tabs = spaces.replace("    ", "\t");
    let line = spaces.replace("\n    ", " ").replace('\n', "");
    for (form, list) in [("spaces", &spaces), ("tabs", &tabs), ("one line", &line)] {
        let inventory = parse(list);
        assert!(inventory.is_flat(), "{form}");
        assert_eq!(strings(inventory.groups()), ["dcs", "etcd"], "{form}");
        assert_eq!(
            strings(&inventory.hosts_of("dcs").expect("a group")),
            ["10.10.10.10"]
        );
        assert_eq!(
            strings(&inventory.hosts_of("ungrouped").expect("a group")),
            ["lone"]
        );
        let (host, extra) = (name("10.10.10.10"), ExtraVars::new());
        let vars = inventory.vars(&host, &extra);
        let get = |var| vars.get(var).expect(var).value.clone();
        assert_eq!(get("path"), "C:/x\\y \"q\" 😀 é é".into(), "{form}");
        assert_eq!(get("nothing"), Value::Null, "{form}");
        assert_eq!(get("safe").as_bool(), Some(true), "{form}");
        assert_eq!(get("long").as_text().map(str::len), Some(100_000), "{form}");
        assert_eq!(get("etcd_version").as_text(), Some("3.10"), "{form}");
        assert_eq!(get("dbpass"), Value::Vault, "{form}");
        assert_eq!(
            get("banner"),
            Value::verbatim("{{ not a template }}"),
            "{form}"
        );
        let level = vars.get("etcd_seq").expect("set").level;
        assert_eq!(level, Level::Host { group: None }, "{form}");
    }
}

#[test]
fn takes_what_ansible_inventory_exports() {
    let inventory = parse(
        r#"{"_meta": {"hostvars": {"h": {"etcd_seq": 1}}},
 "all": {"children": ["ungrouped", "etcd"], "vars": {"a": 1}},
 "etcd": {"hosts": ["h"], "vars": {"etcd_cluster": "etcd"}}}"#,
    );
    assert!(!inventory.is_flat());
    let (host, extra) = (name("h"), ExtraVars::new());
    let vars = inventory.vars(&host, &extra);
    let etcd = "etcd".parse().expect("a good name");
    assert_eq!(
        vars.get("etcd_cluster").expect("set").level,
        Level::Group(&etcd)
    );
    assert_eq!(vars.get("a").expect("set").level, Level::All);
    assert!(!parse("all: {}").is_flat());
}

#[test]
fn an_inventory_can_be_shared() {
    fn shared<T: Send + Sync + Clone + 'static>() {}
    shared::<Inventory>();
    shared::<ExtraVars>();
}
