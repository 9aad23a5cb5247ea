"""What the tests share."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pyetcdplan
import pytest

PACKAGE = Path(__file__).parent.parent
REPOSITORY = PACKAGE.parent.parent

THREE = """
etcd:
  hosts:
    10.10.10.10: { etcd_seq: 1 }
    10.10.10.11: { etcd_seq: 2 }
    10.10.10.12: { etcd_seq: 3 }
  vars: { etcd_cluster: etcd }
"""


@pytest.fixture
def plan() -> pyetcdplan.Plan:
    """A plan of three members, for simulated hosts."""
    return pyetcdplan.plan(THREE)


@pytest.fixture
def simulated() -> pyetcdplan.SimulatedExecutor:
    """Hosts that are not there."""
    return pyetcdplan.SimulatedExecutor()


@pytest.fixture(scope="session")
def network() -> str:
    """A part of the loopback network that no other process uses, as far as chance goes."""
    number = os.getpid() % 60_000
    return f"127.{number // 250 + 2}.{number % 250 + 1}"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[pyetcdplan.SandboxExecutor]:
    """Hosts that are folders, with real etcd; what runs there ends with the test."""
    with pyetcdplan.LocalExecutor.sandbox(tmp_path / "sandbox") as executor:
        yield executor


@pytest.fixture
def real_three(network: str) -> pyetcdplan.Plan:
    """A plan of three members, for a sandbox."""
    return pyetcdplan.plan(THREE.replace("10.10.10", network))


class ShellExecutor:
    """An executor that is written in Python: hosts are folders, and `sh` runs here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.closed = 0
        self.runs = 0

    def root(self, host: str) -> Path:
        return self.folder / host

    def connect(self, target: pyetcdplan.Target) -> ShellExecutor:
        self.root(target.host).mkdir(parents=True, exist_ok=True)
        return self

    def run(self, script: str, input: bytes) -> subprocess.CompletedProcess[bytes]:
        assert len(script) < 200, "it can stand on a command line"
        self.runs += 1
        return subprocess.run(["sh", "-c", script], input=input, capture_output=True)

    def close(self) -> None:
        self.closed += 1


class Dying(ShellExecutor):
    """One whose hosts are read, and are gone before anything is changed."""

    def run(self, script: str, input: bytes) -> subprocess.CompletedProcess[bytes]:
        # The greeting and the first reading of each host.
        if self.runs >= 6:
            raise SystemExit("the cable was cut")
        return super().run(script, input)
