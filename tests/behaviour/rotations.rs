//! Members get new certificates, and another authority takes over, while the cluster lives.

use etcd_plan::Goal;
use etcd_plan::core::cert::{CertificateFacts, RotationStage};
use etcd_plan::engine::{Run, Silent};
use etcd_plan::pki::{ClientWanted, now};
use etcd_plan::plan::Plan;
use etcd_plan_testkit::{Effect, FaultPlan, Kind, SimExecutor};
use etcd_plan_tests::{HOSTS, Scene};

use crate::cuts::CUTS;
use crate::reloads::hosts_of;

const CERT: &str = "/etc/etcd/server.crt";
const CA: &str = "/etc/etcd/ca.crt";

fn certs(scene: &Scene) -> Plan {
    scene.plan_with(|builder| builder.goal(Goal::RotateCerts).rotate_again())
}

/// Of an authority that was made a moment ago.
fn stage(scene: &Scene, stage: RotationStage) -> Plan {
    scene.plan_with(|builder| {
        let builder = builder.goal(Goal::RotateCa).rotation_stage(stage);
        match stage {
            RotationStage::Trust => builder.rotate_again(),
            _ => builder,
        }
    })
}

fn file(scene: &Scene, host: &str, path: &str) -> Vec<u8> {
    scene.world.read_file(host, path).expect("it is there")
}

fn serial(scene: &Scene, host: &str) -> String {
    let facts = CertificateFacts::parse(&file(scene, host, CERT));
    facts.expect("a certificate").serial
}

fn serials(scene: &Scene) -> Vec<String> {
    HOSTS.iter().map(|host| serial(scene, host)).collect()
}

/// Gives the names of the authorities that a member trusts.
fn trusted(scene: &Scene, host: &str) -> Vec<String> {
    let all = CertificateFacts::parse_all(&file(scene, host, CA)).expect("certificates");
    all.iter().map(|ca| ca.subject.to_string()).collect()
}

fn issuer(scene: &Scene, host: &str) -> String {
    let facts = CertificateFacts::parse(&file(scene, host, CERT));
    facts.expect("a certificate").issuer.to_string()
}

fn keeps(scene: &Scene, host: &str) -> bool {
    let kept = ["server.crt", "server.key", "ca.crt"];
    let mut kept = kept.iter().map(|name| format!("/etc/etcd/.{name}.before"));
    kept.any(|path| scene.world.read_file(host, &path).is_some())
}

fn preview(scene: &Scene, plan: &Plan) -> String {
    let executor = SimExecutor::new(&scene.world);
    let observed = Run::new(plan, &executor, &scene.keys).observe(&mut Silent);
    let preview = observed.preview();
    assert_eq!(executor.counters().writes, 0);
    let refused = observed.refusals().iter().map(ToString::to_string);
    let lines = [plan.changes(&preview, 100).to_string()];
    let notes = preview.notes.iter().map(|note| format!("note: {note}"));
    let all: Vec<String> = lines.into_iter().chain(notes).chain(refused).collect();
    all.join("\n")
}

#[test]
fn every_member_gets_a_new_certificate_one_after_the_other_and_nobody_restarts() {
    let scene = Scene::living();
    let before = serials(&scene);
    insta::assert_snapshot!("certs_preview", preview(&scene, &certs(&scene)));
    let ran = scene.run(&certs(&scene));
    let lines = ran.executor.journal().lines();
    let report = ran.succeeded();
    assert_eq!(hosts_of(&lines, "stop_service"), [""; 0]);
    assert_eq!(hosts_of(&lines, "place_together"), HOSTS);
    let at = |op: &str, host: &str| {
        let is_it = |line: &str| line.contains(op) && line.contains(host);
        lines.lines().position(is_it).expect("it was done")
    };
    for pair in HOSTS.windows(2) {
        assert!(
            at("presented", pair[0]) < at("place_together", pair[1]),
            "{lines}"
        );
    }
    for (host, before) in HOSTS.iter().zip(&before) {
        assert_ne!(serial(&scene, host), *before);
        assert!(!keeps(&scene, host));
        let shown = format!("presents the certificate {}", serial(&scene, host));
        let mut lines = report.steps.iter().flat_map(|step| &step.lines);
        assert!(lines.any(|line| line.contains(&shown)), "{report}");
    }
    scene.assert_works();
    assert!(!scene.must_run(&scene.plan()).has_changes());
    // They are younger than an hour now.
    let once_more = scene.plan_with(|builder| builder.goal(Goal::RotateCerts));
    let report = scene.must_run(&once_more);
    assert!(!report.has_changes(), "{report}");
    assert!(
        report.to_string().contains("issued within the last hour"),
        "{report}"
    );
}

#[test]
fn a_limit_rotates_only_those_members() {
    let scene = Scene::living();
    let before = serials(&scene);
    let plan = scene.plan_with(|builder| {
        builder
            .goal(Goal::RotateCerts)
            .rotate_again()
            .limit(HOSTS[1])
    });
    scene.must_run(&plan);
    let after = serials(&scene);
    let is_new: Vec<bool> = before.iter().zip(&after).map(|(b, a)| b != a).collect();
    assert_eq!(is_new, [false, true, false]);
    scene.assert_works();
}

#[test]
fn a_member_that_is_not_well_gets_its_old_certificate_back_and_no_other_gets_a_new_one() {
    let scene = Scene::living();
    let before = serials(&scene);
    let plan = certs(&scene);
    // Others answer; this one shows something else than what was given to it.
    let other = Effect::Fail("no answer".to_owned());
    let faults = FaultPlan::none().at(Kind::Named("place_together"), Some(1), other);
    let report = scene
        .run_with(&plan, faults.on(HOSTS[1]), &mut Silent)
        .reported();
    assert!(!report.is_success());
    let after = serials(&scene);
    assert_ne!(after[0], before[0], "it was proved before");
    assert_eq!(after[1..], before[1..]);
    scene.assert_works();
    scene.must_run(&plan);
    assert!(HOSTS.iter().all(|host| !keeps(&scene, host)));
    scene.assert_works();
}

/// It was put in place, and nobody could be asked: the next run proves it, or gives it back.
#[test]
fn a_proof_that_could_not_be_had_is_owed() {
    let scene = Scene::living();
    let plan = certs(&scene);
    let words = Effect::Fail("no answer".to_owned());
    let faults = FaultPlan::none().at(Kind::Named("await_healthy"), Some(1), words);
    let report = scene
        .run_with(&plan, faults.on(HOSTS[0]), &mut Silent)
        .reported();
    assert!(!report.is_success(), "{report}");
    assert!(keeps(&scene, HOSTS[0]));
    // What was issued within the hour is kept, and its proof is made up for.
    let goes_on = scene.plan_with(|builder| builder.goal(Goal::RotateCerts));
    let before = serial(&scene, HOSTS[0]);
    scene.must_run(&goes_on);
    assert!(!keeps(&scene, HOSTS[0]));
    assert_eq!(serial(&scene, HOSTS[0]), before);
    scene.assert_works();
}

#[test]
fn certificates_are_rotated_only_in_a_cluster_that_is_well() {
    let bare = Scene::bare();
    bare.must_refuse(&certs(&bare), &["there is no authority", "is not there"]);
    let scene = Scene::living();
    scene.world.stop_service(HOSTS[2], "etcd");
    scene.must_refuse(&certs(&scene), &["etcd-3 is not healthy"]);
    scene.world.start_service(HOSTS[2], "etcd").expect("a unit");
    scene.keys.files().remove("files/pki/ca/ca.key");
    scene.must_refuse(&certs(&scene), &["the authority's key is not in"]);
}

/// Wherever a rotation of certificates is cut off, the cluster answers, and a second run ends well.
#[test]
fn a_rotation_of_certificates_that_is_cut_off_goes_on() {
    let writes = {
        let scene = Scene::living();
        let ran = scene.run(&certs(&scene));
        let writes = ran.executor.counters().writes;
        ran.succeeded();
        writes
    };
    for nth in 1..=writes {
        let (how, cut) = CUTS[nth % CUTS.len()];
        let scene = Scene::living();
        let plan = certs(&scene);
        let before = serials(&scene);
        let first = scene.run_with(&plan, cut(nth), &mut Silent).reported();
        assert!(!first.is_success(), "{how} {nth} was not noticed: {first}");
        scene.assert_works();
        let second = scene.run(&plan).reported();
        assert!(second.is_success(), "{how} {nth}: {first}\nthen: {second}");
        for (host, before) in HOSTS.iter().zip(&before) {
            assert_ne!(serial(&scene, host), *before, "{how} {nth}");
            assert!(!keeps(&scene, host), "{how} {nth}");
        }
        assert!(!scene.must_run(&scene.plan()).has_changes(), "{how} {nth}");
        scene.assert_works();
    }
}

/// Gives what is so after each stage.
fn assert_stage(scene: &Scene, reached: RotationStage, old: &str) {
    for host in HOSTS {
        let trusted = trusted(scene, host);
        let is_old = |name: &String| *name == old;
        match reached {
            RotationStage::Trust => {
                assert_eq!(trusted.len(), 2);
                assert_eq!(issuer(scene, host), old);
            }
            RotationStage::Issue => {
                assert_eq!(trusted.len(), 2);
                assert_ne!(issuer(scene, host), old);
            }
            RotationStage::Finish => {
                assert_eq!(trusted.len(), 1);
                assert!(!trusted.iter().any(is_old));
                assert_ne!(issuer(scene, host), old);
            }
        }
        let of_clients = file(scene, host, "/etc/pki/ca.crt");
        assert_eq!(of_clients, file(scene, host, CA));
        assert!(!keeps(scene, host));
    }
    scene.assert_works();
}

#[test]
fn another_authority_takes_over_by_stages() {
    let scene = Scene::living();
    let old = issuer(&scene, HOSTS[0]);
    let mut previews = Vec::new();
    for reached in RotationStage::ALL {
        let plan = stage(&scene, reached);
        // Who leads by the last stage is not the same in all runs.
        if reached < RotationStage::Finish {
            previews.push(format!("stage {reached}\n\n{}", preview(&scene, &plan)));
        }
        let ran = scene.run(&plan);
        let lines = ran.executor.journal().lines();
        ran.succeeded();
        let order: &[&str] = match reached {
            RotationStage::Issue => &[],
            // The leader is the first host, and then another one.
            _ => &HOSTS,
        };
        let mut restarted = hosts_of(&lines, "stop_service");
        restarted.sort_unstable();
        assert_eq!(restarted, order);
        assert_stage(&scene, reached, &old);
        let again = scene.plan_with(|builder| builder.goal(Goal::RotateCa).rotation_stage(reached));
        let again = scene.must_run(&again);
        assert!(!again.has_changes(), "{again}");
        assert!(!scene.must_run(&scene.plan()).has_changes());
        let reload = scene.plan_with(|builder| builder.goal(Goal::Reload));
        assert!(!scene.must_run(&reload).has_changes());
    }
    insta::assert_snapshot!("ca_previews", without_names(&previews.join("\n\n")));
    // A second rotation right after the first does nothing unless that is asked for.
    let second = scene.plan_with(|builder| {
        builder
            .goal(Goal::RotateCa)
            .rotation_stage(RotationStage::Trust)
    });
    let second = scene.must_run(&second);
    assert!(!second.has_changes(), "{second}");
    assert!(
        second.to_string().contains("was made within the last day"),
        "{second}"
    );
    assert!(
        scene
            .must_run(&stage(&scene, RotationStage::Trust))
            .has_changes()
    );
}

/// The name of an authority has the time in it.
fn without_names(text: &str) -> String {
    let mut text = text.to_owned();
    while let Some(at) = text.find("pigsty-ca 2") {
        text.replace_range(at + 10..at + 30, "<time>");
    }
    text
}

/// Wherever a stage is cut off, the cluster answers, and the same command ends it.
#[test]
fn a_rotation_of_the_authority_that_is_cut_off_goes_on() {
    let begin = |upto: RotationStage| {
        let scene = Scene::living();
        for before in RotationStage::ALL.into_iter().filter(|one| *one < upto) {
            scene.must_run(&stage(&scene, before));
        }
        scene
    };
    for reached in RotationStage::ALL {
        let writes = {
            let scene = begin(reached);
            let ran = scene.run(&stage(&scene, reached));
            let writes = ran.executor.counters().writes;
            ran.succeeded();
            writes
        };
        // The last stage is like the first, and dear to begin.
        let each = if reached == RotationStage::Issue {
            1
        } else {
            3
        };
        for nth in (1..=writes).step_by(each) {
            let (how, cut) = CUTS[nth / each % CUTS.len()];
            let scene = begin(reached);
            let old = trusted(&scene, HOSTS[0])[0].clone();
            let plan = stage(&scene, reached);
            let first = scene.run_with(&plan, cut(nth), &mut Silent).reported();
            let context = format!("{reached}, {how} {nth}");
            assert!(!first.is_success(), "{context} was not noticed: {first}");
            let up = HOSTS.iter().find(|host| scene.world.leader(host).is_ok());
            let up = up.expect("a quorum is up");
            let put = scene.world.put(up, "meanwhile", "1");
            put.expect("the cluster answers");
            let second = scene.run(&plan).reported();
            assert!(second.is_success(), "{context}: {first}\nthen: {second}");
            assert_stage(&scene, reached, &old);
        }
    }
}

#[test]
fn a_stage_waits_for_the_one_before_on_every_member() {
    let scene = Scene::living();
    scene.world.pass_time(60_000);
    scene.must_run(&stage(&scene, RotationStage::Trust));
    scene.must_refuse(
        &stage(&scene, RotationStage::Finish),
        &["the stage `finish` comes after `issue`"],
    );
    // One does not trust both.
    let both = file(&scene, HOSTS[1], CA);
    let end = b"-----END CERTIFICATE-----\n";
    let first = both.windows(end.len()).position(|part| part == end);
    let first = first.expect("a certificate") + end.len();
    let node = |bytes: &[u8]| {
        let owner = etcd_plan::core::op::Ownership::both("etcd");
        etcd_plan_testkit::Node::file(bytes, owner, 0o644)
    };
    scene.world.put_file(HOSTS[1], CA, node(&both[..first]));
    scene.must_refuse(
        &stage(&scene, RotationStage::Issue),
        &["etcd-2 does not trust both authorities yet"],
    );
    // It is written, and the process that runs has not read it.
    scene.world.pass_time(60_000);
    scene.world.put_file(HOSTS[1], CA, node(&both));
    scene.must_refuse(
        &stage(&scene, RotationStage::Issue),
        &["etcd-2 does not trust both authorities yet: it has not read"],
    );
    scene.must_run(&stage(&scene, RotationStage::Trust));
    let words = Effect::Fail("disk on fire".to_owned());
    let faults = FaultPlan::none().at(Kind::Named("place_together"), Some(1), words);
    let issue = stage(&scene, RotationStage::Issue);
    let report = scene.run_with(&issue, faults.on(HOSTS[2]), &mut Silent);
    assert!(!report.reported().is_success());
    scene.must_refuse(
        &stage(&scene, RotationStage::Finish),
        &["etcd-3 has no certificate yet of the authority that takes over"],
    );
    scene.must_run(&issue);
    scene.must_run(&stage(&scene, RotationStage::Finish));
}

#[test]
fn clients_that_would_be_shut_out_are_named() {
    let scene = Scene::living();
    let plan = scene.plan();
    let spec = &plan.clusters()[0];
    let wanted = ClientWanted::new("patroni".parse().expect("a name"));
    let issue = || {
        scene
            .keys
            .issue_client(spec, &wanted, now())
            .expect("issued")
    };
    issue();
    scene.must_run(&stage(&scene, RotationStage::Trust));
    let told = |at: RotationStage| scene.must_run(&stage(&scene, at)).to_string();
    let issued = told(RotationStage::Issue);
    assert!(issued.contains("patroni.crt"), "{issued}");
    scene.must_refuse(
        &stage(&scene, RotationStage::Finish),
        &["would be shut out: patroni", "--leave-clients"],
    );
    assert_eq!(issue().reasons.len(), 1);
    scene.must_run(&stage(&scene, RotationStage::Finish));
}

#[test]
fn an_authority_that_cannot_be_rotated_here_is_refused_with_the_way_out() {
    let scene = Scene::living();
    let key = "files/pki/ca/ca.key";
    let keep = scene.world.snapshot();
    scene.keys.files().remove(key);
    let trust = || stage(&scene, RotationStage::Trust);
    scene.must_refuse(&trust(), &["somebody else's authority"]);
    keep.assert_same(&scene.world.snapshot());
    let scene = Scene::living();
    let plan = scene.plan_with(|builder| {
        let mut extra = etcd_plan::ExtraVars::new();
        extra.add_argument("ca_create=false").expect("`name=value`");
        let builder = builder.goal(Goal::RotateCa).extra_vars(extra);
        builder.rotation_stage(RotationStage::Trust).rotate_again()
    });
    scene.must_refuse(&plan, &["`ca_create` is false", "ca.next.crt"]);
}

/// Somebody has put another authority in the place of the one that is there: members that run do not
/// trust it, and would shut each other out.
#[test]
fn an_authority_that_members_do_not_trust_is_not_brought_to_them() {
    let scene = Scene::living();
    for file in ["ca.crt", "ca.key"] {
        scene.keys.files().remove(format!("files/pki/ca/{file}"));
    }
    scene.must_refuse(&scene.plan(), &["[drift]", "rotate ca"]);
    let other = Scene::living();
    for name in ["ca.crt", "ca.key"] {
        let path = format!("files/pki/ca/{name}");
        let bytes = etcd_plan::pki::Store::read(other.keys.files(), path.as_ref());
        let bytes = bytes.expect("readable").expect("there");
        scene.keys.files().put(path, bytes.expose());
    }
    for goal in [Goal::Create, Goal::Reload] {
        let plan = scene.plan_with(|builder| builder.goal(goal));
        scene.must_refuse(&plan, &["does not trust CN=pigsty-ca"]);
    }
    scene.assert_works();
}

/// A file of authorities that says more than before is taken on by a reload.
#[test]
fn whom_members_trust_is_taken_on_by_a_restart() {
    let scene = Scene::living();
    let other = Scene::living();
    let both = [file(&scene, HOSTS[0], CA), file(&other, HOSTS[0], CA)];
    scene.keys.files().put("files/pki/ca/ca.crt", both.concat());
    scene.must_refuse(&scene.plan(), &["[drift]", "it trusts others"]);
    let reload = scene.plan_with(|builder| builder.goal(Goal::Reload));
    let ran = scene.run(&reload);
    let lines = ran.executor.journal().lines();
    ran.succeeded();
    assert_eq!(hosts_of(&lines, "stop_service").len(), 3);
    assert_eq!(trusted(&scene, HOSTS[2]).len(), 2);
    assert!(!scene.must_run(&reload).has_changes());
    scene.assert_works();
}

#[test]
fn what_is_asked_for_must_belong_to_the_goal() {
    let scene = Scene::living();
    let refused =
        |set: fn(etcd_plan::plan::PlanBuilder<'_>) -> etcd_plan::plan::PlanBuilder<'_>| {
            let plan = set(Plan::builder(&scene.inventory)).build();
            plan.expect_err("there is no such plan").to_string()
        };
    let text = refused(|ask| ask.goal(Goal::RotateCa));
    assert!(text.contains("goes by stages"), "{text}");
    let text = refused(|ask| {
        ask.goal(Goal::RotateCerts)
            .rotation_stage(RotationStage::Trust)
    });
    assert!(text.contains("rotates no authority"), "{text}");
    let text = refused(|ask| ask.goal(Goal::Create).rotate_again());
    assert!(text.contains("rotates nothing"), "{text}");
    let text = refused(|ask| {
        let ask = ask
            .goal(Goal::RotateCa)
            .rotation_stage(RotationStage::Trust);
        ask.limit(HOSTS[0])
    });
    assert!(text.contains("the limit leaves out 10.10.10.11"), "{text}");
}
