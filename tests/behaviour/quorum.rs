//! No plan that guards let pass leaves a cluster without its quorum: not done, not cut off half-way.

use std::fmt::Write as _;

use etcd_plan::engine::{Flow, Observer, Run, Silent};
use etcd_plan::plan::Plan;
use etcd_plan::{Event, ExtraVars, Goal};
use etcd_plan_testkit::{FaultPlan, HostSpec, SimExecutor, SimWorld};
use etcd_plan_tests::{Scene, cases};
use proptest::prelude::*;

/// What the members of a cluster are like, in the order of their numbers; and a host that is none yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    Healthy,
    Down,
    Learner,
}

/// What members run on, and what they could be brought to.
const OLD: &str = "3.4.23";
const NEW: &str = "3.5.16";

use Is::{Down, Healthy, Learner};

fn host(seq: usize) -> String {
    format!("10.10.10.{}", 9 + seq)
}

/// A cluster in a state, and an inventory with one host more, which is no member yet.
struct Cluster {
    scene: Scene,
    members: Vec<Is>,
}

impl Cluster {
    fn of(members: &[Is]) -> Self {
        let hosts: Vec<String> = (1..=members.len() + 1).map(host).collect();
        let hosts = hosts.iter().map(|host| HostSpec::new(host).installed(OLD));
        let voters = members.iter().filter(|is| **is != Learner).count();
        let mut scene = Scene::on(SimWorld::new(hosts), &text(voters, None));
        scene.must_run(&scene.plan());
        for (position, is) in members.iter().enumerate() {
            if *is == Learner {
                scene.reread(&text(voters, Some(position + 1)));
                let limit = host(position + 1);
                scene.must_run(&scene.plan_with(|ask| ask.goal(Goal::Join).limit(limit)));
            }
        }
        for (position, is) in members.iter().enumerate() {
            if *is == Down {
                scene.world.stop_service(&host(position + 1), "etcd");
            }
        }
        Self {
            scene,
            members: members.to_vec(),
        }
    }

    /// Takes the inventory with or without the host that is to join.
    fn reread(&mut self, with_new: bool) {
        let voters = self.members.iter().filter(|is| **is != Learner).count();
        let learner = self.members.iter().position(|is| *is == Learner);
        let mut text = text(voters, learner.map(|position| position + 1));
        if with_new {
            let seq = self.members.len() + 1;
            let _ = writeln!(text, "    {}: {{ etcd_seq: {seq} }}", host(seq));
        }
        self.scene.reread(&text);
    }

    /// Plans a question, if there is such a plan.
    fn plan(&mut self, asked: &Asked) -> Option<Plan> {
        self.reread(matches!(asked.goal, Goal::Join | Goal::Replace));
        let mut extra = ExtraVars::new();
        if asked.goal == Goal::Reload {
            extra.set("etcd_election_timeout", "2000");
        }
        let mut builder = Plan::builder(&self.scene.inventory)
            .goal(asked.goal)
            .extra_vars(extra)
            .dead(asked.dead);
        if matches!(asked.goal, Goal::Join | Goal::Replace) {
            builder = builder.limit(host(self.members.len() + 1));
        }
        if asked.goal == Goal::Upgrade {
            builder = builder.version(NEW.parse().expect("a version"));
        }
        if matches!(asked.goal, Goal::Upgrade | Goal::Backup) {
            builder = builder.backup_on_host();
        }
        let leave = asked.leave.iter().map(|seq| host(*seq));
        builder.depart(leave).build().ok()
    }

    fn counts(&self) -> Counts {
        let count = |wanted| self.members.iter().filter(|is| **is == wanted).count();
        Counts {
            well: count(Healthy),
            voters: count(Healthy) + count(Down),
        }
    }
}

/// The members of a cluster up to here are voters; one more is a learner.
fn text(voters: usize, learner: Option<usize>) -> String {
    let mut text = "etcd:\n  vars: { etcd_cluster: etcd }\n  hosts:\n".to_owned();
    for seq in 1..=voters {
        let _ = writeln!(text, "    {}: {{ etcd_seq: {seq} }}", host(seq));
    }
    if let Some(seq) = learner {
        let host = host(seq);
        let _ = writeln!(
            text,
            "    {host}: {{ etcd_seq: {seq}, etcd_learner: true }}"
        );
    }
    text
}

#[derive(Debug, Clone)]
struct Asked {
    goal: Goal,
    /// The numbers of those that are to leave.
    leave: Vec<usize>,
    dead: bool,
}

/// Everything that can be asked of a cluster, but for members that are like each other: of those that
/// are alike the first and the last may leave, and as many as can be from the first on.
fn questions(members: &[Is]) -> Vec<Asked> {
    let whole = [
        Goal::Create,
        Goal::Join,
        Goal::Reload,
        Goal::Upgrade,
        Goal::Maintain,
        Goal::Backup,
    ];
    let mut all: Vec<Asked> = whole
        .into_iter()
        .map(|goal| Asked {
            goal,
            leave: Vec::new(),
            dead: false,
        })
        .collect();
    let is_edge = |seq: &usize| {
        let at = |seq: usize| members.get(seq.wrapping_sub(1));
        at(*seq - 1) != at(*seq) || at(*seq) != at(*seq + 1)
    };
    let seqs = 1..=members.len();
    let alone = seqs.clone().filter(is_edge).map(|seq| vec![seq]);
    let many = seqs
        .filter(|last| *last > 1)
        .map(|last| (1..=last).collect());
    for leave in alone.chain(many) {
        for dead in [false, true] {
            for goal in [Goal::Remove, Goal::Replace] {
                if goal == Goal::Remove || leave.len() == 1 {
                    let leave = leave.clone();
                    all.push(Asked { goal, leave, dead });
                }
            }
        }
    }
    all
}

#[derive(Debug, Clone, Copy)]
struct Counts {
    well: usize,
    voters: usize,
}

impl Counts {
    fn has_quorum(self) -> bool {
        self.well > self.voters / 2
    }

    /// Removes a voter; says whether a quorum is left.
    fn remove(&mut self, is: Is) -> bool {
        self.well -= usize::from(is == Healthy);
        self.voters -= usize::from(is != Learner);
        self.has_quorum()
    }
}

/// Says by counting alone whether a plan is safe on a cluster that has its quorum.
fn is_safe(members: &[Is], asked: &Asked, mut counts: Counts) -> bool {
    let is = |seq: &usize| members[*seq - 1];
    let mut leave: Vec<Is> = asked.leave.iter().map(is).collect();
    leave.sort_by_key(|is| *is != Down);
    let remove_all = |counts: &mut Counts| leave.iter().all(|is| counts.remove(*is));
    match asked.goal {
        Goal::Remove => remove_all(&mut counts),
        Goal::Replace if asked.dead => {
            let removed = remove_all(&mut counts);
            counts.well += 1;
            counts.voters += 1;
            removed && counts.has_quorum()
        }
        Goal::Join | Goal::Replace => {
            counts.well += 1;
            counts.voters += 1;
            counts.has_quorum() && remove_all(&mut counts)
        }
        // Who is down restarts first, and then nobody is.
        _ => true,
    }
}

/// All numbers of members that are healthy, down and learners, from 1 to 7 (etcd allows one learner by
/// default); the members that are down come first, and in smaller clusters also last. The first that is
/// up leads.
fn states() -> Vec<Vec<Is>> {
    let mut states = Vec::new();
    for count in 1..=7_usize {
        for learners in 0..=usize::from(count > 1) {
            let voters = count - learners;
            for down in 0..=voters {
                let up = vec![Healthy; voters - down];
                let down = vec![Down; down];
                let learner = vec![Learner; learners];
                states.push([&*down, &*up, &*learner].concat());
                if !down.is_empty() && !up.is_empty() && count < 6 {
                    states.push([&*up, &*down, &*learner].concat());
                }
            }
        }
    }
    states
}

/// Every state, and every question: what guards let pass keeps a quorum by counting alone, and where
/// all is well nobody is refused what is safe.
#[test]
fn what_guards_let_pass_keeps_the_quorum_in_every_state() {
    let (mut passed, mut refused) = (0, 0);
    for members in states() {
        let mut cluster = Cluster::of(&members);
        let counts = cluster.counts();
        for asked in questions(&members) {
            let Some(plan) = cluster.plan(&asked) else {
                continue;
            };
            let executor = SimExecutor::new(&cluster.scene.world);
            let observed = Run::new(&plan, &executor, &cluster.scene.keys).observe(&mut Silent);
            let refusals = observed.refusals();
            let context = || format!("{members:?} {asked:?} {refusals:?}");
            if counts.has_quorum() && refusals.is_empty() {
                assert!(is_safe(&members, &asked, counts), "{}", context());
                passed += 1;
            } else if !refusals.is_empty() {
                refused += 1;
            }
            // etcd takes one learner at a time, and none is upgraded: nothing is done beside one.
            let minds_learners = matches!(asked.goal, Goal::Join | Goal::Replace | Goal::Upgrade);
            let is_alone = !minds_learners || !members.contains(&Learner);
            let is_whole = !members.contains(&Down) && !asked.dead && is_alone;
            if is_whole && is_safe(&members, &asked, counts) {
                assert!(refusals.is_empty(), "{}", context());
            }
            // Without a quorum nobody becomes a member, nobody leaves, and nobody's store is touched.
            let decides = !matches!(asked.goal, Goal::Create | Goal::Reload);
            if !counts.has_quorum() && decides {
                assert!(!refusals.is_empty(), "{}", context());
            }
        }
    }
    assert!(
        passed > 200 && refused > 200,
        "{passed} passed, {refused} were refused"
    );
}

/// A member that is not to restart is down: the refusal says with which step the quorum would go.
#[test]
fn the_refusal_names_the_step() {
    let mut cluster = Cluster::of(&[Healthy, Healthy, Down]);
    cluster.reread(false);
    let mut extra = ExtraVars::new();
    extra.set("etcd_election_timeout", "2000");
    let ask = |ask: etcd_plan::plan::PlanBuilder<'_>| {
        let plan = ask.goal(Goal::Reload).limit(host(2)).extra_vars(extra);
        plan.build().expect("a plan")
    };
    let plan = ask(Plan::builder(&cluster.scene.inventory));
    let words = "would lose its quorum with etcd/10.10.10.11/etcd_launch/restart/follower: \
                 1 of 3 voters would be healthy, and a quorum is 2";
    cluster
        .scene
        .must_refuse(&plan, &["[members] etcd: ", words]);
}

/// Looks after each step whether the cluster still takes writes.
struct Watch<'a> {
    world: &'a SimWorld,
    count: usize,
    lost: Vec<String>,
}

impl Watch<'_> {
    fn takes_writes(&self) -> bool {
        (1..=self.count).any(|seq| self.world.put(&host(seq), "probe", "1").is_ok())
    }
}

impl Observer for Watch<'_> {
    fn on_event(&mut self, event: &Event) -> Flow {
        if let Event::StepEnded { step, .. } = event
            && !self.takes_writes()
        {
            self.lost.push(step.to_string());
        }
        Flow::Continue
    }
}

fn members() -> impl Strategy<Value = Vec<Is>> {
    let states = states().into_iter().filter(|members| {
        let well = members.iter().filter(|is| **is == Healthy).count();
        let voters = members.iter().filter(|is| **is != Learner).count();
        well > voters / 2
    });
    proptest::sample::select(states.collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(cases(30))]

    /// Carried out, to the end or cut off anywhere: the cluster takes writes after each step, but where
    /// one of one or two voters restarts.
    #[test]
    fn a_run_keeps_the_quorum_even_when_it_is_cut_off(
        members in members(),
        nth in any::<proptest::sample::Index>(),
        cut in proptest::option::of(1_usize..60),
    ) {
        let mut cluster = Cluster::of(&members);
        let questions = questions(&members);
        let asked = &questions[nth.index(questions.len())];
        let Some(plan) = cluster.plan(asked) else { return Ok(()) };
        let scene = &cluster.scene;
        let faults = cut.map_or_else(FaultPlan::none, FaultPlan::kill_after_write);
        let (world, count) = (&scene.world, members.len() + 1);
        let mut watch = Watch { world, count, lost: Vec::new() };
        let ran = scene.run_with(&plan, faults, &mut watch);
        let restarts = matches!(asked.goal, Goal::Reload | Goal::Upgrade);
        let is_brief = restarts && cluster.counts().voters < 3;
        if !is_brief {
            prop_assert!(watch.lost.is_empty(), "{asked:?}: {:?} {:?}", watch.lost, ran.result);
            prop_assert!(watch.takes_writes(), "{asked:?}");
        }
        prop_assert!(world.corruptions().is_empty());
    }
}
