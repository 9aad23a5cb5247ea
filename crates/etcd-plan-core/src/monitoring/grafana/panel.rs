use crate::monitoring::Threshold;

/// A panel: what it asks, and how the answer is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panel {
    /// Its title.
    pub title: &'static str,
    /// What it shows and how to read it.
    pub description: &'static str,
    /// How it shows it.
    pub kind: Kind,
    /// Its width, of 24.
    pub width: u8,
    /// Its height, in units of about 30 pixels.
    pub height: u8,
    /// The unit of its values.
    pub unit: Unit,
    /// What it asks Prometheus.
    pub queries: Vec<Query>,
    /// The colours of its values, and the limits where they change.
    pub steps: Steps,
}

/// How a panel shows what it found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The last value, large.
    Stat,
    /// The name of the series, large.
    Name,
    /// Lines over time.
    Lines,
    /// What each member was, over time.
    Roles,
    /// A line a member: the columns are the queries, which all have the label `ins`.
    Members,
    /// A line an alert.
    Alerts,
}

/// A query of a panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The expression, in PromQL, with the variables of the dashboard.
    pub expr: String,
    /// How its series are called; in a table, the heading of the column.
    pub legend: &'static str,
    /// The unit, where it is not that of the panel.
    pub unit: Unit,
}

/// The unit of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A number.
    Number,
    /// Bytes.
    Bytes,
    /// Bytes a second.
    BytesPerSecond,
    /// Seconds.
    Seconds,
    /// A length of time in seconds, shown in its largest units.
    Duration,
    /// Parts of one, shown in percent.
    Part,
    /// How often a second.
    PerSecond,
    /// How often a minute.
    PerMinute,
}

/// A colour with a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// All is well.
    Green,
    /// Somebody should look.
    Yellow,
    /// Somebody must act.
    Red,
    /// Neither good nor bad.
    Blue,
}

/// The colours of values: one from the least value on, and others from limits on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steps {
    /// The colour of the least values.
    pub base: Color,
    /// The limits, in base units, with the colours from there on, rising.
    pub above: Vec<(String, Color)>,
}

impl Unit {
    /// Gives Grafana's name of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Number => "none",
            Self::Bytes => "bytes",
            Self::BytesPerSecond => "binBps",
            Self::Seconds => "s",
            Self::Duration => "dtdurations",
            Self::Part => "percentunit",
            Self::PerSecond => "ops",
            Self::PerMinute => "opm",
        }
    }
}

impl Color {
    /// Gives Grafana's name of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Yellow => "yellow",
            Self::Red => "red",
            Self::Blue => "blue",
        }
    }
}

impl Steps {
    /// Values that are neither good nor bad.
    pub fn none() -> Self {
        Self {
            base: Color::Blue,
            above: Vec::new(),
        }
    }

    /// Values that are bad from a limit on.
    pub fn bad_above(limit: Threshold) -> Self {
        Self {
            base: Color::Green,
            above: vec![(limit.limit.in_base_units(), Color::Red)],
        }
    }

    /// Values that are worth a look from a limit on, and bad from another, higher one on.
    pub fn worse_above(look: Threshold, act: Threshold) -> Self {
        Self {
            base: Color::Green,
            above: vec![
                (look.limit.in_base_units(), Color::Yellow),
                (act.limit.in_base_units(), Color::Red),
            ],
        }
    }

    /// Values that are worth a look below a limit, and bad below another, lower one.
    pub fn worse_below(look: Threshold, act: Threshold) -> Self {
        Self {
            base: Color::Red,
            above: vec![
                (act.limit.in_base_units(), Color::Yellow),
                (look.limit.in_base_units(), Color::Green),
            ],
        }
    }
}

impl Query {
    /// Makes one whose series are called so.
    pub fn new(expr: impl Into<String>, legend: &'static str) -> Self {
        Self {
            expr: expr.into(),
            legend,
            unit: Unit::Number,
        }
    }

    /// Sets the unit, for a column of a table.
    #[must_use]
    pub fn unit(mut self, unit: Unit) -> Self {
        self.unit = unit;
        self
    }
}

impl Panel {
    /// Makes one that shows one large value.
    pub fn stat(title: &'static str, description: &'static str, query: Query) -> Self {
        Self::new(Kind::Stat, title, description, vec![query]).size(3, 4)
    }

    /// Makes one with lines over time.
    pub fn lines(title: &'static str, description: &'static str, queries: Vec<Query>) -> Self {
        Self::new(Kind::Lines, title, description, queries).size(8, 8)
    }

    /// Makes one of any kind.
    pub fn new(
        kind: Kind,
        title: &'static str,
        description: &'static str,
        queries: Vec<Query>,
    ) -> Self {
        Self {
            title,
            description,
            kind,
            width: 8,
            height: 8,
            unit: Unit::Number,
            queries,
            steps: Steps::none(),
        }
    }

    /// Sets width (of 24) and height.
    #[must_use]
    pub fn size(mut self, width: u8, height: u8) -> Self {
        (self.width, self.height) = (width, height);
        self
    }

    /// Sets the unit of its values.
    #[must_use]
    pub fn unit(mut self, unit: Unit) -> Self {
        self.unit = unit;
        self
    }

    /// Sets the colours of its values.
    #[must_use]
    pub fn steps(mut self, steps: Steps) -> Self {
        self.steps = steps;
        self
    }
}
