//! Inventories: hosts, groups and variables, from a text or put together in code.
//!
//! A text becomes a tree of values that know their places (`yaml`), whose shape is read (`read`)
//! into an [`Inventory`]. Values stay as they were written until somebody asks for them: what other
//! modules keep in the same inventory is never judged. [`Inventory::vars`] answers as Ansible would.

mod builder;
mod draft;
mod extra;
mod findings;
mod jinja_value;
mod mapping;
mod model;
mod order;
mod pattern;
mod read;
mod select;
mod template;
mod text;
mod value;
mod vars;
mod yaml;

#[cfg(test)]
mod tests;

pub use builder::InventoryBuilder;
pub use extra::ExtraVars;
pub(crate) use findings::shown;
pub(crate) use mapping::mapping;
pub use model::Inventory;
pub use value::{Entry, Map, Node, Value};
pub use vars::{HostVars, Level, Origin, Var};
