//! Feeds arbitrary bytes to the inventory reader, and asks everything of what it takes.

#![no_main]

use etcd_plan_core::diagnostic::Style;
use etcd_plan_core::inventory::{ExtraVars, Inventory};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match Inventory::parse_bytes(bytes, "fuzz.yml") {
        Ok(inventory) => ask(&inventory),
        Err(findings) => {
            assert!(findings.has_errors());
            assert!(findings.iter().all(|finding| !finding.hint.is_empty()));
            findings.render(Style::Plain);
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = ExtraVars::new().add_argument(text);
    }
});

fn ask(inventory: &Inventory) {
    let extra = ExtraVars::new();
    let everyone = inventory.hosts_of("all").expect("always there");
    assert_eq!(everyone.len(), inventory.hosts().len());
    // Ranges make many hosts that are alike.
    for host in inventory.hosts().take(20) {
        let vars = inventory.vars(host, &extra);
        for var in vars.names("") {
            let found = vars.get(var.name).expect("it was listed");
            assert_eq!((found.value, found.level), (var.value, var.level));
            if let Err(finding) = vars.render(&var) {
                finding.render(Style::Plain);
            }
        }
        assert!(inventory.host_place(host.as_str()).is_some());
        let _ = inventory.select(host.as_str());
    }
    for group in inventory.groups().take(20) {
        let hosts = inventory.hosts_of(group.as_str()).expect("it was listed");
        assert!(hosts.is_subset(&everyone));
        let _ = inventory.select(group.as_str());
    }
    inventory.diagnostics().render(Style::Plain);
}
