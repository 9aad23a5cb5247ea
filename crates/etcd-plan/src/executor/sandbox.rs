use std::fmt::Write as _;
use std::io::ErrorKind;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use etcd_plan_core::names::{Address, HostName, HostPath, Millis};
use etcd_plan_core::op::{Batch, Op, OpFailure, ReadOp, Reply, Service, WriteOp};

use super::shell::{Sandbox, Settings, ShellProcess, ShellSession};
use super::{ConnectError, Executor, Session, SessionError, Target};

/// How long a process has to end before it is killed; etcd takes about a second.
const STOP_TIMEOUT: Millis = Millis(10_000);

/// Gives every host a folder below one folder of this machine, and runs its services as processes.
///
/// No root is needed: files keep the owner that runs the sandbox, whoever is wanted. Processes are
/// the `etcd` in the `PATH` of this process, or in [`SandboxExecutor::programs_in`]; they outlive it until they are stopped, by an operation
/// or by [`SandboxExecutor::stop_all`]. The hosts share the machine's network, so each needs an
/// address of its own, such as 127.0.0.11, 127.0.0.12 and so on.
#[derive(Debug, Clone)]
pub struct SandboxExecutor {
    dir: PathBuf,
    programs: Option<PathBuf>,
}

/// A process that runs in a sandbox.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SandboxProcess {
    /// The host.
    pub host: HostName,
    /// The name of the service.
    pub service: String,
    /// The process.
    pub pid: u32,
}

/// Says why the processes of a sandbox could not be found or stopped.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// A folder could not be read.
    #[error("the sandbox folder {path} cannot be read")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The shell that looks after the processes of a host did not start.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// That shell ended.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// A process could not be looked at, or did not end by itself.
    #[error("{service} of {host}: {message}")]
    Process {
        /// The host.
        host: HostName,
        /// The name of the service.
        service: String,
        /// Why.
        message: String,
    },
}

impl SandboxExecutor {
    /// Makes an executor with the hosts' folders in `dir`, which is made when it is first needed.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        let dir = dir.into();
        // Where the current folder is not known a relative one is refused later, by `connect`.
        let dir = std::path::absolute(&dir).unwrap_or(dir);
        Self {
            dir,
            programs: None,
        }
    }

    /// Looks for programs, such as `etcd`, in a folder of this machine before it looks in `PATH`.
    #[must_use]
    pub fn programs_in(mut self, folder: impl Into<PathBuf>) -> Self {
        self.programs = Some(folder.into());
        self
    }

    /// Finds the processes that were started in this sandbox, by this run or an earlier one.
    ///
    /// # Errors
    ///
    /// When one of them cannot be looked at.
    pub fn processes(&self) -> Result<Vec<SandboxProcess>, SandboxError> {
        let mut processes = Vec::new();
        for (host, services) in self.hosts()? {
            let reads = services.iter().cloned();
            let batch = Batch::of_reads(reads.map(|service| ReadOp::Service { service }));
            let results = self.open(&host, None)?.run(&batch)?;
            for (service, result) in services.into_iter().zip(results) {
                match result {
                    Ok(Reply::Service(facts)) => {
                        processes.extend(facts.pid.map(|pid| SandboxProcess {
                            host: host.clone(),
                            service: service.name,
                            pid,
                        }));
                    }
                    Ok(_) => {}
                    Err(failure) => return Err(not_done(&host, &service, &failure)),
                }
            }
        }
        Ok(processes)
    }

    /// Stops all processes that were started in this sandbox. One that does not end within ten
    /// seconds is killed, which is an error, but the others are stopped all the same.
    ///
    /// # Errors
    ///
    /// The first that there was.
    pub fn stop_all(&self) -> Result<(), SandboxError> {
        let hosts = self.hosts()?;
        // At the same time, since an etcd takes a second to end.
        let outcomes: Vec<Result<(), SandboxError>> = std::thread::scope(|scope| {
            let stops: Vec<_> = hosts
                .iter()
                .map(|(host, services)| scope.spawn(|| self.stop(host, services)))
                .collect();
            let join = std::thread::ScopedJoinHandle::join;
            stops
                .into_iter()
                .map(|stop| join(stop).unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        outcomes.into_iter().collect()
    }

    fn stop(&self, host: &HostName, services: &[Service]) -> Result<(), SandboxError> {
        let stops = services.iter().cloned().map(|service| {
            vec![Op::Write(WriteOp::StopService {
                service,
                timeout: STOP_TIMEOUT,
                kill_after: None,
            })]
        });
        let batch = Batch {
            chains: stops.collect(),
        };
        let results = self.open(host, None)?.run(&batch)?;
        for (service, result) in services.iter().zip(results) {
            result.map_err(|failure| not_done(host, service, &failure))?;
        }
        Ok(())
    }

    /// Lists the hosts that have a folder, each with the services that have a pid file.
    fn hosts(&self) -> Result<Vec<(HostName, Vec<Service>)>, SandboxError> {
        let mut hosts = Vec::new();
        for folder in names_in(&self.dir)? {
            // A folder that is no host's is none of ours.
            let Some(host) = host_of(&folder) else {
                continue;
            };
            let services: Vec<Service> = names_in(&self.dir.join(&folder).join("run"))?
                .iter()
                .filter_map(|file| file.strip_suffix(".pid"))
                .map(service_called)
                .collect();
            if !services.is_empty() {
                hosts.push((host, services));
            }
        }
        Ok(hosts)
    }

    /// Opens a shell for a host, whose folder is made where there is none.
    pub(super) fn open(
        &self,
        host: &HostName,
        address: Option<IpAddr>,
    ) -> Result<ShellSession<ShellProcess>, ConnectError> {
        let root = self.dir.join(folder_of(host));
        let refused = |message: String, hint: &str| ConnectError {
            host: host.clone(),
            message: format!("{}: {message}", root.display()),
            hint: hint.to_owned(),
        };
        let place = root.to_str().filter(|_| root.is_absolute());
        let place = place.ok_or_else(|| {
            let hint = "give the sandbox an absolute folder with a name in UTF-8";
            refused("is not absolute, or not UTF-8".to_owned(), hint)
        })?;
        fs::create_dir_all(&root).map_err(|error| {
            let hint = "give the sandbox a folder that can be written";
            refused(format!("cannot be made: {error}"), hint)
        })?;
        let sandbox = Sandbox {
            root: place.to_owned(),
            address,
            uid: rustix::process::geteuid().as_raw(),
        };
        let programs = self
            .programs
            .iter()
            .map(|folder| folder.to_string_lossy().into_owned());
        let path: Vec<String> = programs.chain(env::var("PATH").ok()).collect();
        let path = (!path.is_empty()).then(|| path.join(":"));
        let settings = Settings::sandbox(sandbox, path.as_deref());
        let shell = ShellProcess::start(&mut Command::new("sh")).map_err(|error| {
            let hint = "see that there is a `sh` in PATH";
            refused(format!("`sh` cannot be started: {error}"), hint)
        })?;
        ShellSession::open(host.clone(), settings, shell)
    }
}

impl Executor for SandboxExecutor {
    fn connect(&self, target: &Target) -> Result<Box<dyn Session>, ConnectError> {
        let address = loopback_address(target)?;
        Ok(Box::new(self.open(&target.host, Some(address))?))
    }

    fn root(&self, host: &HostName) -> Option<PathBuf> {
        Some(self.dir.join(folder_of(host)))
    }
}

/// Gives the loopback address of a host. Members of a sandbox talk to the addresses of their hosts,
/// and a throw-away cluster has no business on any network.
fn loopback_address(target: &Target) -> Result<IpAddr, ConnectError> {
    let name: Option<Address> = target.host.as_str().parse().ok();
    let is_advertised = match &name {
        Some(Address::Ip(ip)) => !ip.is_loopback(),
        Some(Address::Dns(name)) => name.contains('.'),
        None => false,
    };
    let address = target
        .address
        .parse()
        .ok()
        .and_then(|address: Address| address.ip());
    match address.filter(IpAddr::is_loopback) {
        Some(address) if !is_advertised => Ok(address),
        _ => Err(ConnectError {
            host: target.host.clone(),
            message: "is no address of the loopback network, and a sandbox uses no other"
                .to_owned(),
            hint: "call sandbox hosts 127.0.0.11, 127.0.0.12 and so on".to_owned(),
        }),
    }
}

/// Gives the name of a host's folder: the host's name, with everything that could lead elsewhere
/// written as `%` and two hexadecimal digits.
fn folder_of(host: &HostName) -> String {
    let mut folder = String::new();
    for (nth, byte) in host.as_str().bytes().enumerate() {
        let plain = byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'_' | b':')
            || byte == b'.' && nth > 0;
        if plain {
            folder.push(char::from(byte));
        } else {
            write!(folder, "%{byte:02X}").expect("a String takes everything");
        }
    }
    folder
}

/// Gives the host that a folder belongs to; none for a folder that no host has.
fn host_of(folder: &str) -> Option<HostName> {
    let mut bytes = Vec::new();
    let mut parts = folder.split('%');
    bytes.extend_from_slice(parts.next()?.as_bytes());
    for part in parts {
        let (code, plain) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(code, 16).ok()?);
        bytes.extend_from_slice(plain.as_bytes());
    }
    let host: HostName = String::from_utf8(bytes).ok()?.parse().ok()?;
    (folder_of(&host) == folder).then_some(host)
}

/// Lists the names in a folder, sorted; none where there is no such folder.
fn names_in(folder: &Path) -> Result<Vec<String>, SandboxError> {
    let unreadable = |source| SandboxError::Folder {
        path: folder.to_owned(),
        source,
    };
    let entries = match fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        entries => entries.map_err(unreadable)?,
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(unreadable)?.file_name();
        names.extend(name.into_string().ok());
    }
    names.sort();
    Ok(names)
}

/// Makes a service from its name alone, which is all that looking at it and stopping it need.
fn service_called(name: &str) -> Service {
    Service {
        name: name.to_owned(),
        program: HostPath::fixed("/usr/bin/etcd"),
        config: HostPath::fixed("/etc/etcd/etcd.conf"),
    }
}

fn not_done(host: &HostName, service: &Service, failure: &OpFailure) -> SandboxError {
    SandboxError::Process {
        host: host.clone(),
        service: service.name.clone(),
        message: failure.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use etcd_plan_core::names::HostName;

    use super::{SandboxExecutor, Target, folder_of, host_of};
    use crate::executor::Executor as _;

    #[test]
    fn a_host_has_one_folder_and_a_folder_one_host() {
        for (host, folder) in [
            ("127.0.0.11", "127.0.0.11"),
            ("fd00::1", "fd00::1"),
            ("db-1.example.org", "db-1.example.org"),
            ("..", "%2E."),
            ("../../etc", "%2E.%2F..%2Fetc"),
            ("50%", "50%25"),
            ("größe", "gr%C3%B6%C3%9Fe"),
        ] {
            let host: HostName = host.parse().expect("a host name");
            assert_eq!(folder_of(&host), folder);
            assert_eq!(host_of(folder), Some(host));
        }
        for folder in ["", "..", ".git", "a%", "a%zz", "a%2", "a b", "%41", "a%ff"] {
            assert_eq!(host_of(folder), None, "{folder}");
        }
    }

    #[test]
    fn only_loopback_addresses_are_sandbox_hosts() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let executor = SandboxExecutor::new(folder.path());
        for (host, address, is_taken) in [
            ("127.0.0.99", "127.0.0.99", true),
            ("etcd-1", "127.0.0.99", true),
            ("::1", "::1", true),
            ("10.10.10.10", "10.10.10.10", false),
            ("10.10.10.10", "127.0.0.99", false),
            ("127.0.0.99", "10.10.10.10", false),
            ("etcd-1.example.org", "127.0.0.99", false),
            ("etcd-1", "etcd-1", false),
        ] {
            let target = Target {
                host: host.parse().expect("a host name"),
                address: address.to_owned(),
                port: None,
                user: None,
                private_key_file: None,
                become_user: None,
                ssh_common_args: None,
                local: false,
            };
            let outcome = executor.connect(&target).map(drop);
            assert_eq!(
                outcome.is_ok(),
                is_taken,
                "{host} at {address}: {outcome:?}"
            );
        }
    }
}
