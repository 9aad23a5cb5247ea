use super::{EtcdAccess, FileContent, Ownership, Service};
use crate::names::{EtcdId, EtcdVersion, HostPath, MemberName, Millis};
use crate::spec::PackageKind;

/// A change to a host. Each can be repeated: done twice it leaves what done once leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteOp {
    /// Takes a lock for as long as the session lives; fails at once when another holds it, and says
    /// who. The lock is the kernel's, so none is left behind by a session that died. One whose run
    /// has not been heard of for two minutes, while it does nothing, is taken over.
    Lock {
        /// The lock file.
        path: HostPath,
        /// What the next one is told: who holds it and since when.
        holder: String,
        /// The file that says how far the run has come on this host; that of the run before stays
        /// beside it, as `….last`.
        journal: HostPath,
    },
    /// Makes a folder with its parents, and gives it (not the parents) owner and mode.
    MakeDir {
        /// The folder.
        path: HostPath,
        /// Its owner and group.
        owner: Ownership,
        /// Its permission bits.
        mode: u32,
    },
    /// Writes a file beside its final place, under [`WriteOp::staged`], with owner and mode from
    /// the first byte, and syncs it. Missing parents are made.
    StageFile {
        /// The final place.
        path: HostPath,
        /// What it is to hold.
        content: FileContent,
        /// Its owner and group.
        owner: Ownership,
        /// Its permission bits.
        mode: u32,
    },
    /// Renames a staged file to its final place and syncs the folder; fine when no staged file is
    /// there and a file is at the final place, since that is what a promotion leaves.
    PromoteFile {
        /// The final place.
        path: HostPath,
    },
    /// Puts files into their final places at once: nobody who opens one and then another finds an old and a
    /// new one, unless the moment falls just between. All lie in one folder. One that is not there under its first name is passed over, if it is in its final
    /// place; fine when none is there any more.
    PlaceTogether {
        /// Each file with its final place.
        files: Vec<(HostPath, HostPath)>,
    },
    /// Keeps a file under another name in the same folder, with owner and mode, whatever takes its place
    /// later; what was kept there is replaced. Fine when it is not there.
    KeepFile {
        /// The file.
        path: HostPath,
        /// The other name.
        kept: HostPath,
    },
    /// Gives a staged file the time of the last change of the file in its final place, since it changes
    /// nothing that anybody reads again; fine when one of them is not there.
    KeepTime {
        /// The final place.
        path: HostPath,
    },
    /// Removes a file or staged file; fine when it is not there.
    RemoveFile {
        /// The file.
        path: HostPath,
    },
    /// Renames a folder or file to a name in the same folder; fine when it is not there and the new
    /// name is.
    MoveAside {
        /// What is moved.
        path: HostPath,
        /// Its new name.
        to: HostPath,
    },
    /// Moves all that a folder holds into a new folder within it, but for `lost+found` and what was
    /// moved aside before: for a folder that must stay where it is.
    MoveContentsAside {
        /// The folder.
        path: HostPath,
        /// The new folder; its name begins with `.purged-`.
        to: HostPath,
    },
    /// Deletes a folder that was moved aside, for good. Refused unless its name holds `.purged-`.
    DeletePurged {
        /// The folder.
        path: HostPath,
    },
    /// Makes the service manager read its unit files again, where it does not know a service's unit
    /// file in `/etc/systemd/system` as it is now.
    ReloadUnits {
        /// The service.
        service: Service,
    },
    /// Makes a service start at boot.
    EnableService {
        /// The service.
        service: Service,
    },
    /// Makes a service not start at boot; fine when it does not.
    DisableService {
        /// The service.
        service: Service,
    },
    /// Starts a service and does not wait for it to be ready.
    StartService {
        /// The service.
        service: Service,
        /// How long to wait before: members that start at slightly different times find each other
        /// faster than those that start at once (facts.md section 1).
        delay: Millis,
    },
    /// Stops a service and waits until its processes are gone; fine when it does not run.
    StopService {
        /// The service.
        service: Service,
        /// How long to wait; after that the operation fails.
        timeout: Millis,
        /// After how long its processes are killed; none for never.
        kill_after: Option<Millis>,
    },
    /// Installs etcd and etcdctl from a package file on the host, without the distribution's own
    /// instance being started.
    InstallFile {
        /// The package file.
        path: HostPath,
        /// What it is.
        kind: PackageKind,
    },
    /// Adds a member to a cluster, as a learner; fine when a member with this peer URL is there.
    AddMember {
        /// How a member of the cluster is reached.
        access: EtcdAccess,
        /// The new member's name.
        name: MemberName,
        /// Its peer URL.
        peer_url: String,
        /// How long it is tried again while etcd refuses for reasons that pass.
        timeout: Millis,
    },
    /// Gives a learner its vote; fine when it has one.
    PromoteMember {
        /// How a member of the cluster is reached.
        access: EtcdAccess,
        /// The learner's id.
        id: EtcdId,
        /// How long it is tried again while the learner has not caught up.
        timeout: Millis,
    },
    /// Removes a member from a cluster; fine when there is none with this id.
    RemoveMember {
        /// How a member of the cluster is reached.
        access: EtcdAccess,
        /// The member's id.
        id: EtcdId,
    },
    /// Changes where other members reach a member; fine when that is so.
    UpdateMember {
        /// How a member of the cluster is reached.
        access: EtcdAccess,
        /// The id of the member that moves.
        id: EtcdId,
        /// Its peer URLs from then on, joined by commas.
        peer_urls: String,
        /// How long it is tried again while etcd refuses for reasons that pass.
        timeout: Millis,
    },
    /// Lets another member take over the lead; fine when the one that is reached does not lead.
    MoveLeader {
        /// How the leader is reached.
        access: EtcdAccess,
        /// The id of the voter that takes over.
        to: EtcdId,
        /// How long it is tried again while etcd refuses for reasons that pass.
        timeout: Millis,
    },
    /// Fetches the packages of one version of etcd and etcdctl from the host's package source into a
    /// folder, and installs nothing; fine when the folder is there.
    FetchPackage {
        /// Which version.
        version: EtcdVersion,
        /// The folder, which holds nothing else.
        folder: HostPath,
    },
    /// Replaces the etcd and etcdctl that are installed by what lies in a folder: packages, or a
    /// release's archive. No instance is started, stopped or restarted by it. The programs that were
    /// there are kept first, unless some are kept already.
    ReplacePackage {
        /// The version that the folder brings; another one is a failure.
        version: EtcdVersion,
        /// The folder.
        folder: HostPath,
        /// The folder in which the programs are kept.
        keep: HostPath,
    },
    /// Puts programs back into their places that a replacement has kept; fine when none are kept.
    PutBackPrograms {
        /// The folder in which they are kept.
        kept: HostPath,
    },
    /// Removes a folder of our own with all that it holds; fine when it is not there. Refused outside
    /// of `/var/cache/etcd-plan` and `/var/lib/etcd-plan/before`.
    DropFolder {
        /// The folder.
        path: HostPath,
    },
    /// Compacts the history of a cluster's store before a revision, and waits until the member that is
    /// asked has done it; fine when it was done before.
    Compact {
        /// How a member of the cluster is reached.
        access: EtcdAccess,
        /// The revision.
        revision: u64,
    },
    /// Gives the room in a member's database that is not in use back to its file system. The member
    /// answers nothing meanwhile.
    Defragment {
        /// How the member is reached.
        access: EtcdAccess,
    },
    /// Takes back the alarms that members of a cluster have raised; fine when there is none.
    DisarmAlarms {
        /// How a member of the cluster is reached.
        access: EtcdAccess,
    },
    /// Brings a file of the control machine to a host, beside its place as [`WriteOp::StageFile`] does,
    /// and then into it. The engine does it piece by piece; no session is ever asked this.
    SendFile {
        /// The file on the control machine, absolute, or relative to the folder of the run.
        from: String,
        /// Its place on the host.
        path: HostPath,
        /// Its owner and group.
        owner: Ownership,
        /// Its permission bits.
        mode: u32,
    },
    /// Adds a piece to a file that is written beside its final place; the first one begins it.
    StagePart {
        /// The final place.
        path: HostPath,
        /// Where the piece begins, in bytes: 0, or as much as there is.
        offset: u64,
        /// The piece.
        content: FileContent,
        /// The file's owner and group.
        owner: Ownership,
        /// Its permission bits.
        mode: u32,
    },
    /// Makes a member's store of a snapshot, in a folder of its own; what was there is replaced. When it
    /// is whole, the token of its cluster stands beside it, under `<into>.token`.
    RestoreSnapshot {
        /// The snapshot.
        snapshot: HostPath,
        /// The folder; its name ends with `.restored`.
        into: HostPath,
        /// Whose store it is.
        member: RestoredMember,
        /// By how much the revision is raised, so that no watcher takes what is to come for what it has
        /// seen, with all before marked as compacted; none for a tool that cannot.
        bump: Option<u64>,
        /// Whether the snapshot is a copied database, which ends with no digest.
        is_copy: bool,
    },
    /// Puts a store that was restored into a data directory that holds none; fine when it was done
    /// before.
    PlaceStore {
        /// The folder in which it was restored.
        from: HostPath,
        /// The data directory.
        to: HostPath,
        /// The owner and group of all that is in it.
        owner: Ownership,
    },
    /// Saves a snapshot of what an etcd holds, for root alone, and syncs it; one that is there is
    /// replaced.
    SaveSnapshot {
        /// How the etcd is reached.
        access: EtcdAccess,
        /// The file.
        path: HostPath,
    },
    /// Copies the database of a member that does not answer for itself, for root alone, and syncs it; one
    /// that is there is replaced. Where the etcd stands still it is started first, for as long as it
    /// takes what its log holds into its database; it stands still afterwards.
    CopyDatabase {
        /// The member's service.
        service: Service,
        /// The data directory.
        data: HostPath,
        /// The file.
        path: HostPath,
    },
    /// Installs etcd and etcdctl from the host's package source, without the distribution's own
    /// instance being started.
    InstallPackage {
        /// Which version; none for the one the source has.
        version: Option<EtcdVersion>,
    },
}

/// Whose store a snapshot is restored into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoredMember {
    /// Its name.
    pub name: MemberName,
    /// Its peer URL.
    pub peer_url: String,
    /// All members with their peer URLs, as `initial-cluster` has them.
    pub initial_cluster: String,
    /// The token of the new cluster.
    pub token: String,
}

impl WriteOp {
    /// Gives the name under which a file waits beside its final place: `.<name>.etcd-plan`.
    pub fn staged(path: &HostPath) -> HostPath {
        path.parent()
            .join(&format!(".{}.etcd-plan", path.file_name()))
    }
}
