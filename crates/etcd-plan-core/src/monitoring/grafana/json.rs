//! How a description becomes the JSON of Grafana.

use serde_json::{Map, Value, json};

use super::{Color, Dashboard, Kind, Panel, Query, Steps, Unit};

/// The version of the schema: that of Grafana 12 and 13.
const SCHEMA: u64 = 42;

/// How many columns Grafana's grid has.
const COLUMNS: u8 = 24;

impl Dashboard {
    /// Writes the dashboard as Grafana's JSON: the same description gives the same bytes.
    pub fn to_json(&self) -> String {
        let dashboard = json!({
            "uid": self.uid,
            "title": self.title,
            "description": self.description,
            "tags": ["etcd"],
            "schemaVersion": SCHEMA,
            "editable": true,
            // One cross for all panels: what happened at once is seen at once.
            "graphTooltip": 1,
            "timezone": "browser",
            "refresh": "30s",
            "time": { "from": "now-1h", "to": "now" },
            "templating": { "list": variables() },
            "annotations": { "list": [events(self.events.0, &self.events.1)] },
            "links": links(),
            "panels": panels(self),
        });
        let text = serde_json::to_string_pretty(&dashboard);
        text.expect("the document has only text keys") + "\n"
    }
}

fn variables() -> Value {
    let query = |name: &str, label: &str, query: &str| {
        json!({
            "type": "query",
            "name": name,
            "label": label,
            "datasource": data_source(),
            "definition": query,
            "query": { "query": query, "refId": name },
            // When the time range changes: members come and go.
            "refresh": 2,
            "sort": 1,
        })
    };
    let cluster = query("cls", "Cluster", r#"label_values(up{job="etcd"}, cls)"#);
    let mut member = query(
        "ins",
        "Member",
        r#"label_values(up{job="etcd", cls="$cls"}, ins)"#,
    );
    let all = json!({
        "multi": true,
        "includeAll": true,
        "allValue": ".+",
        "current": { "selected": true, "text": ["All"], "value": ["$__all"] },
    });
    merge(&mut member, all);
    json!([
        { "type": "datasource", "name": "ds", "label": "Data source", "query": "prometheus" },
        cluster,
        member,
    ])
}

fn events(name: &str, expr: &str) -> Value {
    json!({
        "name": name,
        "datasource": data_source(),
        "enable": true,
        "iconColor": "orange",
        "expr": expr,
        "titleFormat": "{{ins}} leads",
        "textFormat": "{{cls}}",
        "tagKeys": "cls,ins",
    })
}

fn links() -> Value {
    let link = |title: &str, kind: &str, url: &str, tooltip: &str| {
        json!({
            "title": title,
            "type": kind,
            "url": url,
            "tooltip": tooltip,
            "icon": if kind == "link" { "doc" } else { "external link" },
            "tags": if kind == "link" { json!([]) } else { json!(["etcd"]) },
            "asDropdown": kind != "link",
            "includeVars": kind != "link",
            "keepTime": kind != "link",
            "targetBlank": kind == "link",
        })
    };
    json!([
        link("etcd", "dashboards", "", "other dashboards of etcd"),
        link(
            "Metrics",
            "link",
            "https://etcd.io/docs/latest/metrics/",
            "what each metric of etcd means"
        ),
        link(
            "Tuning",
            "link",
            "https://etcd.io/docs/latest/tuning/",
            "timers, disks and networks"
        ),
    ])
}

/// Lays the panels out: from left to right, each row under its heading.
fn panels(dashboard: &Dashboard) -> Vec<Value> {
    let mut all = Vec::new();
    let mut top = 0;
    for row in &dashboard.rows {
        let id = all.len() + 1;
        all.push(json!({
            "type": "row",
            "id": id,
            "title": row.title,
            "collapsed": false,
            "panels": [],
            "gridPos": { "x": 0, "y": top, "w": COLUMNS, "h": 1 },
        }));
        top += 1;
        let (mut left, mut line) = (0, 0);
        for panel in &row.panels {
            if left + panel.width > COLUMNS {
                (left, top, line) = (0, top + u32::from(line), 0);
            }
            let place = json!({ "x": left, "y": top, "w": panel.width, "h": panel.height });
            all.push(one(panel, all.len() + 1, &place));
            left += panel.width;
            line = line.max(panel.height);
        }
        top += u32::from(line);
    }
    all
}

fn one(panel: &Panel, id: usize, place: &Value) -> Value {
    let is_table = matches!(panel.kind, Kind::Members | Kind::Alerts);
    let is_now = is_table || matches!(panel.kind, Kind::Stat | Kind::Name);
    let names = ('A'..='Z').map(String::from);
    let targets = names.zip(&panel.queries).map(|(name, query)| {
        json!({
            "refId": name,
            "datasource": data_source(),
            "editorMode": "code",
            "expr": query.expr,
            "legendFormat": query.legend,
            "instant": is_now,
            "range": !is_now,
            "format": if is_table { "table" } else { "time_series" },
        })
    });
    let mut defaults = json!({
        "unit": panel.unit.as_str(),
        "thresholds": steps(&panel.steps),
    });
    let (plugin, options, more) = match panel.kind {
        Kind::Stat => ("stat", stat("value"), colour("thresholds")),
        Kind::Name => ("stat", stat("name"), colour("thresholds")),
        Kind::Lines => ("timeseries", lines(), line_fields(&panel.steps)),
        Kind::Roles => ("state-timeline", timeline(), role_fields()),
        Kind::Members | Kind::Alerts => ("table", table(), json!({})),
    };
    merge(&mut defaults, more);
    let mut value = json!({
        "type": plugin,
        "id": id,
        "title": panel.title,
        "description": panel.description,
        "datasource": data_source(),
        "gridPos": place,
        "targets": targets.collect::<Vec<_>>(),
        "fieldConfig": { "defaults": defaults, "overrides": [] },
        "options": options,
    });
    match panel.kind {
        Kind::Members => merge(&mut value, members(&panel.queries)),
        Kind::Alerts => merge(&mut value, alerts()),
        Kind::Stat | Kind::Name | Kind::Lines | Kind::Roles => {}
    }
    value
}

fn data_source() -> Value {
    json!({ "type": "prometheus", "uid": "${ds}" })
}

fn colour(mode: &str) -> Value {
    json!({ "color": { "mode": mode } })
}

fn steps(steps: &Steps) -> Value {
    let number = |text: &String| serde_json::from_str::<Value>(text).expect("it is a number");
    let above = steps.above.iter();
    let above = above.map(|(limit, color)| (number(limit), *color));
    let all = std::iter::once((Value::Null, steps.base)).chain(above);
    let all = all.map(|(value, color)| json!({ "value": value, "color": color.as_str() }));
    json!({ "mode": "absolute", "steps": all.collect::<Vec<_>>() })
}

fn stat(text: &str) -> Value {
    json!({
        "reduceOptions": { "calcs": ["lastNotNull"], "fields": "", "values": false },
        "colorMode": "value",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "textMode": if text == "name" { "name" } else { "value" },
        "wideLayout": true,
        "showPercentChange": false,
        "percentChangeColorMode": "standard",
    })
}

fn lines() -> Value {
    json!({
        "legend": { "showLegend": true, "displayMode": "list", "placement": "bottom", "calcs": [] },
        "tooltip": { "mode": "multi", "sort": "desc" },
    })
}

fn line_fields(steps: &Steps) -> Value {
    let limits = if steps.above.is_empty() {
        "off"
    } else {
        "dashed"
    };
    json!({
        "min": 0,
        "color": { "mode": "palette-classic" },
        "custom": {
            "drawStyle": "line",
            "lineWidth": 1,
            "fillOpacity": 8,
            "showPoints": "never",
            "spanNulls": false,
            "thresholdsStyle": { "mode": limits },
        },
    })
}

fn timeline() -> Value {
    json!({
        "showValue": "auto",
        "rowHeight": 0.8,
        "mergeValues": true,
        "legend": { "showLegend": false, "displayMode": "list", "placement": "bottom", "calcs": [] },
        "tooltip": { "mode": "single", "sort": "none" },
    })
}

fn role_fields() -> Value {
    json!({ "mappings": roles(), "custom": { "lineWidth": 0, "fillOpacity": 80 } })
}

/// The values of the series `etcd:ins:role`, as words.
fn roles() -> Value {
    let roles = [
        ("-1", "down", Color::Red),
        ("0", "no leader", Color::Red),
        ("1", "follower", Color::Blue),
        ("2", "leader", Color::Green),
        ("3", "learner", Color::Yellow),
    ];
    let mut options = Map::new();
    for (index, (value, text, color)) in roles.into_iter().enumerate() {
        let role = json!({ "text": text, "color": color.as_str(), "index": index });
        options.insert(value.to_owned(), role);
    }
    json!([{ "type": "value", "options": options }])
}

fn table() -> Value {
    json!({ "frameIndex": 0, "showHeader": true, "cellHeight": "sm" })
}

/// Joins the queries to a table with a line a member, and gives its columns names and units.
fn members(queries: &[Query]) -> Value {
    let names = || {
        ('A'..='Z')
            .map(|name| format!("Value #{name}"))
            .zip(queries)
    };
    let mut shown = Map::new();
    let mut hidden = Map::new();
    let mut order = Map::new();
    hidden.insert("Time".to_owned(), json!(true));
    shown.insert("ins".to_owned(), json!("Member"));
    order.insert("ins".to_owned(), json!(0));
    for (at, (column, query)) in names().enumerate() {
        // What this one tells is its label, not its value.
        let column = if query.legend == "Version" {
            hidden.insert(column, json!(true));
            "server_version".to_owned()
        } else {
            column
        };
        shown.insert(column.clone(), json!(query.legend));
        order.insert(column, json!(at + 1));
    }
    for more in 1..=queries.len() {
        hidden.insert(format!("Time {more}"), json!(true));
    }
    let of = |name: &str, properties: Value| json!({ "matcher": { "id": "byName", "options": name }, "properties": properties });
    let units = queries.iter().filter(|query| query.unit != Unit::Number);
    let mut overrides: Vec<Value> = units
        .map(|query| {
            of(
                query.legend,
                json!([{ "id": "unit", "value": query.unit.as_str() }]),
            )
        })
        .collect();
    overrides.push(of("Role", json!([{ "id": "mappings", "value": roles() }])));
    let link = json!([{
        "title": "this member alone",
        "url": "/d/etcd-overview?${ds:queryparam}&${cls:queryparam}&var-ins=${__value.raw}&${__url_time_range}",
    }]);
    overrides.push(of("Member", json!([{ "id": "links", "value": link }])));
    json!({
        "transformations": [
            { "id": "joinByField", "options": { "byField": "ins", "mode": "outer" } },
            {
                "id": "organize",
                "options": {
                    "excludeByName": hidden,
                    "indexByName": order,
                    "renameByName": shown,
                },
            },
        ],
        "fieldConfig": { "overrides": overrides },
    })
}

fn alerts() -> Value {
    let hidden = [
        "Time",
        "Value",
        "__name__",
        "alertstate",
        "job",
        "instance",
        "ip",
        "cls",
    ];
    let hidden: Map<String, Value> = hidden
        .into_iter()
        .map(|name| (name.to_owned(), json!(true)))
        .collect();
    json!({
        "transformations": [{
            "id": "organize",
            "options": {
                "excludeByName": hidden,
                "indexByName": { "alertname": 0, "severity": 1, "ins": 2 },
                "renameByName": { "alertname": "Alert", "severity": "Severity", "ins": "Member" },
            },
        }],
    })
}

/// Takes over what another object has, objects within it likewise.
fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}
