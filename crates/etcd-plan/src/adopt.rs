//! A cluster that something else built becomes an inventory whose plan is empty.
//!
//! Hosts are only read; what is written lies on the control machine.
//!
//! ```no_run
//! use std::path::Path;
//!
//! use etcd_plan::adopt::{self, AdoptSettings};
//! use etcd_plan::executor::LocalExecutor;
//!
//! let host = adopt::host("10.10.10.10")?;
//! let adopted = adopt::read(&[host], &LocalExecutor::new(), &AdoptSettings::default())?;
//! for note in adopted.notes() {
//!     println!("{note}");
//! }
//! adopted.write(Some(Path::new("etcd.yml")), Path::new("."))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::path::Path;
use std::thread;

use etcd_plan_core::adopt::{self, Adoption, Finding, Reading, STANDARD_KEY, Unreached};
use etcd_plan_core::diagnostic::Diagnostics;
use etcd_plan_core::facts::HostFacts;
use etcd_plan_core::inventory::Inventory;
use etcd_plan_core::names::{ClusterName, HostName, HostPath, NameError};
use etcd_plan_core::op::{FileContent, OpResult, ReadOp, Reply};
use etcd_plan_core::plan::{Goal, Plan, PlanError};
use etcd_plan_core::secret::Secret;
use etcd_plan_core::spec::{Connection, HostSpec};

use crate::engine::RunSettings;
use crate::executor::{Executor, Session, Target};
use crate::pki::{self, KeptFile, PkiError, PkiFolder, PkiMemory};

/// The name under which findings about the inventory that was made speak of it.
const MADE: &str = "the inventory that was made";

/// How a cluster is read that is to be adopted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdoptSettings {
    /// How many hosts are read at once, at the most; by default 64.
    pub forks: NonZeroUsize,
    /// What the cluster is called where its members' names do not say it; by default `etcd`.
    pub cluster: ClusterName,
}

impl Default for AdoptSettings {
    fn default() -> Self {
        Self {
            forks: RunSettings::default().forks,
            cluster: ClusterName::default(),
        }
    }
}

/// A cluster that was read, and can be adopted.
#[derive(Debug)]
pub struct Adopted {
    adoption: Adoption,
    inventory: Inventory,
    files: Vec<KeptFile>,
}

/// Says why a cluster is not adopted.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// The hosts are not those of one cluster that could be managed: all that is wrong.
    #[error("{}", Listed(.problems))]
    Problems {
        /// What is wrong.
        problems: Vec<Finding>,
        /// Whether a host was not reached.
        is_unreached: bool,
    },
    /// What the cluster is set to makes no good inventory.
    #[error("{0}")]
    Inventory(Diagnostics),
    /// No plan can be made of the inventory.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// What would be written is there, and says something else.
    #[error("not written, since these are there and hold something else: {}", .0.join(", "))]
    InTheWay(Vec<String>),
    /// A file of this machine cannot be read or written.
    #[error(transparent)]
    Pki(#[from] PkiError),
    /// The inventory cannot be written.
    #[error("{path} cannot be written: {error}")]
    Unwritable {
        /// The file.
        path: String,
        /// What the system said.
        error: std::io::Error,
    },
}

impl AdoptError {
    /// Gives the next action; none where findings bring their own.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Problems { .. } | Self::Inventory(_) => None,
            Self::Plan(error) => Some(error.hint()),
            Self::InTheWay(_) => Some(
                "move them away, or name another file with `-o` and another folder with `--keys`"
                    .to_owned(),
            ),
            Self::Pki(error) => Some(error.hint.clone()),
            Self::Unwritable { .. } => Some("name another file with `-o`".to_owned()),
        }
    }
}

struct Listed<'a>(&'a [Finding]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&texts.join("\n"))
    }
}

/// Makes a host of what a person calls it: `HOST` or `USER@HOST`.
///
/// # Errors
///
/// When it is no name of a host.
pub fn host(word: &str) -> Result<HostSpec, NameError> {
    let (user, name) = match word.rsplit_once('@') {
        Some((user, name)) => (Some(user.to_owned()), name),
        None => (None, word),
    };
    Ok(HostSpec {
        name: name.parse()?,
        connection: Connection {
            user: user.filter(|user| !user.is_empty()),
            ..Connection::default()
        },
    })
}

/// Reads the members of a cluster on the hosts that they live on. Nothing is changed there.
///
/// Clusters of the original module are read in one round trip a host; where files lie elsewhere, a host is
/// asked again.
///
/// # Errors
///
/// When the hosts are not those of one cluster that could be managed, or what it is set to makes no good
/// inventory: all findings at once.
pub fn read(
    hosts: &[HostSpec],
    executor: &dyn Executor,
    settings: &AdoptSettings,
) -> Result<Adopted, AdoptError> {
    let mut readings = Vec::new();
    let mut keys = BTreeMap::new();
    for some in hosts.chunks(settings.forks.get()) {
        let answers = thread::scope(|scope| {
            let threads = some
                .iter()
                .map(|host| scope.spawn(move || read_host(host, executor)));
            let threads: Vec<_> = threads.collect();
            let joined = threads.into_iter().map(thread::ScopedJoinHandle::join);
            joined
                .map(|read| read.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect::<Vec<_>>()
        });
        for (reading, found) in answers {
            keys.insert(reading.host.name.clone(), found);
            readings.push(reading);
        }
    }
    let adoption = adopt::adopt(&readings, &settings.cluster);
    let adoption = adoption.map_err(|problems| AdoptError::Problems {
        problems,
        is_unreached: readings.iter().any(|reading| reading.facts.is_err()),
    })?;
    Adopted::new(adoption, &mut keys)
}

impl Adopted {
    fn new(
        mut adoption: Adoption,
        keys: &mut BTreeMap<HostName, Result<Secret, String>>,
    ) -> Result<Self, AdoptError> {
        let inventory = Inventory::parse(&adoption.inventory, MADE);
        let inventory = inventory.map_err(AdoptError::Inventory)?;
        let plan = Plan::from_inventory(&inventory)?;
        let spec = &plan.clusters()[0];
        let mut files = Vec::new();
        let mut put = |path, content| files.push(KeptFile { path, content });
        let shown = |pem: &[u8]| FileContent::Shown(String::from_utf8_lossy(pem).into_owned());
        if let Some(ca) = &adoption.ca {
            put(pki::ca_file(spec), shown(ca));
        }
        for (member, adopted) in spec.members.iter().zip(&adoption.members) {
            let (certificate, key) = pki::member_files(spec, member);
            if let Some(pem) = &adopted.certificate {
                put(certificate, shown(pem));
            }
            match keys.remove(&adopted.host) {
                Some(Ok(secret)) => put(key, FileContent::Hidden(secret)),
                Some(Err(why)) => adoption.notes.push(Finding {
                    hosts: vec![adopted.host.clone()],
                    what: format!("its private key could not be read: {why}"),
                    hint: "see to it that the host can be read as root, or a plan issues a new one"
                        .to_owned(),
                }),
                None => {}
            }
        }
        Ok(Self {
            adoption,
            inventory,
            files,
        })
    }

    /// Gives the cluster's name.
    pub fn cluster(&self) -> &ClusterName {
        &self.adoption.cluster
    }

    /// Gives the text of the inventory.
    pub fn inventory(&self) -> &str {
        &self.adoption.inventory
    }

    /// Gives what no parameter says, and what a person has to do.
    pub fn notes(&self) -> &[Finding] {
        &self.adoption.notes
    }

    /// Makes a plan of the inventory.
    ///
    /// # Errors
    ///
    /// When the goal needs more than an inventory.
    pub fn plan(&self, goal: Goal) -> Result<Plan, PlanError> {
        Plan::builder(&self.inventory).goal(goal).build()
    }

    /// Gives the certificates and keys in memory, so that a plan can be previewed before they are
    /// written.
    ///
    /// # Errors
    ///
    /// When they cannot be kept, which does not happen in memory.
    pub fn keys(&self) -> Result<PkiMemory, PkiError> {
        let memory = PkiMemory::new();
        memory.keep(&self.files)?;
        Ok(memory)
    }

    /// Writes certificates and keys into the folder that `ca_dir` is relative to, and the inventory
    /// into a file, if one is named; gives the files that were not there before.
    ///
    /// # Errors
    ///
    /// When one of them is there and holds something else, or cannot be written. In the first case
    /// nothing is written.
    pub fn write(&self, output: Option<&Path>, keys: &Path) -> Result<Vec<String>, AdoptError> {
        let folder = PkiFolder::new(keys);
        let mut in_the_way = folder.in_the_way(&self.files)?;
        let there = output.map(|path| (path, std::fs::read(path)));
        let is_there = match there {
            Some((path, Ok(there))) if there != self.inventory().as_bytes() => {
                in_the_way.insert(0, path.display().to_string());
                true
            }
            Some((_, Ok(_))) => true,
            _ => false,
        };
        if !in_the_way.is_empty() {
            return Err(AdoptError::InTheWay(in_the_way));
        }
        let mut written = folder.keep(&self.files)?;
        if let Some(path) = output.filter(|_| !is_there) {
            create(path, self.inventory()).map_err(|error| AdoptError::Unwritable {
                path: path.display().to_string(),
                error,
            })?;
            written.insert(0, path.display().to_string());
        }
        Ok(written)
    }

    /// Gives where the CA's key is looked for, below the folder of keys.
    ///
    /// # Errors
    ///
    /// When no plan can be made of the inventory, which was tried before.
    pub fn ca_key(&self, keys: &Path) -> Result<String, PlanError> {
        let plan = self.plan(Goal::Create)?;
        let certificate = pki::ca_file(&plan.clusters()[0]);
        Ok(PkiFolder::new(keys).place(&certificate.with_extension("key")))
    }
}

/// Writes a file that must not be there.
fn create(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut file = std::fs::File::create_new(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Asks a host until its answers name nothing new; and its private key, which is not among the facts.
fn read_host(host: &HostSpec, executor: &dyn Executor) -> (Reading, Result<Secret, String>) {
    let root = executor.root(&host.name).unwrap_or_default();
    let mut reading = Reading {
        host: host.clone(),
        root: root.to_string_lossy().into_owned(),
        facts: Ok(HostFacts::default()),
    };
    let mut key = Err("it was not read".to_owned());
    let session = executor.connect(&Target::of(host));
    let mut session = match session {
        Ok(session) => session,
        Err(error) => {
            reading.facts = Err(Unreached {
                why: error.message,
                hint: error.hint,
            });
            return (reading, key);
        }
    };
    match ask(&mut *session, host, &reading.root) {
        Ok((facts, secret)) => {
            reading.facts = Ok(facts);
            key = secret;
        }
        Err(why) => {
            let hint = "run it again".to_owned();
            reading.facts = Err(Unreached { why, hint });
        }
    }
    (reading, key)
}

type Asked = (HostFacts, Result<Secret, String>);

fn ask(session: &mut dyn Session, host: &HostSpec, root: &str) -> Result<Asked, String> {
    let mut facts = HostFacts::default();
    let mut asked_key = STANDARD_KEY.wanted().path;
    let mut key = None;
    loop {
        let mut questions = adopt::questions(host, root, &facts);
        if let Some(path) = adopt::key_file(&facts, root)
            && path != asked_key
        {
            asked_key = path;
            key = None;
        }
        if questions.is_empty() && key.is_some() {
            break;
        }
        // The key goes from the wire into custody, and never among the facts.
        let asks_key = key.is_none();
        if asks_key {
            let path = asked_key.clone();
            questions.push(ReadOp::ReadFile { path });
        }
        let answers = session.read(&questions).map_err(|error| error.message)?;
        let mut pairs: Vec<(ReadOp, OpResult)> = questions.into_iter().zip(answers).collect();
        if asks_key {
            key = pairs.pop().map(|(_, answer)| secret(answer, &asked_key));
        }
        for (question, answer) in pairs {
            facts.insert(question, answer.map_err(|failure| failure.to_string()));
        }
    }
    Ok((
        facts,
        key.unwrap_or_else(|| Err("it was not read".to_owned())),
    ))
}

fn secret(answer: OpResult, path: &HostPath) -> Result<Secret, String> {
    match answer {
        Ok(Reply::Bytes(Some(bytes))) => Ok(Secret::new(bytes)),
        Ok(_) => Err(format!("{path} is not there")),
        Err(failure) => Err(failure.to_string()),
    }
}
