"""Ctrl-C during a run."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest
from pyetcdplan import Plan, Session, Target


class Waiting:
    """An executor whose hosts are not reached before somebody says so."""

    def __init__(self) -> None:
        self.let = threading.Event()

    def connect(self, target: Target) -> Session:
        # What Ctrl-C in a terminal does; the run has begun, and the main thread waits in it.
        signal.raise_signal(signal.SIGINT)
        assert self.let.wait(timeout=60)
        raise OSError("let go")


def test_ctrl_c_is_a_keyboard_interrupt(plan: Plan) -> None:
    executor = Waiting()
    seen = threading.Event()

    def handler(*_: object) -> None:
        seen.set()
        executor.let.set()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            plan.apply(executor)
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen.is_set()


SCRIPT = """
import signal, socket, sys
import pyetcdplan

# Whoever starts this in the background may let it ignore the signal.
signal.signal(signal.SIGINT, signal.default_int_handler)
# The interpreter writes to it when a signal comes, before anybody has seen to that.
ours, its = socket.socketpair()
ours.settimeout(60)
its.setblocking(False)
signal.set_wakeup_fd(its.fileno())

class Waiting:
    def connect(self, target):
        print("reaching", flush=True)
        ours.recv(1)
        raise OSError("it took long")

try:
    pyetcdplan.apply("etcd: { hosts: { 10.10.10.10: { etcd_seq: 1 } } }", Waiting())
except KeyboardInterrupt:
    print("interrupted", flush=True)
    sys.exit(130)
"""


def test_a_signal_from_outside_ends_a_script_that_catches_it() -> None:
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SCRIPT], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "reaching\n"
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert output == "interrupted\n"
    assert process.returncode == 130
