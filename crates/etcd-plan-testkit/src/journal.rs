use std::fmt;

use etcd_plan::core::names::HostName;
use etcd_plan::core::op::{Fetch, FileContent, Op, OpFailure, OpResult, ReadOp, WriteOp};

/// One operation of a run, as the simulator saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// On which host.
    pub host: HostName,
    /// The number of its round trip on that host, from 1: operations of one batch share it.
    pub round_trip: usize,
    /// What was asked.
    pub op: Op,
    /// How often it was carried out: 0 when it failed by a fault, 2 when it was repeated.
    pub done: usize,
    /// The answer; none when the session ended before it came.
    pub result: Option<OpResult>,
}

impl JournalEntry {
    /// Gives the name of the operation: `stage_file`.
    pub fn name(&self) -> &'static str {
        op_name(&self.op)
    }

    /// Says whether it changes the host.
    pub fn is_write(&self) -> bool {
        matches!(self.op, Op::Write(_))
    }

    /// Says whether it was carried out at least once.
    pub fn was_done(&self) -> bool {
        self.done > 0
    }
}

impl fmt::Display for JournalEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, name) = (&self.host, self.name());
        write!(f, "{host} {name}")?;
        if let Some(object) = op_object(&self.op) {
            write!(f, " {object}")?;
        }
        match (&self.result, self.done) {
            (None, 0) => f.write_str(" -> session ended before it"),
            (None, _) => f.write_str(" -> session ended after it"),
            (Some(Err(OpFailure::NotTried)), _) => f.write_str(" -> not tried"),
            (Some(Err(OpFailure::Failed { message })), _) => write!(f, " -> failed: {message}"),
            (Some(Ok(_)), _) => Ok(()),
        }
    }
}

/// All operations of a run in the order in which they were carried out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Journal(pub Vec<JournalEntry>);

impl Journal {
    /// Goes through all operations.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &JournalEntry> {
        self.0.iter()
    }

    /// Checks that every operation of one sort comes before every one of another: all stops before
    /// the first start.
    ///
    /// # Errors
    ///
    /// With the first pair that is the wrong way round.
    pub fn all_before(
        &self,
        earlier: impl Fn(&JournalEntry) -> bool,
        later: impl Fn(&JournalEntry) -> bool,
    ) -> Result<(), String> {
        let mut first_later = None;
        for entry in &self.0 {
            match first_later {
                Some(first) if earlier(entry) => {
                    return Err(format!("`{first}` came before `{entry}`"));
                }
                None if later(entry) => first_later = Some(entry),
                _ => {}
            }
        }
        Ok(())
    }

    /// Gives one line for every operation.
    pub fn lines(&self) -> String {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        lines.join("\n")
    }
}

/// Gives the name of an operation, as the JSON of a plan would write it.
pub fn op_name(op: &Op) -> &'static str {
    match op {
        Op::Read(ReadOp::System) => "system",
        Op::Read(ReadOp::Package) => "package",
        Op::Read(ReadOp::Processes) => "processes",
        Op::Read(ReadOp::Stat { .. }) => "stat",
        Op::Read(ReadOp::ReadFile { .. }) => "read_file",
        Op::Read(ReadOp::Folder { .. }) => "folder",
        Op::Read(ReadOp::Service { .. }) => "service",
        Op::Read(ReadOp::StartedAfter { .. }) => "started_after",
        Op::Read(ReadOp::Listeners { .. }) => "listeners",
        Op::Read(ReadOp::DataDir { .. }) => "data_dir",
        Op::Read(ReadOp::Etcd { .. }) => "etcd",
        Op::Read(ReadOp::KeyCount { .. }) => "key_count",
        Op::Read(ReadOp::Holdings { .. }) => "holdings",
        Op::Read(ReadOp::Auth { .. }) => "auth",
        Op::Read(ReadOp::AwaitVoters { .. }) => "await_voters",
        Op::Read(ReadOp::AwaitHealthy { .. }) => "await_healthy",
        Op::Read(ReadOp::Compaction { .. }) => "compaction",
        Op::Read(ReadOp::RestoreTool) => "restore_tool",
        Op::Read(ReadOp::HeldRevision { .. }) => "held_revision",
        Op::Write(WriteOp::CopyDatabase { .. }) => "copy_database",
        Op::Write(WriteOp::SendFile { .. }) => "send_file",
        Op::Write(WriteOp::StagePart { .. }) => "stage_part",
        Op::Write(WriteOp::RestoreSnapshot { .. }) => "restore_snapshot",
        Op::Write(WriteOp::PlaceStore { .. }) => "place_store",
        Op::Write(WriteOp::Compact { .. }) => "compact",
        Op::Write(WriteOp::Defragment { .. }) => "defragment",
        Op::Write(WriteOp::DisarmAlarms { .. }) => "disarm_alarms",
        Op::Read(ReadOp::Snapshot { .. }) => "snapshot",
        Op::Read(ReadOp::FilePart { .. }) => "file_part",
        Op::Read(ReadOp::Fetch(_)) => "fetch",
        Op::Write(WriteOp::SaveSnapshot { .. }) => "save_snapshot",
        Op::Write(WriteOp::Lock { .. }) => "lock",
        Op::Write(WriteOp::MakeDir { .. }) => "make_dir",
        Op::Write(WriteOp::StageFile { .. }) => "stage_file",
        Op::Write(WriteOp::PromoteFile { .. }) => "promote_file",
        Op::Write(WriteOp::KeepTime { .. }) => "keep_time",
        Op::Write(WriteOp::PlaceTogether { .. }) => "place_together",
        Op::Write(WriteOp::KeepFile { .. }) => "keep_file",
        Op::Read(ReadOp::Presented { .. }) => "presented",
        Op::Write(WriteOp::RemoveFile { .. }) => "remove_file",
        Op::Write(WriteOp::MoveAside { .. }) => "move_aside",
        Op::Write(WriteOp::MoveContentsAside { .. }) => "move_contents_aside",
        Op::Write(WriteOp::DeletePurged { .. }) => "delete_purged",
        Op::Write(WriteOp::ReloadUnits { .. }) => "reload_units",
        Op::Write(WriteOp::EnableService { .. }) => "enable_service",
        Op::Write(WriteOp::DisableService { .. }) => "disable_service",
        Op::Write(WriteOp::StartService { .. }) => "start_service",
        Op::Write(WriteOp::StopService { .. }) => "stop_service",
        Op::Write(WriteOp::AddMember { .. }) => "add_member",
        Op::Write(WriteOp::PromoteMember { .. }) => "promote_member",
        Op::Write(WriteOp::UpdateMember { .. }) => "update_member",
        Op::Write(WriteOp::RemoveMember { .. }) => "remove_member",
        Op::Write(WriteOp::MoveLeader { .. }) => "move_leader",
        Op::Write(WriteOp::InstallPackage { .. }) => "install_package",
        Op::Write(WriteOp::InstallFile { .. }) => "install_file",
        Op::Write(WriteOp::FetchPackage { .. }) => "fetch_package",
        Op::Write(WriteOp::ReplacePackage { .. }) => "replace_package",
        Op::Write(WriteOp::PutBackPrograms { .. }) => "put_back_programs",
        Op::Write(WriteOp::DropFolder { .. }) => "drop_folder",
    }
}

/// Gives what an operation is about: a path, a service, an endpoint.
fn op_object(op: &Op) -> Option<String> {
    match op {
        Op::Read(ReadOp::System | ReadOp::Package | ReadOp::RestoreTool | ReadOp::Processes)
        | Op::Write(WriteOp::InstallPackage { version: None }) => None,
        Op::Read(
            ReadOp::Stat { path }
            | ReadOp::ReadFile { path }
            | ReadOp::Folder { path }
            | ReadOp::DataDir { path }
            | ReadOp::StartedAfter { path, .. }
            | ReadOp::Snapshot { path, .. }
            | ReadOp::FilePart { path, .. }
            | ReadOp::HeldRevision { data: path, .. }
            | ReadOp::Fetch(Fetch { path, .. }),
        )
        | Op::Write(
            WriteOp::Lock { path, .. }
            | WriteOp::MakeDir { path, .. }
            | WriteOp::StageFile { path, .. }
            | WriteOp::PromoteFile { path }
            | WriteOp::RemoveFile { path }
            | WriteOp::KeepTime { path }
            | WriteOp::KeepFile { path, .. }
            | WriteOp::MoveAside { path, .. }
            | WriteOp::MoveContentsAside { path, .. }
            | WriteOp::DeletePurged { path }
            | WriteOp::SaveSnapshot { path, .. }
            | WriteOp::InstallFile { path, .. }
            | WriteOp::FetchPackage { folder: path, .. }
            | WriteOp::ReplacePackage { folder: path, .. }
            | WriteOp::PutBackPrograms { kept: path }
            | WriteOp::DropFolder { path }
            | WriteOp::SendFile { path, .. }
            | WriteOp::StagePart { path, .. }
            | WriteOp::RestoreSnapshot { into: path, .. }
            | WriteOp::PlaceStore { to: path, .. }
            | WriteOp::CopyDatabase { path, .. },
        ) => Some(path.to_string()),
        Op::Read(ReadOp::Service { service } | ReadOp::AwaitHealthy { service, .. })
        | Op::Write(
            WriteOp::ReloadUnits { service }
            | WriteOp::EnableService { service }
            | WriteOp::DisableService { service }
            | WriteOp::StartService { service, .. }
            | WriteOp::StopService { service, .. },
        ) => Some(service.unit()),
        Op::Read(ReadOp::AwaitVoters { voters, .. }) => {
            let urls: Vec<&str> = voters.iter().map(|voter| &*voter.endpoint).collect();
            Some(urls.join(","))
        }
        Op::Read(ReadOp::Listeners { ports }) => {
            let ports: Vec<String> = ports.iter().map(ToString::to_string).collect();
            Some(ports.join(","))
        }
        Op::Read(
            ReadOp::Etcd { access }
            | ReadOp::KeyCount { access }
            | ReadOp::Holdings { access }
            | ReadOp::Auth { access }
            | ReadOp::Presented { access }
            | ReadOp::Compaction { access, .. },
        )
        | Op::Write(
            WriteOp::Compact { access, .. }
            | WriteOp::Defragment { access }
            | WriteOp::DisarmAlarms { access },
        ) => Some(access.endpoint.clone()),
        Op::Write(WriteOp::PlaceTogether { files }) => {
            let places: Vec<&str> = files.iter().map(|(_, to)| to.as_str()).collect();
            Some(places.join(","))
        }
        Op::Write(WriteOp::AddMember { peer_url, .. }) => Some(peer_url.clone()),
        Op::Write(
            WriteOp::PromoteMember { id, .. }
            | WriteOp::RemoveMember { id, .. }
            | WriteOp::UpdateMember { id, .. }
            | WriteOp::MoveLeader { to: id, .. },
        ) => Some(id.to_string()),
        Op::Write(WriteOp::InstallPackage {
            version: Some(version),
        }) => Some(version.to_string()),
    }
}

/// Gives how many bytes of content an operation carries to the host.
pub(crate) fn content_bytes(op: &Op) -> usize {
    match op {
        Op::Write(WriteOp::StageFile { content, .. }) => FileContent::bytes(content).len(),
        Op::Write(_) | Op::Read(_) => 0,
    }
}
