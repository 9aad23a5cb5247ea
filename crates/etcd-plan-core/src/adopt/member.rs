use crate::etcd_settings::EtcdSettings;
use crate::facts::HostFacts;
use crate::names::HostPath;
use crate::op::{EtcdAccess, EtcdFacts, MemberFacts, ProcessFacts, ReadOp};
use crate::plan::MemberFile;
use crate::spec::HostSpec;

/// A host that was named, and what it answered.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The host, and how it is reached.
    pub host: HostSpec,
    /// The folder that stands for `/` there; empty where it is `/`.
    pub root: String,
    /// The answers to all [`questions`](super::questions); or why there are none.
    pub facts: Result<HostFacts, Unreached>,
}

/// Says why a host was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreached {
    /// Why, as one clause.
    pub why: String,
    /// The next action.
    pub hint: String,
}

/// How the etcd of a host runs, or would.
pub(super) struct Effective {
    /// What it is set to.
    pub(super) settings: EtcdSettings,
    /// Its configuration file; none where flags and environment set it.
    pub(super) config: Option<HostPath>,
    /// Whether the configuration file was read.
    pub(super) is_read: bool,
    /// The process; none where it stands still.
    pub(super) process: Option<ProcessFacts>,
    root: String,
}

/// Why nothing can be said of the etcd of a host: a clause, and the next action.
pub(super) type Why = (String, String);

impl Effective {
    /// Gives a path that a setting names, as the host has it.
    pub(super) fn path(&self, key: &str) -> Option<HostPath> {
        let text = self.settings.text(key)?;
        let text = text.strip_prefix(&self.root).unwrap_or(&text);
        text.parse().ok()
    }

    /// Gives a file of the TLS for clients.
    pub(super) fn tls(&self, key: &str) -> Option<HostPath> {
        self.path(&format!("client-transport-security/{key}"))
    }

    /// Gives how the etcd is asked on its host: with its own certificate.
    pub(super) fn access(&self) -> Option<EtcdAccess> {
        let urls = self.settings.list("advertise-client-urls");
        let cert = self.tls("cert-file")?;
        Some(EtcdAccess {
            endpoint: urls.into_iter().find(|url| url.starts_with("https://"))?,
            cacert: self.tls("trusted-ca-file").unwrap_or_else(|| cert.clone()),
            cert,
            key: self.tls("key-file")?,
        })
    }

    /// Says whether it is configured where etcd-plan configures it.
    pub(super) fn is_at_home(&self) -> bool {
        self.config == Some(MemberFile::EtcdConf.wanted().path)
    }
}

/// Finds out how the etcd of a host runs: the one that does, or else the one that is configured where
/// etcd-plan would configure it.
pub(super) fn effective(facts: &HostFacts, root: &str) -> Result<Effective, Why> {
    let processes = facts.processes(&ReadOp::Processes);
    let processes = processes.map_err(|missing| unread("the processes of etcd", &missing.why))?;
    let of_unit = |process: &&ProcessFacts| process.unit.as_deref() == Some("etcd");
    let process = match &processes[..] {
        [] => None,
        [one] => Some(one),
        several => match several.iter().find(of_unit) {
            Some(process) => Some(process),
            None => {
                let pids: Vec<String> = several.iter().map(|p| p.pid.to_string()).collect();
                return Err((
                    format!(
                        "{} etcds run there: processes {}",
                        several.len(),
                        pids.join(", ")
                    ),
                    "stop those that are not meant; etcd-plan runs one on a host".to_owned(),
                ));
            }
        },
    };
    let Some(process) = process else {
        return of_file(facts, &MemberFile::EtcdConf.wanted().path, None, root);
    };
    let set = EtcdSettings::of_process(&process.arguments, &process.environment);
    match set.text("config-file") {
        // etcd ignores flags and environment then (its configuration guide).
        Some(file) => {
            let host_path = file.strip_prefix(root).unwrap_or(&file).parse::<HostPath>();
            let path = host_path.map_err(|why| {
                let clause = format!("etcd has a configuration file `{file}`, which {why}");
                (clause, "start it with an absolute path".to_owned())
            })?;
            of_file(facts, &path, Some(process), root)
        }
        None => Ok(Effective {
            settings: set,
            config: None,
            is_read: true,
            process: Some(process.clone()),
            root: root.to_owned(),
        }),
    }
}

fn of_file(
    facts: &HostFacts,
    path: &HostPath,
    process: Option<&ProcessFacts>,
    root: &str,
) -> Result<Effective, Why> {
    let question = ReadOp::ReadFile { path: path.clone() };
    let of = |settings, is_read| Effective {
        settings,
        config: Some(path.clone()),
        is_read,
        process: process.cloned(),
        root: root.to_owned(),
    };
    if !facts.iter().any(|(asked, _)| *asked == question) {
        return Ok(of(EtcdSettings::default(), false));
    }
    let content = facts.bytes(&question);
    let content = content.map_err(|missing| unread(path.as_str(), &missing.why))?;
    let Some(content) = content else {
        return Err(match process {
            Some(_) => (
                format!("etcd runs with {path}, which is not there any more"),
                "bring the file back: nobody knows what etcd would start with".to_owned(),
            ),
            None => (
                format!("no etcd runs there, and there is no {path}"),
                "leave the host out, or start its etcd first".to_owned(),
            ),
        });
    };
    let settings = EtcdSettings::of_file(content).map_err(|findings| {
        let said = findings
            .iter()
            .next()
            .map(|finding| finding.message.clone());
        let clause = format!("{path} cannot be read: {}", said.unwrap_or_default());
        (
            clause,
            "mend the file: etcd would not start with it".to_owned(),
        )
    })?;
    Ok(of(settings, true))
}

/// Says that something could not be read, and what to do.
pub(super) fn unread(what: &str, why: &str) -> Why {
    let hint = "see to it that the host can be read as root: `--become`, or another user";
    (format!("{what} could not be read: {why}"), hint.to_owned())
}

/// A member that was found on a host that was named.
pub(super) struct Found<'a> {
    pub(super) reading: &'a Reading,
    pub(super) facts: &'a HostFacts,
    pub(super) effective: Effective,
    /// What it says of itself; none when it was not asked.
    pub(super) etcd: Option<&'a EtcdFacts>,
}

impl<'a> Found<'a> {
    pub(super) fn of(reading: &'a Reading) -> Result<Self, Why> {
        let facts = reading.facts.as_ref();
        let facts = facts.map_err(|error| (error.why.clone(), error.hint.clone()))?;
        let effective = effective(facts, &reading.root)?;
        let access = effective.access();
        let etcd = access.and_then(|access| facts.etcd(&ReadOp::Etcd { access }).ok());
        Ok(Self {
            reading,
            facts,
            effective,
            etcd,
        })
    }

    /// Gives the name that it is configured with.
    pub(super) fn name(&self) -> String {
        let name = self.effective.settings.text("name");
        name.unwrap_or_else(|| "default".to_owned())
    }

    /// Finds it in the list of its cluster.
    pub(super) fn listed<'l>(&self, listed: &'l [MemberFacts]) -> Option<&'l MemberFacts> {
        let status = self.etcd.and_then(|etcd| etcd.status.as_ref());
        let by_id =
            status.and_then(|status| listed.iter().find(|known| known.id == status.member_id));
        by_id.or_else(|| listed.iter().find(|known| known.name == self.name()))
    }

    /// Gives the content of a file of its TLS for clients.
    pub(super) fn tls_file(&self, key: &str) -> Result<Vec<u8>, Why> {
        let Some(path) = self.effective.tls(key) else {
            let clause = format!("`{key}` is not set for its clients");
            return Err((clause, "see etcd's security guide".to_owned()));
        };
        let question = ReadOp::ReadFile { path: path.clone() };
        match self.facts.bytes(&question) {
            Ok(Some(content)) => Ok(content.clone()),
            Ok(None) => Err(unread(path.as_str(), "it is not there")),
            Err(missing) => Err(unread(path.as_str(), &missing.why)),
        }
    }
}
