"""What clusters are like now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

from . import _native
from ._records import known
from ._report import html_table

Health: TypeAlias = Literal["healthy", "degraded", "down", "absent", "unknown"]
"""How well a cluster is."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with a cluster, or will be."""

    member: str | None
    """The member that it is about; none for the cluster as a whole."""
    what: str
    """What it is."""
    hint: str
    """What to do about it."""


@dataclass(frozen=True, slots=True)
class Drift:
    """Something that is not as the inventory has it."""

    step: str
    """The step that would change it."""
    host: str | None
    """Its host; none for the control machine."""
    lines: tuple[str, ...]
    """What would change."""
    diff: str | None
    """The difference between the file that is there and the wanted one, where it may be shown."""


@dataclass(frozen=True, slots=True)
class MemberStatus:
    """What a member of the inventory is like."""

    name: str
    """Its name."""
    host: str
    """Its host."""
    client_url: str
    """Where clients reach it."""
    id: str | None
    """Its id in the cluster; none when nobody lists it."""
    role: Literal["leader", "follower", "learner", "unknown"]
    """What it is in the cluster."""
    service: str | None
    """The state of its service; none when that could not be read."""
    healthy: bool
    """Whether it answers."""
    version: str | None
    """Its version, as it says itself."""
    db_size: int | None
    """The size of its database in bytes."""
    db_size_in_use: int | None
    """The part of it in use, in bytes."""
    quota_used_percent: int | None
    """The part of the quota that the database has used up."""
    raft_term: int | None
    """Its raft term."""
    raft_applied_index: int | None
    """The raft index that it has applied."""
    raft_lag: int | None
    """How many raft entries it is behind the furthest member."""
    certificate: Mapping[str, Any] | None
    """How long its certificate is valid: ``not_after`` and ``days_left``."""


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """What a cluster is like."""

    name: str
    """Its name."""
    health: Health
    """How well it is."""
    cluster_id: str | None
    """The id that its members agree on."""
    leader: str | None
    """The leader; none when there is none, or nobody says who it is."""
    voters: int
    """How many members vote, as the inventory has it."""
    quorum: int
    """How many of them must answer."""
    answering: int
    """How many of them answer."""
    tolerance: int
    """How many more may fail now while the cluster goes on."""
    revision: int | None
    """The highest revision of the store that was seen."""
    quota: int
    """The wanted quota of the database in bytes."""
    members: tuple[MemberStatus, ...]
    """The members of the inventory."""
    strangers: tuple[Mapping[str, Any], ...]
    """Members that the cluster lists, and the inventory does not have."""
    alarms: tuple[Mapping[str, Any], ...]
    """Alarms that are raised."""
    problems: tuple[Finding, ...]
    """What is wrong."""
    warnings: tuple[Finding, ...]
    """What will go wrong."""
    drift: tuple[Drift, ...]
    """What ``apply`` would change."""
    backup: Mapping[str, Any] | None = None
    """The latest backup as far as hosts know: ``taken_at``, ``age_seconds``, ``taken_from``,
    ``revision``, ``keys``, ``size`` and ``kept_at``."""
    last_run: Mapping[str, Any] | None = None
    """The latest run that changed something: ``run``, ``ended``, and ``open``, the hosts on which
    it has not ended; none where no host has a journal of one."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ClusterStatus:
        """Makes it from its document."""
        drifts = (known(Drift, drift) | {"lines": tuple(drift["lines"])} for drift in data["drift"])
        fields = known(cls, data) | {
            "members": tuple(MemberStatus(**known(MemberStatus, m)) for m in data["members"]),
            "strangers": tuple(data["strangers"]),
            "alarms": tuple(data["alarms"]),
            "problems": tuple(Finding(**known(Finding, found)) for found in data["problems"]),
            "warnings": tuple(Finding(**known(Finding, found)) for found in data["warnings"]),
            "drift": tuple(Drift(**drift) for drift in drifts),
        }
        return cls(**fields)


class Status:
    """What clusters are like, read at one time. It is true when every cluster is healthy.

    >>> import pyetcdplan
    >>> inventory = {"etcd": {"hosts": {"10.10.10.10": {"etcd_seq": 1}}}}
    >>> executor = pyetcdplan.SimulatedExecutor()
    >>> pyetcdplan.status(inventory, executor).clusters[0].health
    'absent'
    >>> report = pyetcdplan.apply(inventory, executor)
    >>> status = pyetcdplan.status(inventory, executor)
    >>> bool(status), status.clusters[0].leader, status.has_drift
    (True, 'etcd-1', False)
    """

    def __init__(self, native: _native.Status) -> None:
        """Wraps the native status; :func:`pyetcdplan.status` makes it."""
        self._native = native

    @classmethod
    def from_json(cls, text: str) -> Status:
        """Reads what :meth:`to_json` wrote."""
        return cls(_native.Status.from_json(text))

    def to_prometheus(self) -> str:
        """Gives the status in the text format of Prometheus, for node exporter's textfile folder."""
        return self._native.to_prometheus()

    def to_json(self) -> str:
        """Writes the status as a document."""
        return self._native.to_json()

    def to_html(self) -> str:
        """Writes the status as one page that needs nothing besides itself: what is wrong first.

        >>> import pyetcdplan
        >>> inventory = {"etcd": {"hosts": {"10.10.10.10": {"etcd_seq": 1}}}}
        >>> status = pyetcdplan.status(inventory, pyetcdplan.SimulatedExecutor())
        >>> "<title>Cluster etcd is absent" in status.to_html()
        True
        """
        return self._native.to_html()

    def to_dict(self) -> dict[str, Any]:
        """Gives the status as a document: dictionaries, lists, texts and numbers."""
        document: dict[str, Any] = json.loads(self.to_json())
        return document

    @cached_property
    def clusters(self) -> list[ClusterStatus]:
        """What each cluster is like, in the order of their names."""
        return [ClusterStatus.from_dict(cluster) for cluster in self.to_dict()["clusters"]]

    @property
    def has_drift(self) -> bool:
        """Whether something is not as the inventory has it."""
        return self._native.has_drift()

    def __bool__(self) -> bool:
        return self._native.is_healthy()

    def __str__(self) -> str:
        return self._native.to_text()

    def __repr__(self) -> str:
        said = ", ".join(f"{cluster.name} {cluster.health}" for cluster in self.clusters)
        return f"<Status: {said}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Status):
            return NotImplemented
        return self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash(self.to_json())

    def __reduce__(self) -> tuple[object, ...]:
        return Status.from_json, (self.to_json(),)

    def _repr_html_(self) -> str:
        """Shows the status in notebooks, as a table of the members."""
        rows = [
            (cluster.name, cluster.health, member.name, member.host, member.role, str(member.healthy))
            for cluster in self.clusters
            for member in cluster.members
        ]
        return html_table(("cluster", "health", "member", "host", "role", "answers"), rows)
