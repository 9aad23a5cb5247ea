//! Inventories as people have them, and what comes out.

mod findings;
mod forms;
mod hostile;
mod precedence;
mod templates;

use super::{ExtraVars, Inventory};
use crate::names::HostName;

fn parse(text: &str) -> Inventory {
    match Inventory::parse(text, "hosts.yml") {
        Ok(inventory) => inventory,
        Err(findings) => panic!("{findings}"),
    }
}

fn name(host: &str) -> HostName {
    host.parse().expect("a good name")
}

/// The text of a variable of a host, or its kind.
fn text(inventory: &Inventory, host: &str, var: &str) -> Option<String> {
    let (host, extra) = (name(host), ExtraVars::new());
    let var = inventory.vars(&host, &extra).get(var)?;
    Some(var.value.as_text().unwrap_or(var.value.kind()).to_owned())
}
