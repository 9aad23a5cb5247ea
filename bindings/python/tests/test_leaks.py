"""Nothing is kept that nobody has any more."""

from __future__ import annotations

import gc
import resource
from collections.abc import Callable
from pathlib import Path

import pyetcdplan
from conftest import THREE
from pyetcdplan import Inventory, Plan, SimulatedExecutor

KIB = 1024


def resident() -> int:
    """Gives the memory of this process, in bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def growth(work: Callable[[], object], times: int) -> int:
    """Does something many times, and gives by how much the memory has grown."""
    for _ in range(times // 10):
        work()
    gc.collect()
    before = resident()
    for _ in range(times):
        work()
    gc.collect()
    return resident() - before


def test_ten_thousand_plans_leave_nothing() -> None:
    inventory = Inventory.parse("etcd: { hosts: { 10.10.10.10: { etcd_seq: 1 } } }")
    # A plan takes several times that, and what the allocator keeps is not for each.
    assert growth(lambda: Plan.from_inventory(inventory), 10_000) < 10_000 * KIB


def test_exceptions_and_documents_leave_nothing(plan: Plan) -> None:
    text = plan.to_json()

    def work() -> None:
        try:
            pyetcdplan.plan(THREE, tags=["nothing"])
        except pyetcdplan.PlanError:
            pass
        assert len(text) > 20 * KIB

    assert growth(work, 2_000) < 2_000 * KIB


def test_runs_leave_nothing(plan: Plan) -> None:
    before = len(gc.get_objects())

    def work() -> None:
        events: list[object] = []
        plan.apply(SimulatedExecutor(), on_event=events.append)

    assert growth(work, 20) < 20 * 400 * KIB
    assert len(gc.get_objects()) - before < 1_000
