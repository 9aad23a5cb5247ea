//! Which shell function does an operation, and which reader its answer has: two closed matches, so
//! that a new operation cannot be forgotten.

use std::time::Duration;

use etcd_plan_core::op::{Op, ReadOp, Reply, WriteOp};

use super::call::Call;
use super::settings::Settings;
use super::{data_dir, etcd, file, listeners, lock, package, process, service, snapshot, system};

/// What an operation printed and said.
pub(super) struct Output<'a> {
    /// Its stdout.
    pub(super) printed: &'a [u8],
    /// Its stderr.
    pub(super) said: &'a str,
    /// The settings under which it ran.
    pub(super) settings: &'a Settings,
}

impl Output<'_> {
    /// Gives what was printed as text.
    pub(super) fn text(&self) -> Result<&str, Garbled> {
        std::str::from_utf8(self.printed).map_err(|_| Garbled::new("it is not UTF-8"))
    }
}

/// Says why the output of an operation is not what its function prints.
#[derive(Debug, thiserror::Error)]
#[error("its answer cannot be read: {0}")]
pub(super) struct Garbled(String);

impl Garbled {
    /// Makes it from a clause.
    pub(super) fn new(clause: impl Into<String>) -> Self {
        Self(clause.into())
    }
}

/// Writes the call that carries out an operation.
pub(super) fn lower(op: &Op, call: Call<'_>) {
    match op {
        Op::Read(read) => lower_read(read, call),
        Op::Write(write) => lower_write(write, call),
    }
    .end();
}

fn lower_read<'a>(read: &ReadOp, call: Call<'a>) -> Call<'a> {
    match read {
        ReadOp::System => call.function("system_facts"),
        ReadOp::Package => call.function("package_facts"),
        ReadOp::Processes => call.function("etcd_processes"),
        ReadOp::Stat { path } => call.function("stat_path").path(path),
        ReadOp::ReadFile { path } => file::read(call, path),
        ReadOp::Folder { path } => call.function("names_in").path(path),
        ReadOp::Service { service } => service::name(call.function("service_state"), service),
        ReadOp::StartedAfter { service, path } => {
            service::name(call.function("started_after"), service).path(path)
        }
        ReadOp::Listeners { ports } => listeners::listeners(call, ports),
        ReadOp::DataDir { path } => call.function("data_dir").path(path),
        ReadOp::Etcd { access } => etcd::access(call.function("etcd_facts"), access),
        ReadOp::KeyCount { access } => etcd::access(call.function("key_count"), access),
        ReadOp::Holdings { access } => etcd::access(call.function("holdings"), access),
        ReadOp::Auth { access } => etcd::access(call.function("auth_enabled"), access),
        ReadOp::AwaitVoters {
            voters,
            steady,
            timeout,
        } => etcd::await_voters(call, voters, *steady, *timeout),
        ReadOp::Compaction { access, at, keep } => {
            let at = at.map(|at| at.to_string()).unwrap_or_default();
            let call = call.function("compaction").word(&at);
            etcd::access(call.word(&keep.to_string()), access)
        }
        ReadOp::Snapshot { path, count_by } => snapshot::judge(call, path, count_by.as_ref()),
        ReadOp::HeldRevision { data, access } => {
            etcd::access(call.function("held_revision").path(data), access)
        }
        ReadOp::RestoreTool => call.function("restore_tool"),
        ReadOp::FilePart {
            path,
            offset,
            length,
        } => file::part(call, path, *offset, *length),
        ReadOp::Fetch(fetch) => call
            .function("fail")
            .refuse(format!("{} is fetched piece by piece", fetch.path)),
        ReadOp::Presented { access } => etcd::access(call.function("presented"), access),
        ReadOp::AwaitHealthy {
            service,
            access,
            as_learner,
            timeout,
        } => etcd::await_healthy(call, service, access, *as_learner, *timeout),
    }
}

fn lower_write<'a>(write: &WriteOp, call: Call<'a>) -> Call<'a> {
    match write {
        WriteOp::Lock {
            path,
            holder,
            journal,
        } => lock::lock(call, path, holder, journal),
        WriteOp::MakeDir { path, owner, mode } => file::make_dir(call, path, owner, *mode),
        WriteOp::StageFile {
            path,
            content,
            owner,
            mode,
        } => file::stage(call, path, content, owner, *mode),
        WriteOp::PromoteFile { path } => file::promote(call, path),
        WriteOp::KeepTime { path } => call
            .function("keep_time")
            .path(&WriteOp::staged(path))
            .path(path),
        WriteOp::PlaceTogether { files } => file::place_together(call, files),
        WriteOp::KeepFile { path, kept } => call.function("keep_file").path(path).path(kept),
        WriteOp::RemoveFile { path } => call.function("remove_file").path(path),
        WriteOp::MoveAside { path, to } => file::move_aside(call, path, to),
        WriteOp::MoveContentsAside { path, to } => {
            call.function("move_contents_aside").path(path).path(to)
        }
        WriteOp::DeletePurged { path } => call.function("delete_purged").path(path),
        WriteOp::ReloadUnits { service } => service::name(call.function("reload_units"), service),
        WriteOp::EnableService { service } => {
            service::name(call.function("enable_service"), service)
        }
        WriteOp::DisableService { service } => {
            service::name(call.function("disable_service"), service)
        }
        WriteOp::StartService { service, delay } => service::start(call, service, *delay),
        WriteOp::StopService {
            service,
            timeout,
            kill_after,
        } => service::stop(call, service, *timeout, *kill_after),
        WriteOp::InstallFile { path, kind } => {
            call.function("install_file").path(path).word(kind.as_str())
        }
        WriteOp::AddMember {
            access,
            name,
            peer_url,
            timeout,
        } => etcd::add_member(call, access, name, peer_url, *timeout),
        WriteOp::PromoteMember {
            access,
            id,
            timeout,
        } => etcd::promote_member(call, access, *id, *timeout),
        WriteOp::UpdateMember {
            access,
            id,
            peer_urls,
            timeout,
        } => etcd::update_member(call, access, *id, peer_urls, *timeout),
        WriteOp::RemoveMember { access, id } => etcd::remove_member(call, access, *id),
        WriteOp::MoveLeader {
            access,
            to,
            timeout,
        } => etcd::move_leader(call, access, *to, *timeout),
        WriteOp::FetchPackage { version, folder } => {
            package::of_version(call, "fetch_package", version).path(folder)
        }
        WriteOp::ReplacePackage {
            version,
            folder,
            keep,
        } => package::of_version(call, "replace_package", version)
            .path(folder)
            .path(keep),
        WriteOp::PutBackPrograms { kept } => call.function("put_back_programs").path(kept),
        WriteOp::DropFolder { path } => file::drop_folder(call, path),
        WriteOp::Compact { access, revision } => {
            let call = call.function("compact").word(&revision.to_string());
            etcd::access(call, access)
        }
        WriteOp::Defragment { access } => etcd::access(call.function("defragment"), access),
        WriteOp::DisarmAlarms { access } => etcd::access(call.function("disarm_alarms"), access),
        WriteOp::SendFile { path, .. } => call
            .function("fail")
            .refuse(format!("{path} is sent piece by piece")),
        WriteOp::StagePart {
            path,
            offset,
            content,
            owner,
            mode,
        } => file::stage_part(call, path, *offset, content, owner, *mode),
        WriteOp::RestoreSnapshot {
            snapshot,
            into,
            member,
            bump,
            is_copy,
        } => snapshot::restore(call, snapshot, into, member, *bump, *is_copy),
        WriteOp::PlaceStore { from, to, owner } => call
            .function("place_store")
            .path(from)
            .path(to)
            .word(&format!("{}:{}", owner.user, owner.group)),
        WriteOp::SaveSnapshot { access, path } => {
            etcd::access(call.function("save_snapshot").path(path), access)
        }
        WriteOp::CopyDatabase {
            service,
            data,
            path,
        } => service::name(call.function("copy_database"), service)
            .path(&service.config)
            .path(data)
            .path(path),
        WriteOp::InstallPackage { version } => package::install(call, version.as_ref()),
    }
}

/// Reads the answer of an operation that succeeded.
pub(super) fn answer(op: &Op, output: &Output<'_>) -> Result<Reply, Garbled> {
    Ok(match op {
        Op::Write(WriteOp::Lock { .. }) if !output.said.trim().is_empty() => {
            Reply::TakenOver(output.said.trim().to_owned())
        }
        Op::Write(_) => Reply::Done,
        Op::Read(ReadOp::System) => Reply::System(system::facts(output)?),
        Op::Read(ReadOp::Package) => Reply::Package(package::facts(output)?),
        Op::Read(ReadOp::Processes) => Reply::Processes(process::facts(output)?),
        Op::Read(ReadOp::Stat { .. }) => Reply::Stat(file::facts(output)?),
        Op::Read(ReadOp::ReadFile { .. }) => Reply::Bytes(file::content(output)?),
        Op::Read(ReadOp::Folder { .. }) => Reply::Names(file::names(output)?),
        Op::Read(ReadOp::Service { .. }) => Reply::Service(service::facts(output.text()?)?),
        Op::Read(ReadOp::StartedAfter { .. }) => {
            Reply::StartedAfter(service::started_after(output.text()?)?)
        }
        Op::Read(ReadOp::Listeners { .. }) => Reply::Listeners(listeners::facts(output)?),
        Op::Read(ReadOp::DataDir { .. }) => Reply::DataDir(data_dir::facts(output)?),
        Op::Read(ReadOp::Etcd { .. }) => Reply::Etcd(etcd::facts(output.text()?, output.said)?),
        Op::Read(ReadOp::KeyCount { .. }) => Reply::KeyCount(etcd::key_count(output.text()?)?),
        Op::Read(ReadOp::Holdings { .. }) => Reply::Holdings(etcd::holdings(output.text()?)?),
        Op::Read(ReadOp::Auth { .. }) => Reply::Auth(etcd::auth(output.text()?)),
        Op::Read(ReadOp::AwaitVoters { .. }) => Reply::Voters(etcd::voters(output)?),
        Op::Read(ReadOp::Compaction { .. }) => Reply::Compaction(etcd::compaction(output.text()?)?),
        Op::Read(ReadOp::Snapshot { .. }) => Reply::Snapshot(snapshot::facts(output)?),
        Op::Read(ReadOp::HeldRevision { .. }) => {
            Reply::HeldRevision(snapshot::held_revision(output.text()?)?)
        }
        Op::Read(ReadOp::RestoreTool) => Reply::RestoreTool(snapshot::tool(output)?),
        Op::Read(ReadOp::FilePart { .. }) => Reply::Bytes(file::piece(output)?),
        Op::Read(ReadOp::Fetch(_)) => return Err(Garbled::new("it is fetched piece by piece")),
        Op::Read(ReadOp::Presented { .. }) => Reply::Presented(etcd::presented(output.text()?)?),
        Op::Read(ReadOp::AwaitHealthy { .. }) => Reply::Awaited(etcd::awaited(output)?),
    })
}

/// Says how long an operation can take before the session counts as dead.
pub(super) fn budget(op: &Op, patience: Duration) -> Duration {
    /// For a package manager that waits for its lock and for its mirrors.
    const INSTALLATION: Duration = Duration::from_mins(20);
    /// For a database of 8 GiB (facts.md S25) on a disk that reads and writes 10 MB a second.
    const DATABASE: Duration = Duration::from_mins(30);
    match op {
        Op::Read(ReadOp::AwaitHealthy { timeout, .. } | ReadOp::AwaitVoters { timeout, .. })
        | Op::Write(
            WriteOp::StopService { timeout, .. }
            | WriteOp::StartService { delay: timeout, .. }
            | WriteOp::AddMember { timeout, .. }
            | WriteOp::PromoteMember { timeout, .. }
            | WriteOp::UpdateMember { timeout, .. }
            | WriteOp::MoveLeader { timeout, .. },
        ) => patience + Duration::from_millis(timeout.0),
        Op::Write(
            WriteOp::InstallPackage { .. }
            | WriteOp::InstallFile { .. }
            | WriteOp::FetchPackage { .. }
            | WriteOp::ReplacePackage { .. }
            | WriteOp::PutBackPrograms { .. },
        ) => INSTALLATION,
        Op::Read(ReadOp::Snapshot { .. } | ReadOp::HeldRevision { .. })
        | Op::Write(
            WriteOp::CopyDatabase { .. }
            | WriteOp::RestoreSnapshot { .. }
            | WriteOp::PlaceStore { .. }
            | WriteOp::SaveSnapshot { .. }
            | WriteOp::Compact { .. }
            | WriteOp::Defragment { .. },
        ) => DATABASE,
        // A piece can take as long as a slow wire needs for it: 4 MiB at 20 kB a second.
        Op::Read(ReadOp::FilePart { .. }) => patience + Duration::from_mins(3),
        Op::Read(_) | Op::Write(_) => patience,
    }
}
