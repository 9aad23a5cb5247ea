//! What each typed operation does to a simulated host.

use etcd_plan::core::names::{EtcdVersion, HostName, HostPath, Millis};
use etcd_plan::core::op::{
    Awaited, DataDirFacts, Op, OpFailure, OpResult, Ownership, PackageFacts, PackageManager,
    ReadOp, Reply, VotersFacts, WriteOp,
};

use crate::etcd::store;
use crate::files::{FileTree, Node};
use crate::host::{Host, Lock, program_version};
use crate::services::Ended;
use crate::world::State;

/// The largest file that `ReadFile` answers with, in bytes.
const LARGEST_READ: usize = 1 << 20;

/// How an operation fails: in the words of the host's tools.
type Words<T> = Result<T, String>;

impl State {
    /// Carries out an operation; waiting for health is left to the session.
    pub(crate) fn operate(&mut self, host: &HostName, session: u64, op: &Op) -> OpResult {
        self.now_ms += 1;
        let done = match op {
            Op::Read(question) => self.answer(host, question),
            Op::Write(change) => {
                let done = self.change(host, session, change);
                self.settle();
                done.map(|()| Reply::Done)
            }
        };
        done.map_err(|message| OpFailure::Failed { message })
    }

    fn answer(&self, name: &HostName, question: &ReadOp) -> Words<Reply> {
        let host = self.host(name);
        Ok(match question {
            ReadOp::System => Reply::System(host.system(self.now_ms)),
            ReadOp::Package => Reply::Package(PackageFacts {
                etcd: program_version(&host.files, &HostPath::fixed("/usr/bin/etcd")),
                etcdctl: program_version(&host.files, &HostPath::fixed("/usr/bin/etcdctl")),
                manager: Some(PackageManager::Apt),
            }),
            ReadOp::Processes => Reply::Processes(self.processes(name)),
            ReadOp::Stat { path } => Reply::Stat(host.files.get(path).map(Node::facts)),
            ReadOp::ReadFile { path } => Reply::Bytes(read_file(&host.files, path)?),
            ReadOp::Folder { path } => {
                let names = host
                    .files
                    .children(path)
                    .map(|path| path.file_name().to_owned());
                Reply::Names(names.collect())
            }
            ReadOp::Service { service } => Reply::Service(self.service(name, &service.name)),
            ReadOp::StartedAfter { service, path } => {
                let etcd = self.etcds.get(&(name.clone(), service.name.clone()));
                let changed = host.files.get(path).map(|_| host.changed_ms(path));
                let started = etcd.map(|etcd| etcd.started_ms).zip(changed);
                Reply::StartedAfter(started.map(|(started, changed)| {
                    i64::try_from(started).unwrap_or(i64::MAX)
                        - i64::try_from(changed).unwrap_or(i64::MAX)
                }))
            }
            ReadOp::Listeners { ports } => Reply::Listeners(self.listeners(name, ports)),
            ReadOp::DataDir { path } => Reply::DataDir(data_dir(host, path)),
            ReadOp::Etcd { access } => Reply::Etcd(self.etcd_facts(name, access)),
            ReadOp::KeyCount { access } => Reply::KeyCount(self.key_count(name, access)),
            ReadOp::Holdings { access } => Reply::Holdings(self.holdings(name, access)),
            ReadOp::Auth { access } => Reply::Auth(self.auth(name, access)),
            ReadOp::AwaitVoters {
                voters,
                steady,
                timeout,
            } => {
                let etcds = voters.iter().map(|access| self.etcd_facts(name, access));
                let etcds: Vec<_> = etcds.collect();
                let are_well = etcds.iter().all(|etcd| etcd.healthy);
                let waited = if are_well { *steady } else { *timeout };
                Reply::Voters(VotersFacts { etcds, waited })
            }
            ReadOp::Compaction { access, at, keep } => {
                Reply::Compaction(self.compaction(name, access, *at, *keep))
            }
            ReadOp::Snapshot { path, count_by } => {
                Reply::Snapshot(store::judge(&host.files, path, count_by.is_some())?)
            }
            ReadOp::HeldRevision { data, access } => {
                Reply::HeldRevision(self.held_revision(name, data, access)?)
            }
            ReadOp::RestoreTool => Reply::RestoreTool(store::tool(host)),
            ReadOp::FilePart {
                path,
                offset,
                length,
            } => Reply::Bytes(file_part(&host.files, path, *offset, *length)),
            ReadOp::Fetch(_) => return Err("the engine fetches, piece by piece".to_owned()),
            ReadOp::Presented { access } => Reply::Presented(self.presented(name, access)),
            ReadOp::AwaitHealthy {
                service, access, ..
            } => {
                let etcd = self.etcd_facts(name, access);
                let log = if etcd.healthy {
                    String::new()
                } else {
                    self.service_log(name, &service.name)
                };
                Reply::Awaited(Awaited {
                    service: self.service(name, &service.name),
                    waited: Millis(0),
                    etcd,
                    log,
                })
            }
        })
    }

    fn change(&mut self, name: &HostName, session: u64, change: &WriteOp) -> Words<()> {
        let now_ms = self.now_ms;
        let host = self.host_mut(name);
        match change {
            WriteOp::Lock {
                path,
                holder,
                journal,
            } => host.lock(path, session, holder, journal),
            WriteOp::MakeDir { path, owner, mode } => {
                host.check_owner(owner)?;
                host.files.make_dir(path, owner, *mode)
            }
            WriteOp::StageFile {
                path,
                content,
                owner,
                mode,
            } => {
                host.check_owner(owner)?;
                let bytes = content.bytes();
                if bytes.len() as u64 > host.free_bytes {
                    return Err(format!("write {path}: No space left on device"));
                }
                let file = Node::file(bytes, owner.clone(), *mode);
                let staged = WriteOp::staged(path);
                host.changed.insert(staged.clone(), now_ms);
                host.files.put(&staged, file)
            }
            WriteOp::KeepTime { path } => {
                let changed = host.changed_ms(path);
                host.changed.insert(WriteOp::staged(path), changed);
                Ok(())
            }
            WriteOp::PromoteFile { path } => {
                let staged = WriteOp::staged(path);
                match (host.files.bytes(&staged), host.files.bytes(path)) {
                    (None, Some(_)) => Ok(()),
                    _ => {
                        if let Some(changed) = host.changed.remove(&staged) {
                            host.changed.insert(path.clone(), changed);
                        }
                        host.files.rename(&staged, path)
                    }
                }
            }
            WriteOp::PlaceTogether { files } => {
                for (from, to) in files {
                    match (host.files.bytes(from), host.files.bytes(to)) {
                        (None, Some(_)) => {}
                        _ => {
                            if let Some(changed) = host.changed.remove(from) {
                                host.changed.insert(to.clone(), changed);
                            }
                            host.files.rename(from, to)?;
                        }
                    }
                }
                Ok(())
            }
            WriteOp::KeepFile { path, kept } => match host.files.get(path).cloned() {
                None => Ok(()),
                Some(file) => {
                    let changed = host.changed_ms(path);
                    host.changed.insert(kept.clone(), changed);
                    host.files.put(kept, file)
                }
            },
            WriteOp::RemoveFile { path } => host.files.remove_file(path),
            WriteOp::MoveAside { path, to } => host.move_aside(path, to),
            WriteOp::MoveContentsAside { path, .. } => {
                Err(format!("{path}: nothing is mounted there"))
            }
            WriteOp::DeletePurged { path } => {
                if !path.file_name().contains(".purged-") {
                    return Err(format!("{path}: not something that was moved aside"));
                }
                host.files.remove_all(path);
                Ok(())
            }
            WriteOp::ReloadUnits { .. } => {
                host.reload_units();
                Ok(())
            }
            WriteOp::EnableService { service } => host.enable(&service.name),
            WriteOp::DisableService { service } => {
                host.disable(&service.name);
                Ok(())
            }
            WriteOp::StartService { service, delay } => {
                self.now_ms = now_ms + delay.0;
                self.start_unit(name, &service.name)
            }
            WriteOp::StopService { service, .. } => {
                self.end_process(
                    &(name.clone(), service.name.clone()),
                    &Ended::stopped("stopped"),
                );
                Ok(())
            }
            WriteOp::InstallFile { path, .. } => host.install_file(path),
            WriteOp::AddMember {
                access, peer_url, ..
            } => {
                let at = self.dial(name, access)?.clone();
                let mut added = self.add_member(&at, peer_url, true);
                // The id of one that was just removed: a second later it is another.
                if added
                    .as_ref()
                    .is_err_and(|words| words.contains("not found"))
                {
                    self.now_ms += 1000;
                    added = self.add_member(&at, peer_url, true);
                }
                done_before(added.map(drop), "already exists")
            }
            WriteOp::PromoteMember { access, id, .. } => {
                let at = self.dial(name, access)?.clone();
                let promoted = self.promote_member(&at, *id);
                match promoted {
                    Err(words) if words.ends_with("learner member") => Ok(()),
                    promoted => promoted,
                }
            }
            WriteOp::UpdateMember {
                access,
                id,
                peer_urls,
                ..
            } => {
                let at = self.dial(name, access)?.clone();
                self.update_member(&at, *id, peer_urls)
            }
            WriteOp::RemoveMember { access, id } => {
                let at = self.dial(name, access)?.clone();
                done_before(self.remove_member(&at, *id), "member not found")
            }
            WriteOp::MoveLeader { access, to, .. } => {
                let at = self.dial(name, access)?.clone();
                done_before(self.move_leader(&at, *to), "no leader endpoint")
            }
            WriteOp::FetchPackage { version, folder } => host.fetch_package(version, folder),
            WriteOp::ReplacePackage {
                version,
                folder,
                keep,
            } => host.replace_package(version, folder, keep),
            WriteOp::PutBackPrograms { kept } => {
                if let Some(version) = program_version(&host.files, &kept.join("etcd")) {
                    host.install(version);
                }
                Ok(())
            }
            WriteOp::DropFolder { path } => {
                host.files.remove_all(path);
                Ok(())
            }
            WriteOp::Compact { access, revision } => {
                let at = self.dial(name, access)?.clone();
                self.compact(&at, *revision)
            }
            WriteOp::Defragment { access } => {
                let at = self.dial(name, access)?.clone();
                self.defragment(&at);
                Ok(())
            }
            WriteOp::DisarmAlarms { access } => {
                let at = self.dial(name, access)?.clone();
                self.disarm(&at)
            }
            WriteOp::SendFile { path, .. } => {
                Err(format!("the engine sends {path}, piece by piece"))
            }
            WriteOp::StagePart {
                path,
                offset,
                content,
                owner,
                mode,
            } => {
                let staged = WriteOp::staged(path);
                let mut bytes = match host.files.bytes(&staged) {
                    Some(bytes) if *offset > 0 => bytes.to_vec(),
                    _ => Vec::new(),
                };
                if bytes.len() as u64 != *offset {
                    return Err(format!("{staged} has {} bytes", bytes.len()));
                }
                bytes.extend_from_slice(content.bytes());
                let file = Node::file(bytes, owner.clone(), *mode);
                host.files.put(&staged, file)
            }
            WriteOp::RestoreSnapshot {
                snapshot,
                into,
                member,
                bump,
                is_copy,
            } => store::restore(host, (snapshot, into), member, *bump, *is_copy),
            WriteOp::PlaceStore { from, to, owner } => store::place(host, from, to, owner),
            WriteOp::SaveSnapshot { access, path } => self.save_snapshot(name, access, path),
            WriteOp::CopyDatabase {
                service,
                data,
                path,
            } => {
                self.end_process(
                    &(name.clone(), service.name.clone()),
                    &Ended::stopped("stopped"),
                );
                store::copy(self.host_mut(name), data, path)
            }
            WriteOp::InstallPackage { version } => host.install_package(version.as_ref()),
        }
    }
}

/// What was done before is done.
fn done_before(done: Words<()>, words: &str) -> Words<()> {
    match done {
        Err(message) if message.contains(words) => Ok(()),
        done => done,
    }
}

impl Host {
    fn check_owner(&self, owner: &Ownership) -> Words<()> {
        if self.users.contains(&owner.user) && self.users.contains(&owner.group) {
            Ok(())
        } else {
            Err(format!(
                "chown: invalid user: '{}:{}'",
                owner.user, owner.group
            ))
        }
    }

    fn lock(
        &mut self,
        path: &HostPath,
        session: u64,
        holder: &str,
        journal: &HostPath,
    ) -> Words<()> {
        if let Some(lock) = self.locks.get(path) {
            return if lock.session == session {
                Ok(())
            } else {
                Err(format!("held by {}", lock.holder))
            };
        }
        let text = |text: String| Node::file(text, Ownership::both("root"), 0o644);
        self.files.put(path, text(format!("{holder}\n")))?;
        self.files.put(journal, text(format!("begin {holder}\n")))?;
        self.lock_files.extend([path.clone(), journal.clone()]);
        let (holder, journal) = (holder.to_owned(), journal.clone());
        let lock = Lock {
            session,
            holder,
            journal,
        };
        self.locks.insert(path.clone(), lock);
        Ok(())
    }

    /// Goes on with the journals of a session that holds locks.
    pub(crate) fn note(&mut self, session: u64, line: &str) {
        for lock in self.locks.values().filter(|lock| lock.session == session) {
            let mut text = self.files.bytes(&lock.journal).unwrap_or_default().to_vec();
            text.extend(format!("{line}\n").bytes());
            let text = Node::file(text, Ownership::both("root"), 0o644);
            // A journal is a help, and no reason to fail.
            let _ = self.files.put(&lock.journal, text);
        }
    }

    fn move_aside(&mut self, path: &HostPath, to: &HostPath) -> Words<()> {
        if path.parent() != to.parent() {
            return Err(format!("{to} is not in the folder of {path}"));
        }
        match (self.files.get(path), self.files.get(to)) {
            (None, Some(_)) => Ok(()),
            (Some(_), Some(_)) => Err(format!("cannot move '{path}' to '{to}': File exists")),
            (_, None) => self.files.rename(path, to),
        }
    }

    /// A simulated package file holds the version that it brings.
    fn install_file(&mut self, path: &HostPath) -> Words<()> {
        if self.packages.installed.is_some() {
            return Ok(());
        }
        let content = self.files.bytes(path);
        let content = content.ok_or_else(|| format!("cannot access '{path}': No such file"))?;
        let version = String::from_utf8_lossy(content).trim().parse();
        let version = version.map_err(|why| format!("{path} is no package: {why}"))?;
        self.install(version);
        Ok(())
    }

    /// A simulated package is a file that holds the version which it brings.
    fn fetch_package(&mut self, version: &EtcdVersion, folder: &HostPath) -> Words<()> {
        if self.files.get(folder).is_some() {
            return Ok(());
        }
        if self.packages.available.as_ref() != Some(version) {
            return Err(format!("no package source has etcd {version}"));
        }
        let package = Node::file(version.to_string(), Ownership::both("root"), 0o644);
        self.files
            .put(&folder.join(&format!("etcd_{version}.deb")), package)
    }

    fn replace_package(
        &mut self,
        version: &EtcdVersion,
        folder: &HostPath,
        keep: &HostPath,
    ) -> Words<()> {
        if self.files.get(keep).is_none() {
            for program in ["etcd", "etcdctl"] {
                let from = HostPath::fixed("/usr/bin").join(program);
                if let Some(file) = self.files.get(&from).cloned() {
                    self.files.put(&keep.join(program), file)?;
                }
            }
        }
        let package = self.files.children(folder).next().cloned();
        let package = package.ok_or_else(|| format!("there is no package in {folder}"))?;
        let content = self.files.bytes(&package).unwrap_or_default();
        let brings = String::from_utf8_lossy(content).trim().parse();
        let brings: EtcdVersion =
            brings.map_err(|why| format!("{package} is no package: {why}"))?;
        self.install(brings.clone());
        if brings == *version {
            Ok(())
        } else {
            Err(format!(
                "{package} left no etcd {version} and etcdctl in PATH"
            ))
        }
    }

    fn install_package(&mut self, wanted: Option<&EtcdVersion>) -> Words<()> {
        let is_wanted =
            |version: &EtcdVersion| wanted.is_none_or(|wanted| wanted.is_met_by(version));
        if self.packages.installed.as_ref().is_some_and(is_wanted) {
            return Ok(());
        }
        match (self.packages.available.clone(), wanted) {
            (Some(version), _) if is_wanted(&version) => {
                self.install(version);
                Ok(())
            }
            (Some(_), Some(wanted)) => Err(format!(
                "E: Version '{wanted}' for 'etcd-server' was not found"
            )),
            _ => Err("E: Unable to locate package etcd-server".to_owned()),
        }
    }
}

fn read_file(files: &FileTree, path: &HostPath) -> Words<Option<Vec<u8>>> {
    match files.get(path) {
        None => Ok(None),
        Some(Node { content: None, .. }) => Err(format!("{path}: Is a directory")),
        Some(Node {
            content: Some(bytes),
            ..
        }) if bytes.len() > LARGEST_READ => Err(format!("{path}: larger than 1 MiB")),
        Some(Node { content, .. }) => Ok(content.clone()),
    }
}

fn file_part(files: &FileTree, path: &HostPath, offset: u64, length: u64) -> Option<Vec<u8>> {
    let bytes = files.bytes(path)?;
    let place = |at: u64| usize::try_from(at).map_or(bytes.len(), |at| at.min(bytes.len()));
    Some(bytes[place(offset)..place(offset + length)].to_vec())
}

fn data_dir(host: &Host, path: &HostPath) -> DataDirFacts {
    let files = &host.files;
    let purged = format!("{}.purged-", path.file_name());
    let is_wal = |path: &HostPath| {
        let name = std::path::Path::new(path.file_name());
        name.extension().is_some_and(|extension| extension == "wal")
    };
    DataDirFacts {
        exists: files.get(path).is_some(),
        fixed: false,
        empty: files.children(path).next().is_none(),
        wal: files.children(&path.join("member").join("wal")).any(is_wal),
        free_bytes: host.free_bytes,
        purged: files
            .children(&path.parent())
            .filter(|path| path.file_name().starts_with(&purged))
            .cloned()
            .collect(),
    }
}
