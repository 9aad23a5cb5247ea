use std::fmt;

/// What does the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tool {
    EtcdPlan,
    Script,
    Ansible,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Job {
    /// A cluster on hosts where there is nothing but the package.
    Create,
    /// The cluster purged, and built again.
    Rebuild,
    /// The cluster as it is wanted.
    Nothing,
}

impl Tool {
    pub(super) const ALL: [Self; 3] = [Self::EtcdPlan, Self::Script, Self::Ansible];
}

impl Job {
    pub(super) const ALL: [Self; 3] = [Self::Create, Self::Rebuild, Self::Nothing];
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::EtcdPlan => "etcd-plan",
            Self::Script => "script",
            Self::Ansible => "Ansible",
        })
    }
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Create => "create",
            Self::Rebuild => "purge and build",
            Self::Nothing => "nothing to do",
        })
    }
}
