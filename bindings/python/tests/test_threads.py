"""Threads: the interpreter is free while a run works, and two runs work at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pyetcdplan
from conftest import THREE
from pyetcdplan import Plan, SimulatedExecutor, Target


class Meeting:
    """An executor whose hosts wait for each other: whoever runs alone would wait for ever."""

    def __init__(self, barrier: threading.Barrier) -> None:
        self.barrier = barrier

    def connect(self, target: Target) -> pyetcdplan.Session:
        self.barrier.wait(timeout=60)
        raise OSError("they met")


def test_two_threads_apply_two_plans_at_once(plan: Plan) -> None:
    barrier = threading.Barrier(6)
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(plan.preview, Meeting(barrier)) for _ in range(2)]
        for run in runs:
            refusals = run.result(timeout=60).refusals
            unread = [r for r in refusals if r.guard == "readable"]
            assert all("they met" in refusal.evidence for refusal in unread) and unread


def test_python_goes_on_while_a_run_works(plan: Plan) -> None:
    # Three hosts and this thread meet: it runs while the other one is in the native module.
    barrier = threading.Barrier(4)
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(plan.preview, Meeting(barrier))
        barrier.wait(timeout=60)
        assert not run.result(timeout=60)


def test_many_runs_at_once() -> None:
    def build(seq: int) -> bool:
        plan = pyetcdplan.plan(THREE.replace("10.10.10", f"10.10.{seq}"))
        executor = SimulatedExecutor()
        events: list[str] = []
        report = plan.apply(executor, on_event=lambda event: events.append(event.event))
        return bool(report) and events[-1] == "ended" and not plan.apply(executor).changed

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(build, range(16)))


def test_a_plan_is_shared_between_threads(plan: Plan) -> None:
    with ThreadPoolExecutor(4) as pool:
        texts = set(pool.map(lambda _: plan.to_json(), range(16)))
        reports = pool.map(lambda _: plan.apply(SimulatedExecutor()), range(4))
    assert len(texts) == 1 and all(reports)
