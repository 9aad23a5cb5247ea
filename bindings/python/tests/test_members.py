"""Goals that change who is a member: on simulated hosts."""

from typing import Any

import pyetcdplan
import pytest


def cluster(*members: int) -> dict[str, Any]:
    hosts = {f"10.10.10.{9 + seq}": {"etcd_seq": seq} for seq in members}
    return {"etcd": {"hosts": hosts}}


def names(executor: pyetcdplan.SimulatedExecutor, *members: int) -> list[str]:
    status = pyetcdplan.status(cluster(*members), executor)
    assert status.is_healthy
    return [member.name for member in status.clusters[0].members]


def test_members_join_leave_and_are_replaced() -> None:
    executor = pyetcdplan.SimulatedExecutor()
    pyetcdplan.apply(cluster(1, 2, 3), executor)
    joined = pyetcdplan.apply(cluster(1, 2, 3, 4), executor, goal="join", limit="10.10.10.13")
    assert joined.changed
    options: dict[str, Any] = {"goal": "remove", "depart": ["etcd-1", "10.10.10.11"]}
    pyetcdplan.apply(cluster(1, 2, 3, 4), executor, **options)
    assert names(executor, 3, 4) == ["etcd-3", "etcd-4"]
    again = pyetcdplan.apply(cluster(3, 4), executor, **options)
    assert not again.changed
    pyetcdplan.apply(
        cluster(3, 4, 5), executor, goal="replace", depart=["etcd-3"], limit="10.10.10.14"
    )
    assert names(executor, 4, 5) == ["etcd-4", "etcd-5"]
    with pytest.raises(pyetcdplan.GuardRefused, match="is not dead: it answers"):
        pyetcdplan.apply(cluster(4, 5), executor, goal="remove", depart=["etcd-5"], dead=True)
    with pytest.raises(pyetcdplan.PlanError, match="needs the members that are to leave"):
        pyetcdplan.plan(cluster(4, 5), goal="remove")


def test_a_cluster_is_destroyed() -> None:
    executor = pyetcdplan.SimulatedExecutor()
    pyetcdplan.apply(cluster(1), executor)
    report = pyetcdplan.apply(cluster(1), executor, goal="destroy", no_snapshot=True)
    assert report.changed
    again = pyetcdplan.apply(cluster(1), executor, goal="destroy", no_snapshot=True)
    assert not again.changed
