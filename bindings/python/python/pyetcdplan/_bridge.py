"""Between the native module, which speaks in simple values, and executors written in Python."""

from __future__ import annotations

import json
from subprocess import CompletedProcess
from typing import Any

from ._executors import AnyExecutor, Executor, ScriptOutput, Session
from ._records import Target


def native_executor(executor: AnyExecutor) -> Any:
    """Gives what the native module takes for an executor."""
    native = getattr(executor, "_native", None)
    if native is not None:
        return native
    if not isinstance(executor, Executor):
        raise TypeError(
            f"{executor!r} is no executor: it has no method `connect(target)` that gives a session"
        )
    return Bridge(executor)


class Bridge:
    """An executor that is written in Python, as the native module calls it."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def connect(self, target: str) -> BridgeSession:
        """Opens a session to a host, which is given as JSON."""
        session = self._executor.connect(Target(**json.loads(target)))
        if not isinstance(session, Session):
            raise TypeError(f"connect gave {session!r}, which has no method `run(script, input)`")
        return BridgeSession(session)

    def root(self, host: str) -> Any:
        """Gives the folder that stands for ``/`` of a host, if the executor has such folders."""
        root = getattr(self._executor, "root", None)
        return None if root is None else root(host)


class BridgeSession:
    """A session that is written in Python, as the native module calls it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def run(self, script: str, input: bytes) -> tuple[int, bytes, bytes]:
        """Runs a script, and gives status, output and errors."""
        return _output(self._session.run(script, input))

    def close(self) -> None:
        """Ends the session, if it wants to know."""
        close = getattr(self._session, "close", None)
        if close is not None:
            close()


def _output(output: ScriptOutput) -> tuple[int, bytes, bytes]:
    if isinstance(output, CompletedProcess):
        output = output.returncode, output.stdout, output.stderr
    status, stdout, *rest = output
    stderr = rest[0] if rest else b""
    if not isinstance(stdout, bytes):
        raise TypeError(f"run gave {type(stdout).__name__} for the output, and not bytes")
    return status, stdout, stderr if isinstance(stderr, bytes) else b""
