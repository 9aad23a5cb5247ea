//! What clusters are like now: members, roles, versions, databases, alarms, certificates, drift.
//!
//! ```no_run
//! use etcd_plan::engine::{RunSettings, Silent};
//! use etcd_plan::executor::SandboxExecutor;
//! use etcd_plan::pki::PkiFolder;
//! use etcd_plan::{Inventory, InventoryFile, Plan, status};
//!
//! let plan = Plan::from_inventory(&Inventory::from_path("inventory.yml")?)?;
//! let (executor, keys) = (SandboxExecutor::new("sandbox"), PkiFolder::new("."));
//! let status = status::read(&plan, &executor, &keys, RunSettings::default(), &mut Silent);
//! println!("{status}"); // or status.to_json()
//! assert!(status.is_healthy());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::path::Path;
use std::thread;

use etcd_plan_core::cert::UnixTime;
use etcd_plan_core::facts::{HostFacts, MemberQuestions, Observation, Situation};
use etcd_plan_core::names::{HostName, HostPath};
use etcd_plan_core::op::{EtcdAccess, ReadOp, Reply};
use etcd_plan_core::plan::Plan;
use etcd_plan_core::spec::{ClusterSpec, MemberSpec};

pub use etcd_plan_core::status::*;

use crate::engine::{Observer, Run, RunSettings};
use crate::executor::{Executor, Target};
use crate::pki::{KeyMaterial, now};

/// Reads what the clusters of a plan are like, in one round trip a host, and changes nothing.
///
/// Drift is what the steps of the plan would change, so the plan should be that of goal `create`
/// without a selection of subtasks. What could not be read is a problem in the status: this never
/// fails.
pub fn read(
    plan: &Plan,
    executor: &dyn Executor,
    keys: &dyn KeyMaterial,
    settings: RunSettings,
    observer: &mut dyn Observer,
) -> Status {
    let run = Run::new(plan, executor, keys).settings(settings);
    let observed = run.also_ask(questions).observe(observer);
    let (preview, now): (_, UnixTime) = (observed.preview(), now());
    let clusters = plan.clusters().iter().zip(observed.situations());
    let clusters = clusters.enumerate().map(|(at, (spec, situation))| {
        ClusterStatus::of(StatusInputs {
            spec,
            observation: observed.observation(),
            situation,
            keys: observed.observation().keys.get(at),
            drift: drift(plan, at, &preview),
            now,
        })
    });
    Status {
        format: Status::FORMAT.to_owned(),
        read_at: now.to_string(),
        clusters: clusters.collect(),
    }
}

/// Reads what an external cluster is like, and changes nothing: each member is asked with `etcdctl`
/// on the control machine, which `executor` reaches ([`LocalExecutor`](crate::executor::LocalExecutor)
/// as a rule), with the files of `etcd_external_ca`, `etcd_external_cert` and `etcd_external_key`.
/// Those that are relative begin at `base`, the inventory's folder.
///
/// What could not be read is a problem in the status: this never fails.
pub fn read_external(spec: &ClusterSpec, base: &Path, executor: &dyn Executor) -> ClusterStatus {
    let ask = |member| (ask_external(spec, member, base, executor), member);
    let answers: Vec<_> = thread::scope(|scope| {
        let threads = spec
            .members
            .iter()
            .map(|member| scope.spawn(move || ask(member)));
        let threads: Vec<_> = threads.collect();
        let joined = threads.into_iter().map(thread::ScopedJoinHandle::join);
        joined
            .map(|answer| answer.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let mut observation = Observation::default();
    for (answer, member) in answers {
        // Kept as the answer to the question that its own host would be asked.
        let facts = answer.map(|answer| {
            let mut facts = HostFacts::default();
            facts.insert(MemberQuestions::new(spec, member).etcd(), answer);
            facts
        });
        observation.hosts.insert(member.host.name.clone(), facts);
    }
    ClusterStatus::of(StatusInputs {
        spec,
        observation: &observation,
        situation: &Situation::Present {
            token: String::new(),
            down: Vec::new(),
        },
        keys: None,
        drift: Vec::new(),
        now: now(),
    })
}

/// Asks a member from the control machine; or says why the control machine could not.
fn ask_external(
    spec: &ClusterSpec,
    member: &MemberSpec,
    base: &Path,
    executor: &dyn Executor,
) -> Result<Result<Reply, String>, String> {
    let settings = &spec.settings.external;
    let file = |path: &String| {
        let path = base.join(path);
        let whole = path.canonicalize();
        let whole = whole.map_err(|error| format!("{}: {error}", path.display()))?;
        let text = whole.display().to_string();
        text.parse::<HostPath>()
            .map_err(|why| format!("{text} {why}"))
    };
    let question = ReadOp::Etcd {
        access: EtcdAccess {
            endpoint: spec.client_url(member),
            cacert: file(&settings.ca)?,
            cert: file(&settings.cert)?,
            key: file(&settings.key)?,
        },
    };
    let host: HostName = "localhost".parse().expect("it is a name");
    let target = Target {
        host,
        address: "127.0.0.1".to_owned(),
        port: None,
        user: None,
        private_key_file: None,
        ssh_common_args: None,
        become_user: None,
        local: true,
    };
    let mut session = executor.connect(&target).map_err(|error| error.message)?;
    let mut answers = session.read(&[question]).map_err(|error| error.message)?;
    let answer = answers.pop().ok_or("the control machine gave no answer")?;
    Ok(answer.map_err(|error| error.to_string()))
}
