use std::time::Duration;

use etcd_plan::core::plan::{Plan, PlanBuilder, Subtask};
use etcd_plan::core::report::Report;
use etcd_plan::engine::{Observer, Refused, Run, RunSettings, Silent};
use etcd_plan::executor::Executor;
use etcd_plan::pki::PkiMemory;
use etcd_plan::{ExtraVars, Goal, Inventory};
use etcd_plan_testkit::{FaultPlan, Normalizer, SimExecutor, SimWorld, Snapshot};

use crate::inventory;

/// The seeds' cluster of three.
pub const THREE: &str = "etcd:
  hosts:
    10.10.10.10: { etcd_seq: 1 }
    10.10.10.11: { etcd_seq: 2 }
    10.10.10.12: { etcd_seq: 3 }
  vars: { etcd_cluster: etcd }
";

/// The hosts of [`THREE`].
pub const HOSTS: [&str; 3] = ["10.10.10.10", "10.10.10.11", "10.10.10.12"];

/// How long an etcd that does not get healthy is waited for, in real time.
const PATIENCE: Duration = Duration::from_millis(20);

/// Simulated hosts, the inventory that names them, and the certificates on the control machine.
pub struct Scene {
    /// The hosts.
    pub world: SimWorld,
    /// The certificates.
    pub keys: PkiMemory,
    /// The inventory.
    pub inventory: Inventory,
}

/// A run, and what it asked of the hosts.
pub struct Ran {
    /// The report, or the refusals.
    pub result: Result<Report, Refused>,
    /// Its executor, with counters and journal.
    pub executor: SimExecutor,
}

impl Scene {
    /// What the living cluster holds, and no other.
    pub const PRECIOUS: &'static str = "precious-data";

    /// Begins with bare hosts.
    ///
    /// # Panics
    ///
    /// When the inventory is not good.
    pub fn of(hosts: &[&str], text: &str) -> Self {
        Self::on(SimWorld::of(hosts), text)
    }

    /// Begins with hosts as they are.
    ///
    /// # Panics
    ///
    /// When the inventory is not good.
    pub fn on(world: SimWorld, text: &str) -> Self {
        world.set_patience(PATIENCE);
        Self {
            world,
            keys: PkiMemory::new(),
            inventory: inventory(text),
        }
    }

    /// Begins with the three bare hosts of [`THREE`].
    pub fn bare() -> Self {
        Self::of(&HOSTS, THREE)
    }

    /// Begins with the living cluster of [`THREE`], whose key `a` holds [`Scene::PRECIOUS`].
    pub fn living() -> Self {
        let scene = Self::bare();
        scene.must_run(&scene.plan());
        scene.put("a", Self::PRECIOUS);
        scene
    }

    /// Begins with the cluster of [`Scene::living`] after all of its members were stopped.
    pub fn stopped() -> Self {
        let scene = Self::living();
        for host in HOSTS {
            scene.world.stop_service(host, "etcd");
        }
        scene
    }

    /// Takes another inventory for the same hosts.
    ///
    /// # Panics
    ///
    /// When it is not good.
    pub fn reread(&mut self, text: &str) {
        self.inventory = inventory(text);
    }

    /// Plans goal `create`.
    pub fn plan(&self) -> Plan {
        self.plan_with(|builder| builder)
    }

    /// Plans goal `rebuild`.
    pub fn rebuild(&self) -> Plan {
        self.plan_with(|builder| builder.goal(Goal::Rebuild))
    }

    /// Plans some subtasks only.
    pub fn tagged(&self, tags: &[Subtask]) -> Plan {
        self.plan_with(|builder| builder.tags(tags.iter().copied()))
    }

    /// Plans with settings of its own.
    ///
    /// # Panics
    ///
    /// When there is no such plan.
    pub fn plan_with(&self, set: impl FnOnce(PlanBuilder<'_>) -> PlanBuilder<'_>) -> Plan {
        match set(Plan::builder(&self.inventory)).build() {
            Ok(plan) => plan,
            Err(error) => panic!("{error}"),
        }
    }

    /// Carries a plan out with nothing going wrong.
    pub fn run(&self, plan: &Plan) -> Ran {
        self.run_with(plan, FaultPlan::none(), &mut Silent)
    }

    /// Carries a plan out, with faults, and with somebody looking on.
    pub fn run_with(&self, plan: &Plan, faults: FaultPlan, observer: &mut dyn Observer) -> Ran {
        let executor = SimExecutor::with_faults(&self.world, faults);
        let result = self.run_through(plan, &executor, RunSettings::default(), observer);
        Ran { result, executor }
    }

    /// Carries a plan out through any executor.
    ///
    /// # Errors
    ///
    /// When a guard refuses.
    pub fn run_through(
        &self,
        plan: &Plan,
        executor: &dyn Executor,
        settings: RunSettings,
        observer: &mut dyn Observer,
    ) -> Result<Report, Refused> {
        let run = Run::new(plan, executor, &self.keys).settings(settings);
        let approved = run.observe(observer).approve()?;
        Ok(approved.apply(observer))
    }

    /// Carries a plan out that must succeed.
    ///
    /// # Panics
    ///
    /// When it is refused, or a step does not end well.
    #[track_caller]
    pub fn must_run(&self, plan: &Plan) -> Report {
        self.run(plan).succeeded()
    }

    /// Asserts that a plan is refused, with these words in the refusals, and that nothing changes.
    ///
    /// # Panics
    ///
    /// When it is not.
    #[track_caller]
    pub fn must_refuse(&self, plan: &Plan, words: &[&str]) {
        let before = self.world.snapshot();
        let ran = self.run(plan);
        let text = ran.refused();
        for word in words {
            assert!(text.contains(word), "`{word}` is not in:\n{text}");
        }
        assert_eq!(ran.executor.counters().writes, 0, "a write was tried");
        before.assert_same(&self.world.snapshot());
    }

    /// Puts a key through the first host.
    ///
    /// # Panics
    ///
    /// When the cluster does not work.
    #[track_caller]
    pub fn put(&self, key: &str, value: &str) {
        let done = self.world.put(HOSTS[0], key, value);
        done.expect("the cluster takes writes");
    }

    /// Asserts that the cluster of [`THREE`] works: what is put at one member is read at another,
    /// and no member ever met data of another cluster.
    ///
    /// # Panics
    ///
    /// When it does not.
    #[track_caller]
    pub fn assert_works(&self) {
        self.put("probe", "1");
        let got = self.world.get(HOSTS[2], "probe");
        assert_eq!(got, Ok(Some("1".to_owned())));
        self.world
            .delete(HOSTS[1], "probe")
            .expect("it takes writes");
        assert_eq!(self.world.corruptions(), Vec::<String>::new());
    }

    /// Says whether etcd's data on a host, in use or moved aside, holds a value.
    pub fn holds(&self, host: &str, value: &str) -> bool {
        let files = self.world.files(host);
        let mut data = files
            .iter()
            .filter(|(path, _)| path.as_str().contains("/member/"));
        data.any(|(_, file)| {
            let content = file.content.as_deref().unwrap_or_default();
            String::from_utf8_lossy(content).contains(value)
        })
    }

    /// Gives the folders that purges of a data directory have left on a host.
    pub fn purged(&self, host: &str, data: &str) -> Vec<String> {
        let begin = format!("{data}.purged-");
        let parent = data.rsplit_once('/').map_or("/", |(parent, _)| parent);
        let files = self.world.files(host);
        files
            .children(&etcd_plan::core::names::HostPath::fixed(parent))
            .map(|path| path.as_str().to_owned())
            .filter(|path| path.starts_with(&begin))
            .collect()
    }

    /// Gives what the hosts are like, without what no two runs agree in.
    pub fn snapshot(&self) -> Snapshot {
        self.world.snapshot().normalized(&Normalizer::usual())
    }

    /// The same, without what purges have moved aside: one that was cut may have purged twice.
    pub fn snapshot_without_purged(&self) -> Snapshot {
        let without = Normalizer::usual().without(".purged-");
        self.world.snapshot().normalized(&without)
    }
}

impl Ran {
    /// Takes the report of a run that went well.
    ///
    /// # Panics
    ///
    /// When it did not.
    #[track_caller]
    pub fn succeeded(self) -> Report {
        let report = self.reported();
        assert!(report.is_success(), "{report}");
        report
    }

    /// Takes the report of a run that guards let pass.
    ///
    /// # Panics
    ///
    /// When a guard refused.
    #[track_caller]
    pub fn reported(self) -> Report {
        match self.result {
            Ok(report) => report,
            Err(refused) => panic!("{refused}"),
        }
    }

    /// Gives the words of the refusals.
    ///
    /// # Panics
    ///
    /// When no guard refused.
    #[track_caller]
    pub fn refused(&self) -> String {
        match &self.result {
            Ok(report) => panic!("no guard refused: {report}"),
            Err(refused) => refused.to_string(),
        }
    }
}

/// Makes extra variables.
impl Scene {
    /// Plans a goal with extra variables, as `-e` sets them.
    ///
    /// # Panics
    ///
    /// When there is no such plan.
    pub fn with_extra(&self, goal: Goal, vars: &[&str]) -> Plan {
        let mut extra = ExtraVars::new();
        for var in vars {
            extra.add_argument(var).expect("`name=value`");
        }
        self.plan_with(|builder| builder.goal(goal).extra_vars(extra))
    }
}
