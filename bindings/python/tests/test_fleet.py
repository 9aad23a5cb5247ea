"""Many clusters on a Dask cluster: a scheduler and two worker processes, of which one is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pyetcdplan
import pytest
from conftest import REPOSITORY, ShellExecutor

distributed = pytest.importorskip("distributed")

EXAMPLES = REPOSITORY / "examples" / "python"
CLUSTERS = 4


class Held(ShellExecutor):
    """Hosts that are folders, on which nothing goes on from the first change before it may."""

    def __init__(self, folder: Path, marks: Path) -> None:
        super().__init__(folder)
        self.marks = marks

    def run(self, script: str, input: bytes) -> subprocess.CompletedProcess[bytes]:
        done = super().run(script, input)
        # The greeting, what is read, and the first change.
        if self.runs == 3:
            begun = self.marks / f"{os.getpid()}-{time.monotonic_ns()}"
            begun.touch()
            wait_for(lambda: (self.marks / "go").exists())
        return done


def wait_for(done: Callable[[], object]) -> None:
    """Waits until something is so; the time limit of the test is its end."""
    while not done():
        time.sleep(0.02)


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    """A scheduler of its own, with two worker processes that nobody starts again."""
    file = tmp_path / "scheduler.json"
    paths = [str(Path(__file__).parent), str(EXAMPLES), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    common = ["--no-dashboard", "--scheduler-file", str(file), "--host", "127.0.0.1"]
    worker = ["--no-nanny", "--nthreads", "2", "--local-directory", str(tmp_path / "dask")]
    with ExitStack() as processes:

        def start(*arguments: str) -> None:
            command = [sys.executable, "-m", "dask", *arguments]
            log = processes.enter_context((tmp_path / f"{arguments[0]}.log").open("ab"))
            process = processes.enter_context(
                subprocess.Popen(command, env=environment, stdout=log, stderr=log)
            )
            processes.callback(process.kill)

        start("scheduler", "--port", "0", *common)
        wait_for(lambda: file.exists() and file.stat().st_size)
        for _ in range(2):
            start("worker", *worker, *common)
        yield str(file)


def test_a_worker_that_is_killed_takes_no_cluster_with_it(
    scheduler: str, tmp_path: Path, network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(EXAMPLES)
    import fleet_dask

    inventory = {
        f"c{n}": {
            "hosts": {f"{network}.{100 + n}": {"etcd_seq": 1}},
            "vars": {"etcd_cluster": f"c{n}"},
        }
        for n in range(CLUSTERS)
    }
    plans = pyetcdplan.split(pyetcdplan.Inventory.from_dict(inventory))
    folder, marks = tmp_path / "hosts", tmp_path / "marks"
    marks.mkdir()
    plans = [pyetcdplan.Plan(plan._native, tmp_path) for plan in plans]

    def workers() -> set[int]:
        return {int(mark.name.split("-")[0]) for mark in marks.glob("*-*")}

    with (
        pyetcdplan.LocalExecutor.sandbox(folder),
        distributed.Client(scheduler_file=scheduler) as client,
    ):
        client.wait_for_workers(2)
        outcomes = fleet_dask.apply_fleet(client, plans, Held(folder, marks))
        killed: list[int] = []
        def kill_one() -> None:
            wait_for(lambda: len(workers()) == 2 and len(list(marks.glob("*-*"))) == CLUSTERS)
            victim = min(workers())
            killed.append(victim)
            os.kill(victim, signal.SIGKILL)
            (marks / "go").touch()

        killer = threading.Thread(target=kill_one)
        killer.start()
        reports = dict(outcomes)
        killer.join()
        assert killed
        assert set(reports) == {f"c{n}" for n in range(CLUSTERS)}
        for name, report in reports.items():
            assert isinstance(report, pyetcdplan.Report) and report, f"{name}: {report}"
        # What was lost was begun a second time.
        assert len(list(marks.glob("*-*"))) > CLUSTERS
        again = dict(fleet_dask.apply_fleet(client, plans, Held(folder, marks)))
        assert all(
            isinstance(report, pyetcdplan.Report) and not report.changed
            for report in again.values()
        )


def test_the_example_applies_a_simulated_fleet(tmp_path: Path) -> None:
    text = "".join(
        f"c{n}: {{ hosts: {{ 10.0.0.{n}: {{ etcd_seq: 1 }} }}, vars: {{ etcd_cluster: c{n} }} }}\n"
        for n in range(1, 4)
    )
    (tmp_path / "fleet.yml").write_text(text)
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "fleet_dask.py"), "fleet.yml", "--simulate"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 of 3 clusters are as the inventory says" in done.stdout
