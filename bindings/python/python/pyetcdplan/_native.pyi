"""The native module. It is private: what is meant to be used is in ``pyetcdplan``."""

from collections.abc import Callable
from datetime import timedelta
from os import PathLike
from typing import Any, Final, final

__all__ = [
    "VERSION",
    "Inventory",
    "LocalExecutor",
    "Plan",
    "Report",
    "SandboxExecutor",
    "SimulatedExecutor",
    "SshExecutor",
    "Status",
    "StopFlag",
    "adopt",
    "apply",
    "environment",
    "issue",
    "monitoring",
    "outputs",
    "preview",
    "status",
]

VERSION: Final[str]

@final
class Inventory:
    @staticmethod
    def parse(text: str, name: str) -> Inventory: ...
    @staticmethod
    def from_path(path: str | PathLike[str]) -> Inventory: ...
    def diagnostics(self) -> str: ...
    def hosts(self) -> list[str]: ...
    def clusters(self) -> str: ...

@final
class Plan:
    @staticmethod
    def build(
        inventory: Inventory,
        *,
        goal: str,
        limit: str | None,
        tags: list[str],
        skip_tags: list[str],
        extra_vars: list[str],
        options: dict[str, Any],
        each: bool,
    ) -> list[Plan]: ...
    @staticmethod
    def from_json(text: str) -> Plan: ...
    def to_json(self) -> str: ...
    def to_dot(self) -> str: ...
    def to_mermaid(self) -> str: ...
    def to_svg(self) -> str: ...
    def to_html(self) -> str: ...
    def to_text(self) -> str: ...
    def diagnostics(self) -> str: ...
    def goal(self) -> str: ...
    def clusters(self) -> list[str]: ...
    def __len__(self) -> int: ...

@final
class Report:
    @staticmethod
    def from_json(text: str, outline: str | None = None) -> Report: ...
    def outline(self) -> str | None: ...
    def to_json(self) -> str: ...
    def to_html(self) -> str: ...
    def to_text(self) -> str: ...
    def is_success(self) -> bool: ...

@final
class Status:
    @staticmethod
    def from_json(text: str) -> Status: ...
    def to_json(self) -> str: ...
    def to_html(self) -> str: ...
    def to_text(self) -> str: ...
    def to_prometheus(self) -> str: ...
    def is_healthy(self) -> bool: ...
    def has_drift(self) -> bool: ...

@final
class StopFlag:
    def __new__(cls) -> StopFlag: ...
    def set(self) -> None: ...
    def is_set(self) -> bool: ...

@final
class SshExecutor:
    def __new__(
        cls,
        *,
        user: str | None,
        identity_files: list[str],
        host_key_checking: str | None,
        known_hosts: list[str] | None,
        ssh_config: str | None,
        use_ssh_config: bool,
        connect_timeout: timedelta | None,
        operation_timeout: timedelta | None,
        keep_alive: timedelta | None,
        secrets: Callable[[str, str | None, str | None, str | None], bytes | None] | None,
    ) -> SshExecutor: ...

@final
class LocalExecutor:
    def __new__(cls) -> LocalExecutor: ...

@final
class SandboxExecutor:
    def __new__(
        cls, dir: str | PathLike[str], programs: str | PathLike[str] | None
    ) -> SandboxExecutor: ...
    def root(self, host: str) -> PathLike[str] | None: ...
    def processes(self) -> list[tuple[str, str, int]]: ...
    def stop_all(self) -> None: ...

@final
class SimulatedExecutor:
    def __new__(cls) -> SimulatedExecutor: ...
    def hosts(self) -> list[str]: ...
    def read_file(self, host: str, path: str) -> bytes | None: ...
    def cut_network(self, host: str) -> None: ...
    def join_network(self, host: str) -> None: ...
    def stop_etcd(self, host: str) -> None: ...

def apply(
    plan: Plan,
    executor: Any,
    *,
    base_dir: str | PathLike[str],
    on_event: Callable[[str], object] | None,
    stop: StopFlag | None,
    forks: int | None,
) -> Report: ...
def preview(
    plan: Plan,
    executor: Any,
    *,
    base_dir: str | PathLike[str],
    on_event: Callable[[str], object] | None,
    stop: StopFlag | None,
    forks: int | None,
) -> Report: ...
def status(
    plan: Plan,
    executor: Any,
    *,
    base_dir: str | PathLike[str],
    on_event: Callable[[str], object] | None,
    stop: StopFlag | None,
    forks: int | None,
) -> Status: ...
def adopt(
    hosts: list[str],
    executor: Any,
    *,
    user: str | None,
    becomes: bool,
    local: bool,
    cluster: str | None,
    output: str | PathLike[str] | None,
    keys: str | PathLike[str] | None,
    forks: int | None,
) -> str: ...
def environment(plan: Plan, cluster: str | None, executor: Any | None) -> str: ...
def monitoring(
    inventory: Inventory, *, extra_vars: list[str], paths: dict[str, str]
) -> dict[str, str]: ...
def outputs(
    inventory: Inventory,
    *,
    consumer: str,
    cluster: str | None,
    extra_vars: list[str],
    given: dict[str, str],
) -> str: ...
def issue(
    inventory: Inventory,
    *,
    cn: str,
    cluster: str | None,
    extra_vars: list[str],
    sans: list[str],
    validity: str | None,
    folder: str | PathLike[str] | None,
    renew: bool,
    base_dir: str | PathLike[str],
) -> str: ...
