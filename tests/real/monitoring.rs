use std::fs;
use std::path::Path;

use etcd_plan::engine::{RunSettings, Silent};
use etcd_plan::monitoring::{self, MonitoringPaths, recordings};
use etcd_plan::names::HostPath;
use etcd_plan::pki::PkiFolder;
use etcd_plan::{Goal, Plan, status};
use etcd_plan_tests::inventory;
use serde_json::Value;

use crate::prometheus::{Prometheus, Sample};
use crate::sandbox::Sandbox;

const NET: u8 = 60;
const INFRA: &str = "127.0.60.20";
const PROMETHEUS: &str = "127.0.60.20:9090";
const EXPORTER: &str = "127.0.60.20:9100";

/// Certificates run out soon, so that an alert fires which nothing but the whole way through status,
/// node exporter and rules can make fire.
const INVENTORY: &str = "\
all:
  vars: { cert_validity: 20d }
  children:
    infra: { hosts: { 127.0.60.20: {} } }
    etcd:
      hosts:
        127.0.60.11: { etcd_seq: 1 }
        127.0.60.12: { etcd_seq: 2 }
        127.0.60.13: { etcd_seq: 3 }
";

/// A real Prometheus scrapes real members over mutual TLS, through the files that `etcd_register`
/// wrote: every rule, every query of the dashboard and every variable has data, and what they show
/// is what `etcdctl` says.
#[test]
fn the_dashboard_shows_what_etcdctl_says() {
    let Some(sandbox) = Sandbox::fresh(NET) else {
        return;
    };
    let inventory = inventory(INVENTORY);
    let plan = Plan::from_inventory(&inventory).expect("a good inventory");
    sandbox.must_run(&plan);
    let dashboard = write_files(&sandbox, &plan);
    let Some(prometheus) = Prometheus::start(&sandbox.dir, PROMETHEUS, EXPORTER) else {
        return;
    };
    prometheus.until(r#"up{job="etcd"} == 1"#, |members| members.len() == 3);

    // Something to see: keys, a deletion, a compaction, another leader.
    let leader = leader(&sandbox);
    for number in 0..10 {
        let put = ["put", &format!("key{number}"), "value"];
        sandbox.etcdctl(&[1, 2, 3], &put).expect("it writes");
    }
    sandbox.etcdctl(&[1], &["del", "key7"]).expect("it deletes");
    sandbox
        .etcdctl(&[1], &["compact", "5"])
        .expect("it compacts");
    let next = endpoints(&sandbox)[usize::from(leader % 3)].id();
    sandbox
        .etcdctl(&[leader], &["move-leader", &format!("{next:x}")])
        .expect("it hands over");

    let mut queries: Vec<String> = recordings()
        .iter()
        .map(|rule| rule.name.to_owned())
        .collect();
    queries.extend(queries_of(&dashboard));
    assert!(queries.len() > 75, "{}", queries.len());
    // etcd measures a round trip every 30 seconds, and only the second one can be seen.
    let (slow, fast): (Vec<String>, Vec<String>) = queries
        .into_iter()
        .partition(|query| query.contains("peer_round_trip"));
    prometheus.all_have_data(&fast);
    for rule in rules(&prometheus) {
        assert_eq!(rule["health"], "ok", "{rule}");
    }
    agrees(&prometheus, &sandbox, &dashboard);
    fires(
        &prometheus,
        &dashboard,
        &["EtcdBackupOld", "EtcdCertificateNear"],
    );

    // A backup is made, and the status is told again.
    let shown = |title: &str| asked(&dashboard, title).remove(0);
    let backup = Plan::builder(&inventory).goal(Goal::Backup);
    sandbox.must_run(&backup.build().expect("a good inventory"));
    tell_status(&sandbox, &plan);
    prometheus.until(
        &shown("Age of the newest backup"),
        |found| matches!(values(found)[..], [age] if (0.0..600.0).contains(&age)),
    );
    let old = r#"ALERTS{alertname="EtcdBackupOld"}"#;
    prometheus.until(old, <[Sample]>::is_empty);

    prometheus.all_have_data(&slow);

    // One member ends: the dashboard says so.
    let folder = sandbox.dir.join("hosts").join(sandbox.host(3));
    let process = fs::read_to_string(folder.join("run/etcd.pid")).expect("it runs");
    let process: i32 = process
        .split_whitespace()
        .next()
        .and_then(|number| number.parse().ok())
        .expect("a number");
    let process = rustix::process::Pid::from_raw(process).expect("a process");
    rustix::process::kill_process(process, rustix::process::Signal::KILL).expect("it is ours");
    prometheus.until(&shown("Survives"), |found| values(found) == [0.0]);
    assert_eq!(values(&prometheus.query(&shown("Voters alive"))), [2.0]);
    assert_eq!(values(&prometheus.query(&shown("Members"))), [3.0]);
    let roles = prometheus.query(&shown("Roles"));
    assert_eq!(of_member(&roles, "etcd-3"), Some(-1.0), "{roles:?}");
}

/// Writes what Prometheus and node exporter read into the sandbox's folder; gives the dashboard.
fn write_files(sandbox: &Sandbox, plan: &Plan) -> Value {
    let host = |name: &str| sandbox.dir.join("hosts").join(name);
    let path = |path: &Path| path.to_str().expect("in UTF-8").to_owned();
    let member = |file: &str| -> HostPath {
        let file = host(&sandbox.host(1)).join("etc/etcd").join(file);
        path(&file).parse().expect("an absolute path")
    };
    let paths = MonitoringPaths {
        targets: path(&host(INFRA).join("etc/prometheus/targets/etcd/*.yml")),
        ca_file: member("ca.crt"),
        cert_file: member("server.crt"),
        key_file: member("server.key"),
        ..MonitoringPaths::default()
    };
    let files = monitoring::files(plan.clusters(), &paths).expect("the templates work");
    let file = |path: &str| {
        let file = files.iter().find(|file| file.path == path);
        file.expect("it is one of the files").content.as_str()
    };
    let write = |name: &str, text: &str| {
        fs::write(sandbox.dir.join(name), text).expect("it can be written");
    };
    write("rules.yml", file("prometheus/rules/etcd.yml"));
    write("members.yml", file("prometheus/rules/etcd-members.yml"));
    // The target of node exporter has labels that are others' names, as on a host of Pigsty.
    let config = format!(
        "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\n\
         rule_files: [rules.yml, members.yml]\n{}  \
         - job_name: node\n    static_configs: [{{ targets: ['{EXPORTER}'], labels: {{ cls: nodes, ins: \
         node-1, ip: {INFRA} }} }}]\n",
        file("prometheus/scrape/etcd.yml")
    );
    write("prometheus.yml", &config);
    fs::create_dir_all(sandbox.dir.join("textfile")).expect("a folder");
    tell_status(sandbox, plan);
    serde_json::from_str(file("grafana/dashboards/etcd-overview.json")).expect("JSON")
}

/// Writes what the status tells node exporter.
fn tell_status(sandbox: &Sandbox, plan: &Plan) {
    let keys = PkiFolder::new(&sandbox.dir);
    let settings = RunSettings::default();
    let status = status::read(plan, &sandbox.executor, &keys, settings, &mut Silent);
    let file = sandbox.dir.join("textfile/etcd-plan.prom");
    fs::write(file, status.to_prometheus()).expect("it can be written");
}

/// What Grafana would ask for this cluster: panels, annotations and variables.
fn queries_of(dashboard: &Value) -> Vec<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let panels = list(&dashboard["panels"]);
    let targets = panels.iter().flat_map(|panel| list(&panel["targets"]));
    let annotations = list(&dashboard["annotations"]["list"]);
    let asked = targets
        .chain(annotations)
        .map(|target| filled_in(&target["expr"]));
    let variables = list(&dashboard["templating"]["list"]);
    let values = variables.iter().filter_map(|variable| {
        let query = filled_in(&variable["definition"]);
        let (selector, label) = query
            .strip_prefix("label_values(")?
            .strip_suffix(')')?
            .rsplit_once(", ")?;
        Some(format!(
            "count by ({label}) ({selector}) and on () count({selector}) == 3"
        ))
    });
    let all: Vec<String> = asked.chain(values).collect();
    let unfilled = all.iter().find(|query| query.contains('$'));
    assert_eq!(unfilled, None, "a variable is left");
    all
}

/// Fills the variables in, with this cluster and all its members.
fn filled_in(query: &Value) -> String {
    let query = query.as_str().unwrap_or_default();
    query
        .replace("$__rate_interval", "1m")
        .replace("$cls", "etcd")
        .replace("$ins", ".+")
}

/// Gives the queries of the panel with a title.
fn asked(dashboard: &Value, title: &str) -> Vec<String> {
    let panels = dashboard["panels"].as_array().expect("panels");
    let panel = panels.iter().find(|panel| {
        let is_table = panel["type"] == "table";
        panel["title"] == title && !is_table
    });
    let targets = panel.and_then(|panel| panel["targets"].as_array());
    let targets = targets.unwrap_or_else(|| panic!("no panel {title}"));
    targets
        .iter()
        .map(|target| filled_in(&target["expr"]))
        .collect()
}

/// What `etcdctl` says of a member.
struct Endpoint(Value);

impl Endpoint {
    fn number(&self, path: &str) -> u64 {
        let value = self.0.pointer(path).and_then(Value::as_u64);
        value.unwrap_or_else(|| panic!("no {path} in {}", self.0))
    }

    fn id(&self) -> u64 {
        self.number("/Status/header/member_id")
    }

    fn leads(&self) -> bool {
        self.number("/Status/leader") == self.id()
    }
}

fn endpoints(sandbox: &Sandbox) -> Vec<Endpoint> {
    let text = sandbox.etcdctl(&[1, 2, 3], &["endpoint", "status", "-w", "json"]);
    let found: Vec<Value> = serde_json::from_str(&text.expect("it answers")).expect("JSON");
    assert_eq!(found.len(), 3);
    found.into_iter().map(Endpoint).collect()
}

/// The number of the member that leads.
fn leader(sandbox: &Sandbox) -> u8 {
    let endpoints = endpoints(sandbox);
    let at = endpoints.iter().position(Endpoint::leads);
    u8::try_from(at.expect("one leads")).expect("a small number") + 1
}

/// The numbers on the dashboard are those of `etcdctl`.
fn agrees(prometheus: &Prometheus, sandbox: &Sandbox, dashboard: &Value) {
    let endpoints = endpoints(sandbox);
    let per_member = |query: &str, wanted: &dyn Fn(&Endpoint) -> f64| {
        prometheus.until(query, |found| {
            let of = |seq: usize| of_member(found, &format!("etcd-{seq}"));
            let mut all = endpoints.iter().enumerate();
            found.len() == 3 && all.all(|(at, endpoint)| of(at + 1) == Some(wanted(endpoint)))
        });
    };
    let shown = |title: &str, nth: usize| asked(dashboard, title).remove(nth);
    let same = |path: &'static str| move |endpoint: &Endpoint| as_float(endpoint.number(path));
    per_member(&shown("Size", 0), &same("/Status/dbSize"));
    per_member(&shown("Size", 1), &same("/Status/dbSizeInUse"));
    per_member(
        &shown("Revision and compaction", 0),
        &same("/Status/header/revision"),
    );
    per_member(&shown("Revision and compaction", 1), &|_| 5.0);
    per_member(
        "etcd_server_proposals_applied_total",
        &same("/Status/raftAppliedIndex"),
    );
    per_member(&shown("Raft entries behind", 0), &|_| 0.0);
    per_member(&shown("Roles", 0), &|endpoint| {
        if endpoint.leads() { 2.0 } else { 1.0 }
    });

    let keys = sandbox.etcdctl(&[1], &["get", "", "--prefix", "--keys-only"]);
    let keys = keys.expect("it answers");
    let count = keys.lines().filter(|line| !line.is_empty()).count();
    per_member(&shown("Keys", 0), &|_| as_float(count as u64));

    let once = |title: &str, nth: usize| values(&prometheus.query(&shown(title, nth)));
    let members = sandbox
        .etcdctl(&[1], &["member", "list"])
        .expect("it answers");
    let members = as_float(members.lines().count() as u64);
    assert_eq!(once("Members", 0), [members]);
    assert_eq!(once("Voters alive", 0), [members]);
    assert_eq!(
        (once("Quorum", 0), once("Survives", 0)),
        (vec![2.0], vec![1.0])
    );
    let quota = 8.0 * 1024.0 * 1024.0 * 1024.0;
    assert_eq!(once("Size", 2), [quota], "the default of the parameter");
    assert_eq!(once("Alarms", 0), [0.0]);
    let alarms = sandbox.etcdctl(&[1], &["alarm", "list"]);
    assert_eq!(alarms.as_deref(), Ok(""));

    let leads = prometheus.query(&shown("Leader", 0));
    let leads: Vec<&str> = leads.iter().map(|sample| sample.label("ins")).collect();
    assert_eq!(leads, [format!("etcd-{}", leader(sandbox))]);
    let versions = prometheus.query("etcd_server_version");
    for (found, endpoint) in versions.iter().zip(&endpoints) {
        assert_eq!(
            found.label("server_version"),
            endpoint.0["Status"]["version"]
        );
    }
    // 20 days, less what this test took until now.
    let left = prometheus.query(&shown("Certificates run out in", 0));
    let twenty_days = 20.0 * 86_400.0;
    let is_right = |left: &f64| (twenty_days - 600.0..=twenty_days).contains(left);
    assert!(
        values(&left).iter().all(is_right) && left.len() == 3,
        "{left:?}"
    );
}

/// The alerts that fire are these, and the panel counts them.
fn fires(prometheus: &Prometheus, dashboard: &Value, wanted: &[&str]) {
    let firing = r#"count by (alertname) (ALERTS{alertstate="firing"})"#;
    let found = prometheus.until(firing, |found| found.len() >= wanted.len());
    let mut names: Vec<&str> = found
        .iter()
        .map(|sample| sample.label("alertname"))
        .collect();
    names.sort_unstable();
    assert_eq!(names, wanted, "{found:?}");
    let count = prometheus.query(&asked(dashboard, "Firing alerts")[0]);
    let all: f64 = values(&found).iter().sum();
    assert_eq!(values(&count), [all]);
    let described = rules(prometheus).into_iter().flat_map(|rule| {
        let alerts = rule["alerts"].as_array().cloned().unwrap_or_default();
        alerts.into_iter().map(|alert| alert["annotations"].clone())
    });
    for annotations in described {
        let summary = annotations["summary"].as_str().unwrap_or_default();
        assert!(summary.contains("etcd"), "{annotations}");
        assert!(!annotations.to_string().contains("{{"), "{annotations}");
    }
}

fn rules(prometheus: &Prometheus) -> Vec<Value> {
    let answer = prometheus.get("/api/v1/rules");
    let groups = answer["data"]["groups"].as_array().cloned();
    let groups = groups.expect("Prometheus has rules");
    let rules = groups.iter().filter_map(|group| group["rules"].as_array());
    rules.flatten().cloned().collect()
}

fn values(samples: &[Sample]) -> Vec<f64> {
    samples.iter().map(|sample| sample.value).collect()
}

fn of_member(samples: &[Sample], name: &str) -> Option<f64> {
    let sample = samples.iter().find(|sample| sample.label("ins") == name)?;
    Some(sample.value)
}

/// Numbers of this test are far below 2^53.
fn as_float(number: u64) -> f64 {
    number.to_string().parse().expect("a number")
}
