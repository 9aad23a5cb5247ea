use std::fmt;
use std::str::FromStr;

use super::Severity;

/// Defines the codes, with everything that is said of each, in one table.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $text:literal, $severity:ident;)+) => {
        /// What kind of finding a diagnostic is. The texts are stable: scripts may rely on them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Code {
            /// All codes, in the order of the reference page.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Gives the code as it is shown.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// Gives the severity of all findings with this code.
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)+ }
            }

            /// Explains the code at length: what it means and what to do.
            pub fn explanation(self) -> String {
                let lines: &[&str] = match self { $(Self::$variant => &[$($doc,)+],)+ };
                lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join("\n")
            }
        }
    };
}

codes! {
    // -- the text as YAML
    /// The text is not YAML (nor JSON, which is YAML too).
    ///
    /// The marked place is where the reader could not go on; the mistake is there or a little
    /// before. Often it is a tab, a missing space after a colon, or a bracket that is not closed.
    YamlSyntax = "yaml-syntax", Error;
    /// A mapping has the same key twice.
    ///
    /// YAML readers differ in which of the two they take, and Ansible takes the last one with a
    /// warning at best. Remove one of them.
    DuplicateKey = "duplicate-key", Error;
    /// The text is larger, deeper, or refers to itself more than an inventory needs.
    ///
    /// Limits keep a broken or hostile file from taking all memory: 64 MiB of text, 64 levels,
    /// and aliases that unfold to a bounded number of nodes. Split the inventory, or write out what the aliases stand for.
    TooLarge = "too-large", Error;
    /// The text is not UTF-8, or holds zero bytes: it is no text file.
    ///
    /// Give the inventory as UTF-8; what a spreadsheet or an archive holds is none.
    NotText = "not-text", Error;
    // -- the text as an inventory
    /// A part of the inventory has another shape than Ansible's inventories have.
    ///
    /// A group is a mapping with `hosts`, `children` and `vars`, each of which may be left out.
    /// `hosts` maps host names to their variables (or lists names, in JSON from
    /// `ansible-inventory --list`); `children` maps or lists groups; `vars` maps names to values.
    InventoryShape = "inventory-shape", Error;
    /// A group has a key that is not one of `hosts`, `children` and `vars`.
    ///
    /// Ansible ignores it with a warning, and so do we: whatever is written there has no effect.
    UnknownGroupKey = "unknown-group-key", Warning;
    /// A group is its own descendant through `children`.
    ///
    /// Take one of the `children` away that lead back to the group.
    GroupCycle = "group-cycle", Error;
    /// A host or group name, or a range such as `node[01:20]`, is not usable.
    ///
    /// Names hold letters, digits, `-`, `_`, `.` and `:`; a range is `[from:to]` with numbers or letters, the
    /// smaller one first.
    BadName = "bad-name", Error;
    /// No group of the inventory is an etcd cluster.
    ///
    /// A group is an etcd cluster when its hosts carry `etcd_seq`, a number that is unique in the
    /// cluster: `etcd: { hosts: { 10.10.10.10: { etcd_seq: 1 } } }`.
    NoCluster = "no-cluster", Error;
    /// A limit names no host or group of the inventory, or takes in no member of a cluster.
    ///
    /// A limit is written as for Ansible: hosts, groups and globs joined by `,` or `:`, `!` for all but, `&`
    /// for both. `etcd-plan inventory` lists clusters with their hosts.
    LimitMatchesNothing = "limit-matches-nothing", Error;
    /// The goal `join` has no limit that says who joins whom.
    ///
    /// The limit names the hosts that are to become members; at least one member of the cluster must
    /// be left out of it, for the others to join.
    JoinWithoutLimit = "join-without-limit", Error;
    /// All clusters that are left are external, and no plan is made for those.
    ///
    /// `etcd_external` says that somebody else runs a cluster. `etcd-plan outputs` and `etcd-plan
    /// status` work for it; what changes it is up to whoever runs it.
    ExternalCluster = "external-cluster", Error;
    /// A cluster is external, and the plan leaves it out.
    ///
    /// `etcd_external` says that somebody else runs it. Name the others with a limit, and nothing is
    /// said of it.
    ExternalLeftOut = "external-left-out", Warning;
    /// A goal lacks something that it needs, or was given what it has no use for.
    ///
    /// The goals `remove` and `replace` need the members that are to leave, and take no tags; `replace`
    /// needs the new host as its limit. The goal `upgrade` needs an exact version, and takes no tags. `etcd-plan GOAL --help` says what each goal takes.
    GoalArgument = "goal-argument", Error;
    /// A member that is to leave is not known, or its cluster is not.
    ///
    /// A member is named by its host in the inventory or its name. One whose host is gone from the
    /// inventory is named by its name, its id as `etcdctl member list` shows it, or the address of its
    /// host; where there are several clusters, by its name.
    NoSuchMember = "no-such-member", Error;
    /// No voter of a cluster would be left.
    ///
    /// The last member of a cluster is never removed: the goal `destroy` takes a whole cluster away.
    LastMember = "last-member", Error;
    // -- values
    /// A value has another type than its parameter.
    ///
    /// `etcd-plan params NAME` says what can be written. Numbers may stand in quotes; a list or mapping where
    /// a text belongs may not.
    WrongType = "wrong-type", Error;
    /// A value is not among those that its parameter can have.
    ///
    /// `etcd-plan params NAME` says what the parameter can have.
    BadValue = "bad-value", Error;
    /// A value refers to a variable that is not defined, or its template does not work.
    ///
    /// Templates in values that etcd-plan reads are rendered with the host's variables, as Ansible
    /// does it. Lookups, facts and filters that only Ansible has cannot be rendered here: give the
    /// value itself, or hand over what `ansible-inventory --list` prints.
    Template = "template", Error;
    /// A value is encrypted with Ansible Vault.
    ///
    /// It can stand anywhere in the inventory, but not in a variable that etcd-plan reads, since
    /// etcd-plan has no vault password. Write it in the clear, or hand it over as an extra variable.
    VaultValue = "vault-value", Error;
    // -- members
    /// A host of an etcd cluster has no `etcd_seq`.
    ///
    /// Give each host of the group a number that is unique in the cluster and never changes, such as
    /// `etcd_seq: 1`, or move hosts that are no members to another group.
    SeqMissing = "etcd-seq-missing", Error;
    /// Two hosts of a cluster have the same `etcd_seq`, and so the same member name.
    ///
    /// Give one of them another number. A number that a removed member had may be used again.
    SeqReused = "etcd-seq-reused", Error;
    /// Two members have the same name.
    ///
    /// Names are `<etcd_cluster>-<etcd_seq>` unless `etcd_name` says another. Two members of one name would
    /// have their certificates in one place, and etcd does not take them into one cluster.
    NameReused = "etcd-name-reused", Error;
    /// Two members listen on the same address and port.
    ///
    /// Two members on one host need ports of their own, and of members with the same address one is wrong.
    EndpointReused = "endpoint-reused", Error;
    /// A host belongs to two clusters.
    ///
    /// Variables belong to a host, whichever group it is listed in, so both clusters would get the
    /// same ports, data directory and unit there.
    HostInTwoClusters = "host-in-two-clusters", Error;
    /// Two groups that have nothing to do with each other are clusters of the same name.
    ///
    /// The name is `etcd_cluster`, by default `etcd`. Give each its own, or put both groups under
    /// a common parent if they are one cluster.
    ClusterNameReused = "cluster-name-reused", Error;
    /// A host's name is no address, and `ansible_host` is none either.
    ///
    /// A member advertises its address to the others. Name the host by its address, or set `ansible_host` to
    /// one; names are fine where every member can resolve them.
    AddressUnknown = "address-unknown", Error;
    /// A member would advertise an address that other members cannot reach.
    ///
    /// A loopback address or `0.0.0.0` is reached on its own host alone. Name the host by the address that
    /// the others reach it at. A cluster of which all members are on the loopback network is fine.
    AddressUnreachable = "address-unreachable", Error;
    // -- parameters
    /// The client port and the peer port are the same.
    ///
    /// Both listen on one address. The usual ones are 2379 and 2380.
    PortsEqual = "ports-equal", Error;
    /// `etcd_data` is a folder that holds other things than etcd's data.
    ///
    /// A purge moves the whole folder aside, so it must be etcd's own: `/data/etcd`, not `/data`.
    DataDirUnsafe = "data-dir-unsafe", Error;
    /// The election timeout is below 5 times the heartbeat interval, or above 50000 ms.
    ///
    /// etcd refuses to start with either (tuning guide; `config.go`).
    ElectionTimeoutRefused = "election-timeout-refused", Error;
    /// The election timeout is below 10 times the heartbeat interval.
    ///
    /// etcd starts, but a slow disk or network makes leaders fall (tuning guide).
    ElectionTimeoutShort = "election-timeout-short", Warning;
    /// A parameter of the cluster differs between its members.
    ///
    /// All members of a cluster must agree on it. Set it in the `vars` of the group instead of at hosts.
    ClusterParameterDiffers = "cluster-parameter-differs", Error;
    /// A parameter stands at a level where it does not belong.
    ///
    /// It is read all the same. `etcd-plan params NAME` says where it belongs: a value of one cluster in the
    /// `vars` of its group, and one of a member at its host.
    WrongLevel = "wrong-level", Warning;
    /// The number of voting members is even.
    ///
    /// An even member adds no tolerance: 4 members survive one failure, as 3 do, and have one more
    /// that can fail.
    EvenVoters = "even-voters", Warning;
    /// There are more than 7 voting members.
    ///
    /// Every write goes to a majority, so each further member makes writes slower (etcd's FAQ).
    ManyVoters = "many-voters", Warning;
    /// All members of a cluster are learners, which have no vote: it could never decide anything.
    ///
    /// Set `etcd_learner` to false for at least one member, as a rule for all but the one that joins.
    LearnerBootstraps = "learner-bootstraps", Error;
    /// A variable begins with `etcd_` and is not a parameter.
    ///
    /// It has no effect. Often it is a mistake in writing: the hint names the nearest parameter. `etcd-plan
    /// params` lists them all.
    UnknownParameter = "unknown-parameter", Warning;
    /// `etcd_extra_config` has a key that etcd does not know.
    ///
    /// etcd ignores unknown keys of its configuration file without a word, so the setting would
    /// have no effect.
    UnknownEtcdKey = "unknown-etcd-key", Error;
    /// `etcd_extra_config` sets a key that etcd-plan sets itself.
    ///
    /// The hint names the parameter for it, if there is one. Keys that follow from the inventory, such as
    /// `name` and `initial-cluster`, cannot be set otherwise.
    ReservedEtcdKey = "reserved-etcd-key", Error;
    /// The version asked for can corrupt data: 3.5.0 to 3.5.2.
    ///
    /// A member that is killed under load can come back with an inconsistent store (etcd issue
    /// 13766). Ask for 3.5.4 or later.
    VersionCorrupts = "version-corrupts-data", Error;
    /// `ansible_ssh_common_args` has options that are not understood.
    ///
    /// They have no effect. Understood are `-J`, `-i`, `-l`, `-p` and `-o` with HostName, Port, User,
    /// IdentityFile, IdentitiesOnly, ProxyJump, UserKnownHostsFile, StrictHostKeyChecking,
    /// HostKeyAlias, ConnectTimeout and ServerAliveInterval.
    UnknownSshOption = "unknown-ssh-option", Warning;
    /// The backend quota is above 8 GiB, the most that etcd's documents advise.
    ///
    /// A large database makes restarts and snapshots slow, and needs as much memory. See why it is that large
    /// before the quota is raised.
    QuotaLarge = "quota-large", Warning;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Code {
    type Err = crate::names::NameError;

    /// # Errors
    ///
    /// When no code has this text.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == text)
            .ok_or_else(|| crate::names::NameError::new("is not a code that etcd-plan knows"))
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
