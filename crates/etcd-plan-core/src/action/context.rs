use super::Problem;
use crate::etcd_settings::says_the_same;
use crate::facts::{HostFacts, MemberQuestions, Missing};
use crate::names::HostPath;
use crate::op::{FileContent, FileFacts, FileKind, Ownership, ReadOp};
use crate::plan::{At, MemberFile, Step, WantedFile};
use crate::run::RunContext;
use crate::spec::{ClusterSpec, MemberSpec};

/// What a decision about a step may look at.
#[derive(Clone, Copy)]
pub struct StepContext<'a> {
    /// What was observed, and what the run brings.
    pub run: &'a RunContext<'a>,
    /// The step.
    pub step: Step<'a>,
}

impl<'a> StepContext<'a> {
    /// Gives the position of the step's cluster.
    pub fn cluster(&self) -> usize {
        self.step.node().cluster as usize
    }

    /// Gives the step's cluster.
    pub fn spec(&self) -> &'a ClusterSpec {
        &self.run.plan.clusters()[self.cluster()]
    }

    /// Gives the member that the step is about.
    pub fn member(&self) -> &'a MemberSpec {
        self.step
            .member()
            .expect("the action's steps are about a member: see goal/")
    }

    /// Says whether the step's member is to join a cluster that lives.
    pub(crate) fn is_joining(&self) -> bool {
        self.run.is_joining(self.cluster(), self.member())
    }

    /// Says whether the step is on the host of a member that is to leave.
    pub(crate) fn is_leaving(&self) -> bool {
        matches!(self.step.node().at, At::Leaving(_))
    }

    /// Gives the questions about the step's member.
    pub fn asks(&self) -> MemberQuestions<'a> {
        MemberQuestions::new(self.spec(), self.member())
    }

    /// Gives the facts of the step's host.
    ///
    /// # Errors
    ///
    /// When the host was not reached.
    pub fn facts(&self) -> Result<&'a HostFacts, Missing> {
        let host = self
            .step
            .host_name()
            .expect("the action's steps are on a host: see goal/");
        self.run.observation.facts(host)
    }

    /// Gives the folder that stands for `/` of the step's host: empty where it is `/`.
    pub fn root(&self) -> &'a str {
        let host = self.step.host_name();
        host.and_then(|host| self.run.inputs.roots.get(host))
            .map_or("", String::as_str)
    }

    /// Says how a file differs from what is wanted; nothing when it is as wanted.
    pub(super) fn differs(
        &self,
        path: &HostPath,
        wanted: &WantedFile,
        content: &FileContent,
    ) -> Result<Option<String>, Problem> {
        let found = self.facts()?.stat(&ReadOp::Stat { path: path.clone() })?;
        Ok(match found {
            None => Some("is not there".to_owned()),
            Some(found) => {
                let is_same = || self.says_the_same(path, content);
                difference(found, wanted, content, is_same)
            }
        })
    }

    /// Says whether another tool wrote a file that says what ours would, as far as it was read.
    fn says_the_same(&self, path: &HostPath, content: &FileContent) -> bool {
        let Some(file) = MemberFile::all().find(|file| file.wanted().path == *path) else {
            return false;
        };
        let found = self.facts().ok().and_then(|facts| {
            let path = path.clone();
            facts.bytes(&ReadOp::ReadFile { path }).ok()?.as_deref()
        });
        found.is_some_and(|found| says_the_same(file, found, content.bytes()))
    }
}

fn difference(
    found: &FileFacts,
    wanted: &WantedFile,
    content: &FileContent,
    is_same: impl FnOnce() -> bool,
) -> Option<String> {
    let mut differences = Vec::new();
    if found.kind != FileKind::File {
        differences.push("is no regular file".to_owned());
    } else if found.sha256.as_deref() != Some(&content.sha256()) && !is_same() {
        differences.push("has other content".to_owned());
    }
    differences.extend(rights(found, &wanted.owner, wanted.mode));
    (!differences.is_empty()).then(|| differences.join(", "))
}

/// Says how owner and mode differ from what is wanted.
pub(super) fn rights(found: &FileFacts, owner: &Ownership, mode: u32) -> Option<String> {
    let mut differences = Vec::new();
    if !found.is_owned_by(owner) {
        differences.push(format!(
            "is of {}:{}, not of {}:{}",
            found.user, found.group, owner.user, owner.group
        ));
    }
    if found.mode != mode {
        differences.push(format!("has mode {:04o}, not {mode:04o}", found.mode));
    }
    (!differences.is_empty()).then(|| differences.join(", "))
}
