//! Dashboards of Grafana: described in a few types, and written as its JSON.
//!
//! The JSON is that of schema 42, the last of the classic form, which Grafana 10 to 13 load.

mod dashboard;
mod json;
mod overview;
mod panel;

pub use dashboard::{Dashboard, Row};
pub use overview::overview;
pub use panel::{Color, Kind, Panel, Query, Steps, Unit};
