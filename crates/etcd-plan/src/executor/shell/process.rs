use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use etcd_plan_core::op::ProcessFacts;

use super::lower::{Garbled, Output};

/// Reads for each process the line `process PID`, and its `arguments`, `group` and `variable` lines.
pub(super) fn facts(output: &Output<'_>) -> Result<Vec<ProcessFacts>, Garbled> {
    let text = String::from_utf8_lossy(output.printed); // a variable can hold anything
    let mut processes: Vec<ProcessFacts> = Vec::new();
    for line in text.lines() {
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        if kind == "process" {
            let garbled = || Garbled::new(format!("{rest:?} is no process id"));
            processes.push(ProcessFacts {
                pid: rest.parse().map_err(|_| garbled())?,
                unit: None,
                arguments: Vec::new(),
                environment: std::collections::BTreeMap::new(),
            });
            continue;
        }
        let Some(process) = processes.last_mut() else {
            return Err(Garbled::new(format!("{line:?} is of no process")));
        };
        match kind {
            "arguments" => process.arguments = arguments(rest)?,
            "group" => {
                let unit = rest
                    .rsplit('/')
                    .next()
                    .and_then(|last| last.strip_suffix(".service"));
                process.unit = process.unit.take().or(unit.map(str::to_owned));
            }
            "variable" => {
                if let Some((name, value)) = rest.split_once('=') {
                    process
                        .environment
                        .insert(name.to_owned(), value.to_owned());
                }
            }
            _ => return Err(Garbled::new(format!("{line:?} says nothing of a process"))),
        }
    }
    Ok(processes)
}

/// Reads the words of a command line: each ends with a zero byte.
fn arguments(words: &str) -> Result<Vec<String>, Garbled> {
    let joined: String = words.split(' ').collect();
    let bytes = BASE64.decode(joined);
    let bytes = bytes.map_err(|error| Garbled::new(format!("arguments: {error}")))?;
    let text = String::from_utf8_lossy(&bytes);
    let words = text.strip_suffix('\0').unwrap_or(&text).split('\0');
    Ok(words.map(str::to_owned).collect())
}
