"""Executors that are written in Python."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pyetcdplan
import pytest
from conftest import Dying, ShellExecutor
from pyetcdplan import ConnectError, Plan, Target


def test_it_builds_a_real_cluster(real_three: Plan, tmp_path: Path) -> None:
    folder = tmp_path / "hosts"
    executor = ShellExecutor(folder)
    # The same folders, so that what runs in them can be found and ended.
    with pyetcdplan.LocalExecutor.sandbox(folder) as sandbox:
        report = real_three.apply(executor, base_dir=tmp_path)
        assert report.changed
        assert len(sandbox.processes()) == 3
        assert executor.closed == 3
        assert not real_three.apply(executor, base_dir=tmp_path).changed
        # It is the same state for the executor that keeps a shell.
        assert not real_three.apply(sandbox, base_dir=tmp_path).changed


def test_it_is_told_how_the_inventory_reaches_a_host() -> None:
    targets: list[Target] = []

    class Nowhere:
        def connect(self, target: Target) -> pyetcdplan.Session:
            targets.append(target)
            raise OSError("there is no way")

    inventory = {
        "etcd": {
            "hosts": {"db-1": {"etcd_seq": 1, "etcd_address": "10.0.0.1", "ansible_host": "10.0.0.1"}},
            "vars": {"ansible_user": "admin", "ansible_become": True, "ansible_port": 2222},
        }
    }
    with pytest.raises(ConnectError, match="OSError: there is no way") as raised:
        pyetcdplan.apply(inventory, Nowhere())
    assert raised.value.hosts == ("db-1",)
    (target,) = targets
    assert (target.host, target.address, target.port) == ("db-1", "10.0.0.1", 2222)
    assert (target.user, target.become_user, target.local) == ("admin", "root", False)


@pytest.mark.parametrize(
    ("output", "why"),
    [
        ((1, b"", b"no such container"), "status 1: no such container"),
        ((0, b"Welcome!"), "does not greet"),
        ((0, "text"), "TypeError: run gave str"),
        (None, "TypeError"),
        (subprocess.CompletedProcess([], 127, b"", b"sh: not found"), "status 127: sh: not found"),
    ],
)
def test_a_session_that_does_not_work_is_told(plan: Plan, output: object, why: str) -> None:
    class Session:
        def run(self, script: str, input: bytes) -> object:
            return output

    class Broken:
        def connect(self, target: Target) -> Session:
            return Session()

    with pytest.raises(ConnectError, match=why) as raised:
        plan.apply(Broken())  # type: ignore[arg-type]
    assert len(raised.value.hosts) == 3


def test_what_is_no_executor_is_a_type_error(plan: Plan) -> None:
    with pytest.raises(TypeError, match="no executor"):
        plan.apply("ssh")  # type: ignore[arg-type]


def test_what_is_no_session_is_told(plan: Plan) -> None:
    class Empty:
        def connect(self, target: Target) -> object:
            return object()

    with pytest.raises(ConnectError, match="no method `run"):
        plan.apply(Empty())  # type: ignore[arg-type]


def test_a_session_that_dies_in_the_middle_is_a_failed_step(
    real_three: Plan, tmp_path: Path
) -> None:
    with pytest.raises(pyetcdplan.RunFailed, match="the cable was cut"):
        real_three.apply(Dying(tmp_path / "hosts"), base_dir=tmp_path)
