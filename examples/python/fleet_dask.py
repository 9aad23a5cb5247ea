"""Applies the clusters of an inventory on a Dask cluster, each as a job of its own.

    python fleet_dask.py INVENTORY [--scheduler tcp://HOST:8786] [--simulate] [--forks N]

Without `--scheduler` a Dask cluster of processes on this machine does it. Workers need pyetcdplan,
and reach hosts over SSH as `ssh` would from there; `--simulate` reaches nobody. Certificates are kept
below the folder of the inventory, which workers on other machines must share.

A worker that is lost takes no cluster with it: what it was working on is applied again by another
one, which goes on from there, since the same plan can always be applied again. What fails on its
own account is not tried again. Exit codes: 0 all went well, 1 something failed, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence

import pyetcdplan
from distributed import Client, Future, as_completed

LOCK_TRIES = 12
"""How often a cluster is tried whose hosts are locked: a worker that was lost may hold a lock until
its hosts notice that it is gone."""

LOCK_PAUSE = 5.0
"""How long is waited in between, in seconds."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Applies a fleet, and gives the exit code."""
    parser = argparse.ArgumentParser(description="Applies many clusters on a Dask cluster.")
    parser.add_argument("inventory")
    parser.add_argument("--scheduler", help="the address of a scheduler that runs already")
    parser.add_argument("--simulate", action="store_true", help="reaches no host")
    parser.add_argument("--forks", type=int, default=64, help="hosts at once in one cluster")
    chosen = parser.parse_args(arguments)
    try:
        plans = pyetcdplan.split(pyetcdplan.Inventory.from_path(chosen.inventory))
    except pyetcdplan.EtcdPlanError as error:
        print(error, file=sys.stderr)
        return 1
    executor: pyetcdplan.SshExecutor | None = None if chosen.simulate else pyetcdplan.SshExecutor()
    failed = 0
    with Client(chosen.scheduler) if chosen.scheduler else Client(threads_per_worker=4) as client:
        for name, outcome in apply_fleet(client, plans, executor, forks=chosen.forks):
            failed += not isinstance(outcome, pyetcdplan.Report)
            print(f"{name}: {outcome}", flush=True)
    print(f"{len(plans) - failed} of {len(plans)} clusters are as the inventory says")
    return 1 if failed else 0


def apply_fleet(
    client: Client,
    plans: Sequence[pyetcdplan.Plan],
    executor: pyetcdplan.SshExecutor | pyetcdplan.Executor | None,
    *,
    forks: int = 64,
) -> Iterator[tuple[str, pyetcdplan.Report | Exception]]:
    """Applies plans of one cluster each, and gives a report or the exception of each, as it comes.

    Without an executor the hosts are simulated.
    """
    names: dict[Future, str] = {}
    for plan in plans:
        (name,) = plan.clusters
        # Not pure: applying is no function of the plan alone. When its worker is lost, the scheduler
        # gives the job to another one, up to `distributed.scheduler.allowed-failures` times.
        job = client.submit(apply_one, plan, executor, forks, pure=False)
        names[job] = name
    for job in as_completed(names):
        error = job.exception()
        yield names[job], job.result() if error is None else error
        job.release()


def apply_one(
    plan: pyetcdplan.Plan,
    executor: pyetcdplan.SshExecutor | pyetcdplan.Executor | None,
    forks: int,
) -> pyetcdplan.Report | Exception:
    """Applies a plan on a worker.

    What etcd-plan refuses or fails at is given, not raised. It would come out the same elsewhere, so
    it is not tried again; but for a lock, which the worker that was lost may have left behind.
    """
    for tries_left in reversed(range(LOCK_TRIES)):
        try:
            return plan.apply(executor or pyetcdplan.SimulatedExecutor(), forks=forks)
        except pyetcdplan.RunFailed as error:
            lines = [line for step in error.report.failures for line in step.lines]
            if not tries_left or not all("is held by" in line for line in lines):
                return error
            time.sleep(LOCK_PAUSE)
        except pyetcdplan.EtcdPlanError as error:
            return error
    raise AssertionError("the last try has an end")


if __name__ == "__main__":
    sys.exit(main())
