use super::{name, parse, text};
use crate::inventory::{ExtraVars, Level};

/// Every variable is written at some levels; its value there says at which.
const LEVELS: &str = "
all:
  vars: { v1: all, v2: all, v3: all, v4: all, v5: all, v6: all, v7: all, v8: all }
  children:
    top:
      vars: { v2: top, v3: top, v4: top, v5: top, v6: top, v8: top }
      children:
        alpha:
          vars: { v3: alpha, v4: alpha, v5: alpha, v6: alpha, v7: alpha, v8: alpha }
          hosts: { h: { v5: host, v6: host } }
        beta:
          vars: { v4: beta, v5: beta, v6: beta, v7: beta }
          hosts: { h: { v5: later } }
    strong:
      vars: { ansible_group_priority: 10, v7: strong }
      hosts: { h: }
    weak:
      vars: { ansible_group_priority: 5, v8: weak }
      children: { deep: { hosts: { h: }, vars: { ansible_group_priority: 0, v8: deep } } }
";

#[test]
fn the_nearest_level_wins() {
    let inventory = parse(LEVELS);
    for (var, wanted, why) in [
        ("v1", "all", "written nowhere else"),
        ("v2", "top", "a group above `all`"),
        ("v3", "alpha", "a child above its parent"),
        ("v4", "beta", "of equals the later name"),
        (
            "v5",
            "later",
            "a host above its groups, and there the later place",
        ),
        ("v6", "host", "a host keeps what only one place says"),
        (
            "v7",
            "beta",
            "the deeper group, whatever the priority of a higher one",
        ),
        ("v8", "alpha", "at equal depth the higher priority"),
    ] {
        assert_eq!(
            text(&inventory, "h", var).as_deref(),
            Some(wanted),
            "{var}: {why}"
        );
    }
}

#[test]
fn extra_variables_go_above_everything_and_levels_are_told() {
    let inventory = parse(LEVELS);
    let host = name("h");
    let mut extra = ExtraVars::new();
    extra.set("v6", "extra").set("v9", 9);
    let vars = inventory.vars(&host, &extra);
    let level = |var| vars.get(var).expect(var).level;
    let group = |name: &str| name.parse().expect("a good name");
    let (alpha, beta, top) = (group("alpha"), group("beta"), group("top"));
    assert_eq!(level("v6"), Level::Extra);
    assert_eq!(level("v5"), Level::Host { group: Some(&beta) });
    assert_eq!(level("v3"), Level::Group(&alpha));
    assert_eq!(level("v2"), Level::Group(&top));
    assert_eq!(level("v1"), Level::All);
    // Going through them gives the same as asking for each.
    let all: Vec<_> = vars.names("v").collect();
    assert_eq!(all.len(), 9);
    for var in all {
        let asked = vars.get(var.name).expect(var.name);
        assert_eq!(
            (asked.value, asked.level),
            (var.value, var.level),
            "{}",
            var.name
        );
    }
    // A host that is not there has what `all` has.
    let stranger = name("stranger");
    let vars = inventory.vars(&stranger, &extra);
    assert_eq!(
        vars.get("v2").and_then(|var| var.value.as_text()),
        Some("all")
    );
}

#[test]
fn a_variable_of_a_group_can_be_asked_for_there() {
    let inventory = parse(LEVELS);
    let var = inventory.group_var("beta", "v4").expect("written there");
    assert_eq!(var.origin().to_string(), "hosts.yml:12:23");
    assert!(inventory.group_var("beta", "v3").is_none());
    assert!(inventory.group_var("nothing", "v4").is_none());
    let var = inventory.group_var("all", "v4").expect("written there");
    assert_eq!(var.level, Level::All);
}

#[test]
fn of_a_group_mentioned_twice_the_later_place_wins() {
    let inventory = parse(
        "z: { hosts: { h: { b: 1 } }, vars: { a: 1 } }
all: { children: { z: { vars: { a: 2, c: 2 }, hosts: { h: { b: 2 } } } } }
",
    );
    assert_eq!(text(&inventory, "h", "a").as_deref(), Some("2"));
    assert_eq!(text(&inventory, "h", "b").as_deref(), Some("2"));
    assert_eq!(text(&inventory, "h", "c").as_deref(), Some("2"));
    assert_eq!(
        inventory.group_place("z").expect("a place").to_string(),
        "hosts.yml:1:1"
    );
}
