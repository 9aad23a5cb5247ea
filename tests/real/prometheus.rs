//! A real Prometheus with a real node exporter, on addresses of their own.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use etcd_plan_tests::skipped;
use serde_json::Value;

/// How long to wait for what must come.
const PATIENCE: Duration = Duration::from_secs(90);

/// Processes that end with it.
pub(crate) struct Prometheus {
    address: String,
    processes: Vec<Child>,
}

impl Prometheus {
    /// Starts both in a folder: Prometheus with the `prometheus.yml` there, node exporter for the
    /// folder `textfile`. None, which is noted, where they are not installed.
    pub(crate) fn start(folder: &Path, address: &str, exporter: &str) -> Option<Self> {
        let mut started = Self {
            address: address.to_owned(),
            processes: Vec::new(),
        };
        let path = |name: &str| folder.join(name).display().to_string();
        for (program, arguments) in [
            (
                "prometheus",
                vec![
                    format!("--config.file={}", path("prometheus.yml")),
                    format!("--storage.tsdb.path={}", path("tsdb")),
                    format!("--web.listen-address={address}"),
                ],
            ),
            (
                "prometheus-node-exporter",
                vec![
                    "--collector.disable-defaults".to_owned(),
                    "--collector.textfile".to_owned(),
                    format!("--collector.textfile.directory={}", path("textfile")),
                    format!("--web.listen-address={exporter}"),
                ],
            ),
        ] {
            let log = fs::File::create(folder.join(format!("{program}.log"))).expect("a log");
            let process = Command::new(program)
                .args(arguments)
                .current_dir(folder)
                .stdout(Stdio::null())
                .stderr(log)
                .spawn();
            let Ok(process) = process else {
                skipped(&format!("there is no {program} on this machine"));
                return None;
            };
            started.processes.push(process);
        }
        Some(started)
    }

    /// Asks a query until it has an answer that is wanted.
    ///
    /// # Panics
    ///
    /// When it never has.
    pub(crate) fn until(&self, query: &str, is_wanted: impl Fn(&[Sample]) -> bool) -> Vec<Sample> {
        let begun = Instant::now();
        loop {
            let found = self.query(query);
            if is_wanted(&found) {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "{query}: {found:?}");
            thread::sleep(Duration::from_millis(200));
        }
    }

    /// Asks several queries until all have data: at least a series, and none that is no number.
    ///
    /// # Panics
    ///
    /// When one never has, with the queries that have none.
    pub(crate) fn all_have_data(&self, queries: &[String]) {
        let begun = Instant::now();
        let mut left: Vec<&String> = queries.iter().collect();
        loop {
            left.retain(|query| !has_data(&self.query(query)));
            if left.is_empty() {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "no data: {left:#?}");
            thread::sleep(Duration::from_millis(500));
        }
    }

    /// Asks a query once. While Prometheus does not answer there is no data.
    pub(crate) fn query(&self, query: &str) -> Vec<Sample> {
        let answer = self.get(&format!("/api/v1/query?query={}", encoded(query)));
        let results = answer["data"]["result"].as_array();
        let samples = results.into_iter().flatten().map(|result| Sample {
            labels: result["metric"].clone(),
            value: result["value"][1]
                .as_str()
                .and_then(|value| value.parse().ok())
                .unwrap_or(f64::NAN),
        });
        assert_ne!(answer["status"], "error", "{query}: {}", answer["error"]);
        samples.collect()
    }

    /// Gets a document of its API; `null` while it does not answer.
    pub(crate) fn get(&self, path: &str) -> Value {
        let get = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect(&self.address)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            write!(stream, "GET {path} HTTP/1.0\r\nHost: test\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        let answer = get().unwrap_or_default();
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        serde_json::from_str(body).unwrap_or_default()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// A series, with its value now.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    labels: Value,
    pub(crate) value: f64,
}

impl Sample {
    /// Gives the value of a label; empty where it has none.
    pub(crate) fn label(&self, name: &str) -> &str {
        self.labels[name].as_str().unwrap_or_default()
    }
}

fn has_data(samples: &[Sample]) -> bool {
    !samples.is_empty() && samples.iter().all(|sample| sample.value.is_finite())
}

fn encoded(text: &str) -> String {
    let bytes = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    bytes.collect()
}
