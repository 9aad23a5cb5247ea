use super::Panel;

/// A dashboard of Grafana, with the variables `ds` (the data source), `cls` (the cluster) and `ins`
/// (its members).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dashboard {
    /// Its id in addresses: at most 40 letters, digits, `-` and `_`.
    pub uid: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What it shows.
    pub description: &'static str,
    /// What marks the time line: a name and an expression whose series are the events.
    pub events: (&'static str, String),
    /// Its rows, from the top.
    pub rows: Vec<Row>,
}

/// A row of panels under a heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The heading.
    pub title: &'static str,
    /// The panels, from left to right; those that do not fit begin a new line.
    pub panels: Vec<Panel>,
}

impl Dashboard {
    /// Gives all panels, in their order.
    pub fn panels(&self) -> impl Iterator<Item = &Panel> {
        self.rows.iter().flat_map(|row| &row.panels)
    }
}
