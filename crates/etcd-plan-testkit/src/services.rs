use std::collections::{BTreeMap, BTreeSet};

use etcd_plan::core::names::{HostName, HostPath};
use etcd_plan::core::op::{ProcessFacts, ServiceFacts, ServiceState};

use crate::host::Host;
use crate::world::{ProcessKey, State};

/// Where systemd finds the units of a host's administrator.
const UNIT_FOLDER: &str = "/etc/systemd/system";

/// What systemd knows of a unit file that it has read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnitFile {
    /// The program and its arguments.
    pub(crate) exec_start: Vec<String>,
    /// The user that it runs as.
    pub(crate) user: String,
}

impl UnitFile {
    fn parse(text: &str) -> Self {
        let value = |key: &str| {
            let lines = text.lines().map(str::trim);
            lines
                .filter_map(|line| line.strip_prefix(key)?.strip_prefix('='))
                .next_back()
        };
        Self {
            exec_start: value("ExecStart")
                .unwrap_or_default()
                .split_whitespace()
                .map(|word| word.trim_matches('"').to_owned())
                .collect(),
            user: value("User").unwrap_or("root").to_owned(),
        }
    }

    /// Gives the program.
    pub(crate) fn program(&self) -> Option<HostPath> {
        self.exec_start.first()?.parse().ok()
    }

    /// Gives what `--config-file` names, in either of its forms.
    pub(crate) fn config(&self) -> Option<HostPath> {
        let mut words = self.exec_start.iter();
        while let Some(word) = words.next() {
            let word = word.trim_start_matches('-');
            if word == "config-file" {
                return words.next()?.parse().ok();
            }
            if let Some(path) = word.strip_prefix("config-file=") {
                return path.parse().ok();
            }
        }
        None
    }
}

/// How the last process of a unit ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) state: ServiceState,
    pub(crate) log: String,
}

impl Ended {
    pub(crate) fn stopped(log: impl Into<String>) -> Self {
        Self {
            state: ServiceState::Stopped,
            log: log.into(),
        }
    }

    pub(crate) fn failed(log: impl Into<String>) -> Self {
        Self {
            state: ServiceState::Failed,
            log: log.into(),
        }
    }
}

/// What systemd knows of a host's units.
#[derive(Debug, Default)]
pub(crate) struct Units {
    /// As they were when units were last read.
    pub(crate) loaded: BTreeMap<String, UnitFile>,
    pub(crate) enabled: BTreeSet<String>,
    pub(crate) ended: BTreeMap<String, Ended>,
}

impl Host {
    /// Reads all unit files again.
    pub(crate) fn reload_units(&mut self) {
        let folder = HostPath::fixed(UNIT_FOLDER);
        self.units.loaded = self
            .files
            .children(&folder)
            .filter_map(|path| {
                let name = path.file_name().strip_suffix(".service")?;
                let text = String::from_utf8_lossy(self.files.bytes(path)?).into_owned();
                Some((name.to_owned(), UnitFile::parse(&text)))
            })
            .collect();
    }

    /// Makes a unit start at boot.
    ///
    /// # Errors
    ///
    /// When there is no such unit file.
    pub(crate) fn enable(&mut self, unit: &str) -> Result<(), String> {
        let file = HostPath::fixed(UNIT_FOLDER).join(&format!("{unit}.service"));
        if self.files.bytes(&file).is_none() {
            return Err(format!(
                "Failed to enable unit: Unit file {unit}.service does not exist."
            ));
        }
        self.units.enabled.insert(unit.to_owned());
        Ok(())
    }

    pub(crate) fn disable(&mut self, unit: &str) {
        self.units.enabled.remove(unit);
    }
}

impl State {
    /// Starts a unit that does not run; its process may end at once.
    ///
    /// # Errors
    ///
    /// When systemd does not know the unit.
    pub(crate) fn start_unit(&mut self, host: &HostName, unit: &str) -> Result<(), String> {
        if !self.host(host).units.loaded.contains_key(unit) {
            return Err(format!(
                "Failed to start {unit}.service: Unit {unit}.service not found."
            ));
        }
        self.launch(host, unit);
        self.settle();
        Ok(())
    }

    /// Ends a process, if there is one.
    pub(crate) fn end_process(&mut self, key: &ProcessKey, how: &Ended) {
        if let Some(etcd) = self.etcds.remove(key) {
            let log = etcd.log.iter().map(|line| format!("{line}\n"));
            let log = log.collect::<String>() + &how.log;
            let (host, unit) = key;
            let units = &mut self.host_mut(host).units;
            let state = how.state;
            units.ended.insert(unit.clone(), Ended { state, log });
        }
    }

    /// Lists the processes of a host.
    pub(crate) fn processes_of(&self, host: &HostName) -> Vec<ProcessKey> {
        let keys = self.etcds.keys();
        keys.filter(|(of, _)| of == host).cloned().collect()
    }

    /// Says how a unit is.
    pub(crate) fn service(&self, host: &HostName, unit: &str) -> ServiceFacts {
        let units = &self.host(host).units;
        let process = self.etcds.get(&(host.clone(), unit.to_owned()));
        let state = match (process, units.ended.get(unit)) {
            (Some(etcd), _) if etcd.ready => ServiceState::Running,
            (Some(_), _) => ServiceState::Starting,
            (None, _) if !units.loaded.contains_key(unit) => ServiceState::Missing,
            (None, Some(ended)) => ended.state,
            (None, None) => ServiceState::Stopped,
        };
        ServiceFacts {
            state,
            pid: process.map(|etcd| etcd.pid),
            enabled: units.enabled.contains(unit),
        }
    }

    /// Gives the etcds that run on a host, and how their units start them.
    pub(crate) fn processes(&self, host: &HostName) -> Vec<ProcessFacts> {
        let of_host = self.etcds.iter().filter(|((of, _), _)| of == host);
        let processes = of_host.map(|((_, unit), etcd)| {
            let file = self.host(host).units.loaded.get(unit);
            ProcessFacts {
                pid: etcd.pid,
                unit: Some(unit.clone()),
                arguments: file.map(|file| file.exec_start.clone()).unwrap_or_default(),
                environment: BTreeMap::new(),
            }
        });
        processes.collect()
    }

    /// Gives what a unit has logged since its last start.
    pub(crate) fn service_log(&self, host: &HostName, unit: &str) -> String {
        match self.etcds.get(&(host.clone(), unit.to_owned())) {
            Some(etcd) => etcd.log.join("\n"),
            None => {
                let ended = self.host(host).units.ended.get(unit);
                ended.map(|ended| ended.log.clone()).unwrap_or_default()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::UnitFile;

    #[test]
    fn both_forms_of_the_config_option_are_read() {
        for line in [
            "ExecStart=/usr/bin/etcd --config-file /etc/etcd/etcd.conf",
            "ExecStart=/usr/bin/etcd --config-file=/etc/etcd/etcd.conf",
        ] {
            let unit = UnitFile::parse(&format!("[Service]\nUser=etcd\n{line}\n"));
            assert_eq!(unit.user, "etcd");
            assert_eq!(unit.program().expect(line).as_str(), "/usr/bin/etcd");
            assert_eq!(unit.config().expect(line).as_str(), "/etc/etcd/etcd.conf");
        }
        assert_eq!(UnitFile::parse("[Service]\n").config(), None);
    }
}
