"""Runs on simulated hosts: reports, events, refusals, exceptions."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pyetcdplan
import pytest
from conftest import THREE
from pyetcdplan import (
    ConnectError,
    Event,
    GuardRefused,
    Plan,
    Report,
    RunFailed,
    SimulatedExecutor,
)


def test_a_cluster_is_built_and_then_left_alone(plan: Plan, simulated: SimulatedExecutor) -> None:
    preview = plan.preview(simulated)
    assert preview and preview.changed
    assert {step.outcome for step in preview.changed} == {"would_change"}
    first = plan.apply(simulated)
    assert first and len(first.steps) == len(plan) and not first.failures
    assert first.duration > 0
    assert {step.step for step in first.changed} >= {"etcd/10.10.10.12/etcd_launch/start"}
    assert b"etcd-1" in (simulated.read_file("10.10.10.10", "/etc/etcd/etcd.conf") or b"")
    again = plan.apply(simulated)
    assert again and not again.changed
    assert simulated.hosts == ["10.10.10.10", "10.10.10.11", "10.10.10.12"]


def test_the_report_is_a_document(plan: Plan, simulated: SimulatedExecutor) -> None:
    report = plan.apply(simulated)
    again: Report = pickle.loads(pickle.dumps(report))
    assert again == report and again.steps == report.steps and bool(again)
    assert Report.from_json(report.to_json()).to_dict() == report.to_dict()
    assert "<table>" in report._repr_html_()
    with pytest.raises(pyetcdplan.EtcdPlanError) as raised:
        Report.from_json("[]")
    assert raised.value.code == "no-report"


def test_pages_need_nothing_besides_themselves(plan: Plan, simulated: SimulatedExecutor) -> None:
    report = plan.apply(simulated)
    pages = [plan.to_html(), report.to_html(), plan.status(simulated).to_html()]
    for page in pages:
        assert page.startswith("<!doctype html>")
        assert "default-src" in page and "PRIVATE KEY" not in page
    # What waits for what goes with the report to other processes, and not with its document.
    assert pickle.loads(pickle.dumps(report)).to_html() == pages[1]
    alone = pyetcdplan.Report.from_json(report.to_json())
    assert alone == report and len(alone.to_html()) < len(pages[1])


def test_records_have_all_fields_of_the_documents(
    plan: Plan, simulated: SimulatedExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: set[str] = set()
    read = Event.from_dict

    def note(data: Mapping[str, Any]) -> Event:
        seen.update(data)
        return read(data)

    monkeypatch.setattr(Event, "from_dict", note)
    report = plan.apply(simulated, on_event=lambda _: None)
    assert seen - {"why"} <= {field.name for field in fields(Event)}
    pairs = [
        (pyetcdplan.StepReport, report.to_dict()["report"]["steps"][0]),
        (pyetcdplan.Step, plan.to_dict()["steps"][0]),
        (pyetcdplan.ClusterStatus, plan.status(simulated).to_dict()["clusters"][0]),
        (pyetcdplan.MemberStatus, plan.status(simulated).to_dict()["clusters"][0]["members"][0]),
    ]
    for record, document in pairs:
        assert {field.name for field in fields(record)} == set(document)


def test_events_come_in_order_in_the_callers_thread(
    plan: Plan, simulated: SimulatedExecutor
) -> None:
    events: list[Event] = []
    threads = set()

    def on_event(event: Event) -> None:
        events.append(event)
        threads.add(threading.get_ident())

    plan.apply(simulated, on_event=on_event)
    assert threads == {threading.get_ident()}
    assert events[0].event == "started" and events[0].hosts == 3
    assert events[-1].event == "ended" and events[-1].success
    assert [event.at_ms for event in events] == sorted(event.at_ms for event in events)
    ended = [event.step for event in events if event.event == "step_ended"]
    assert sorted(filter(None, ended)) == sorted(step.id for step in plan.steps)
    assert pickle.loads(pickle.dumps(events)) == events
    assert events[-1].to_dict()["success"] is True


@pytest.mark.parametrize("at", ["started", "judged", "step_ended", "ended"])
def test_what_a_callback_raises_stops_the_run_and_arrives_unchanged(
    plan: Plan, simulated: SimulatedExecutor, at: str
) -> None:
    boom = BaseException("boom")
    after: list[str] = []

    def on_event(event: Event) -> None:
        after.append(event.event)
        if event.event == at:
            raise boom

    with pytest.raises(BaseException, match="boom") as raised:
        plan.apply(simulated, on_event=on_event)
    assert raised.value is boom
    assert boom.__cause__ is None and boom.__context__ is None
    assert after.count(at) == 1 and after[-1] == at
    # It was cut off, and can simply be run again.
    assert plan.apply(simulated)
    assert not plan.apply(simulated).changed


def test_guards_refuse_with_evidence(plan: Plan, simulated: SimulatedExecutor) -> None:
    plan.apply(simulated)
    rebuild = pyetcdplan.plan(THREE, goal="rebuild", extra_vars="etcd_safeguard=true")
    with pytest.raises(GuardRefused) as raised:
        rebuild.apply(simulated)
    error = raised.value
    assert not isinstance(error, ConnectError)
    assert {refusal.guard for refusal in error.refusals} == {"safeguard"}
    assert {refusal.host for refusal in error.refusals} == set(simulated.hosts)
    assert all(refusal.evidence for refusal in error.refusals)
    assert error.code == "refused" and error.hints == (error.refusals[0].hint,)
    assert str(error.refusals[0]) in str(error)
    preview = rebuild.preview(simulated)
    assert not preview and preview.refusals == error.refusals
    assert pickle.loads(pickle.dumps(preview)).refusals == error.refusals
    assert pickle.loads(pickle.dumps(error)).refusals == error.refusals


def test_hosts_out_of_reach_are_named(plan: Plan, simulated: SimulatedExecutor) -> None:
    plan.preview(simulated)
    simulated.cut_network("10.10.10.11")
    with pytest.raises(ConnectError) as raised:
        plan.apply(simulated)
    assert raised.value.hosts == ("10.10.10.11",)
    assert raised.value.code == "unreachable"
    assert pickle.loads(pickle.dumps(raised.value)).hosts == ("10.10.10.11",)
    simulated.join_network("10.10.10.11")
    assert plan.apply(simulated)


def test_a_step_that_fails_is_in_the_report(plan: Plan, simulated: SimulatedExecutor) -> None:
    def cut(event: Event) -> None:
        if event.event == "step_ended" and event.step == "etcd/10.10.10.11/etcd_cert/staged":
            simulated.cut_network("10.10.10.11")

    with pytest.raises(RunFailed) as raised:
        plan.apply(simulated, on_event=cut)
    report = raised.value.report
    assert not report and report.failures
    assert {step.host for step in report.failures} == {"10.10.10.11"}
    assert raised.value.code == "run-failed" and raised.value.hints
    assert pickle.loads(pickle.dumps(raised.value)).report == report
    simulated.join_network("10.10.10.11")
    assert plan.apply(simulated)


def test_without_check_the_report_says_it(plan: Plan, simulated: SimulatedExecutor) -> None:
    def cut(event: Event) -> None:
        if event.event == "judged":
            simulated.cut_network("10.10.10.11")

    report = plan.apply(simulated, on_event=cut, check=False)
    assert not report and report.failures and report.failures[0].hint


def test_a_member_that_stands_still_is_started(plan: Plan, simulated: SimulatedExecutor) -> None:
    plan.apply(simulated)
    simulated.stop_etcd("10.10.10.12")
    report = pyetcdplan.apply(plan, simulated)
    started = [step.step for step in report.changed if "etcd_launch" in step.step]
    assert "etcd/10.10.10.12/etcd_launch/start" in started


def test_what_is_no_host_is_told(simulated: SimulatedExecutor) -> None:
    with pytest.raises(pyetcdplan.EtcdPlanError) as raised:
        simulated.cut_network("10.9.9.9")
    assert raised.value.code == "no-such-host"


def test_forks_are_at_least_one(plan: Plan, simulated: SimulatedExecutor) -> None:
    assert plan.apply(simulated, forks=1)
    with pytest.raises(ValueError):
        plan.apply(simulated, forks=0)


def test_the_status_says_what_clusters_are_like(plan: Plan, simulated: SimulatedExecutor) -> None:
    before = plan.status(simulated)
    assert not before and before.clusters[0].health == "absent"
    plan.apply(simulated)
    status = pyetcdplan.status(THREE, simulated)
    assert status and not status.has_drift
    (cluster,) = status.clusters
    assert (cluster.health, cluster.answering, cluster.tolerance) == ("healthy", 3, 1)
    assert cluster.leader in {member.name for member in cluster.members}
    assert [member.role for member in cluster.members].count("leader") == 1
    assert pickle.loads(pickle.dumps(status)) == status
    assert status.to_dict()["format"].startswith("etcd-plan-status/")
    assert "etcd-2" in str(status) and "etcd-2" in status._repr_html_()
    assert 'etcd_plan_member_healthy{etcd_cluster="etcd",etcd_member="etcd-2"} 1' in (
        status.to_prometheus()
    )
    simulated.stop_etcd("10.10.10.12")
    degraded = plan.status(simulated)
    assert not degraded and degraded.clusters[0].problems[0].hint
    assert degraded.clusters[0].health == "degraded"
    boom = ValueError("boom")

    def on_event(event: Event) -> None:
        raise boom

    with pytest.raises(ValueError) as raised:
        plan.status(simulated, on_event=on_event)
    assert raised.value is boom


def test_the_status_of_hosts_out_of_reach_raises_nothing(
    plan: Plan, simulated: SimulatedExecutor
) -> None:
    plan.apply(simulated)
    for host in simulated.hosts:
        simulated.cut_network(host)
    status = plan.status(simulated)
    assert not status and status.clusters[0].health == "unknown"


def test_the_environment_is_that_of_one_cluster() -> None:
    two = THREE + "\nb: { hosts: { 10.0.0.1: { etcd_seq: 1 } }, vars: { etcd_cluster: b } }\n"
    with pytest.raises(pyetcdplan.PlanError) as raised:
        pyetcdplan.env(two)
    assert raised.value.code == "several-clusters"
    with pytest.raises(pyetcdplan.PlanError) as raised:
        pyetcdplan.env(two, "c")
    assert raised.value.code == "no-such-cluster" and "etcd" in raised.value.hints[0]
    assert pyetcdplan.env(two, "b")["ETCDCTL_ENDPOINTS"] == "https://10.0.0.1:2379"
    assert pyetcdplan.env(THREE)["ETCDCTL_ENDPOINTS"].count("https://") == 3


def test_a_reload_restarts_who_must_and_leaves_the_rest_alone(
    plan: Plan, simulated: SimulatedExecutor
) -> None:
    plan.apply(simulated)
    slower = "etcd_heartbeat_interval=200 etcd_election_timeout=2000"
    reload = pyetcdplan.plan(THREE, goal="reload", extra_vars=slower)
    report = reload.apply(simulated)
    restarts = [step.step for step in report.changed if "/restart/" in step.step]
    assert restarts == [
        "etcd/10.10.10.11/etcd_launch/restart/follower",
        "etcd/10.10.10.12/etcd_launch/restart/follower",
        "etcd/10.10.10.10/etcd_launch/restart/leader",
    ]
    assert not reload.apply(simulated).changed


def test_an_upgrade_brings_members_to_the_version_that_it_is_given(
    plan: Plan, simulated: SimulatedExecutor, tmp_path: Path
) -> None:
    plan.apply(simulated)
    with pytest.raises(pyetcdplan.PlanError, match="needs a version"):
        pyetcdplan.plan(THREE, goal="upgrade")
    too_far = pyetcdplan.plan(THREE, goal="upgrade", to="3.7.0")
    with pytest.raises(pyetcdplan.GuardRefused, match="more than one minor release"):
        too_far.apply(simulated)
    package = tmp_path / "etcd.deb"
    package.write_text("3.5.40")  # to a simulated host a package is its version
    upgrade = pyetcdplan.plan(
        THREE,
        goal="upgrade",
        to="3.5.40",
        backup_on_host=True,
        extra_vars=f"etcd_package={package}",
    )
    report = upgrade.apply(simulated)
    restarts = [step.host for step in report.changed if "/restart/" in step.step]
    assert restarts == ["10.10.10.11", "10.10.10.12", "10.10.10.10"]
    members = plan.status(simulated).clusters[0].members
    assert {member.version for member in members} == {"3.5.40"}
    assert not upgrade.apply(simulated).changed
