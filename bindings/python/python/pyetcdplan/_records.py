"""What plans, runs and inventories are made of: values that cannot be changed.

Each is made from a part of a document of etcd-plan, and has its fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, TypeAlias

Outcome: TypeAlias = Literal["unchanged", "changed", "would_change", "failed", "skipped", "not_started"]
"""How a step ended."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a text."""

    file: str
    """What the text is called; as a rule its path."""
    line: int
    """The line, from 1."""
    column: int
    """The character in it, from 1."""
    end_line: int
    """The line in which it ends."""
    end_column: int
    """The character behind its last."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a person must know of a cluster that was adopted."""

    hosts: list[str]
    """The hosts of which it is so; none where it is about the cluster."""
    what: str
    """What there is."""
    hint: str
    """The next action."""

    def __str__(self) -> str:
        return f"{', '.join(self.hosts)}: {self.what}" if self.hosts else self.what


@dataclass(frozen=True, slots=True)
class Adopted:
    """A cluster that something else built, as :func:`adopt` found it."""

    cluster: str
    """Its name."""
    inventory: str
    """The text of its inventory."""
    notes: tuple[Note, ...]
    """What no parameter says."""
    written: list[str]
    """The files that were written."""


@dataclass(frozen=True, slots=True)
class Related:
    """A place that belongs to a finding besides the main one."""

    place: Place
    """Where."""
    label: str
    """What is there."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A finding about an inventory. ``str()`` of it is drawn over the text.

    >>> import pyetcdplan
    >>> inventory = pyetcdplan.Inventory.parse('''
    ... etcd:
    ...   hosts: { 10.10.10.10: { etcd_seq: 1 } }
    ...   color: red
    ... ''')
    >>> finding, = inventory.diagnostics
    >>> finding.code, str(finding.place)
    ('unknown-group-key', 'inventory:4:3')
    """

    code: str
    """What kind of finding it is."""
    severity: Literal["error", "warning"]
    """With an error there is no plan."""
    message: str
    """What is wrong, as one sentence."""
    hint: str
    """What to do about it."""
    place: Place | None
    """Where; none where that is not known."""
    related: tuple[Related, ...]
    """Other places that belong to it."""
    text: str
    """The finding, drawn over the text that it is about."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Diagnostic:
        """Makes it from its document."""
        place = data["place"]
        related = (
            Related(Place(**known(Place, other["place"])), other["label"])
            for other in data["related"]
        )
        values = known(cls, data) | {
            "place": None if place is None else Place(**known(Place, place)),
            "related": tuple(related),
        }
        return cls(**values)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a cluster, as it is wanted."""

    name: str
    """``<etcd_cluster>-<etcd_seq>``."""
    seq: int
    """Its ``etcd_seq``."""
    host: str
    """The host that it lives on."""
    address: str
    """The address that it advertises."""
    learner: bool
    """Whether it has no vote."""
    client_url: str
    """Where clients reach it."""
    peer_url: str
    """Where other members reach it."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter's value, and where it came from."""

    value: str
    """The value, as it would be written."""
    origin: str
    """``default``, or where it stands: ``pigsty.yml:12:5``."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster of an inventory, with every parameter resolved."""

    name: str
    """Its ``etcd_cluster``."""
    group: str
    """The group that it is in the inventory."""
    members: tuple[Member, ...]
    """Its members, in the order of their ``etcd_seq``."""
    parameters: Mapping[str, Parameter]
    """All parameters by their names."""
    quorum: int
    """How many votes a decision needs."""
    tolerance: int
    """How many voters may fail while decisions are still made."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Cluster:
        """Makes it from its document."""
        values = known(cls, data) | {
            "members": tuple(Member(**known(Member, member)) for member in data["members"]),
            "parameters": {
                name: Parameter(**known(Parameter, parameter))
                for name, parameter in data["parameters"].items()
            },
        }
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a plan.

    >>> import pyetcdplan
    >>> plan = pyetcdplan.plan("etcd: { hosts: { 10.10.10.10: { etcd_seq: 1 } } }")
    >>> step, = (step for step in plan.steps if step.kind == "launch")
    >>> step.id, step.host, step.subtask
    ('etcd/10.10.10.10/etcd_launch/start', '10.10.10.10', 'etcd_launch')
    """

    id: str
    """Its name, which is stable and reads like a path."""
    cluster: str | None
    """Its cluster; none for the gate, which is one for all."""
    host: str | None
    """Its host; none for the machine that runs the plan."""
    subtask: str | None
    """Its subtask, such as ``etcd_launch``."""
    tags: tuple[str, ...]
    """The tags that select it."""
    action: Mapping[str, Any]
    """What it does, as data; ``action["kind"]`` is :attr:`kind`."""
    summary: str
    """What it does, for people."""
    waits_for: tuple[str, ...]
    """The steps that it waits for."""
    why_it_waits: str
    """Why it waits for them."""
    file: Mapping[str, Any] | None
    """The file that it writes: path, owner, group, mode, and content unless that is a secret."""

    @property
    def kind(self) -> str:
        """What kind of step it is, such as ``launch``, ``judge`` or ``gate``."""
        return str(self.action["kind"])

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Step:
        """Makes it from its document."""
        values = known(cls, data) | {
            "tags": tuple(data["tags"]),
            "waits_for": tuple(data["waits_for"]),
        }
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a guard refuses."""

    guard: str
    """Which guard, such as ``safeguard``."""
    cluster: str
    """For which cluster."""
    host: str | None
    """On which host; none when it is about the cluster as a whole."""
    evidence: str
    """What was found."""
    hint: str
    """What to do about it."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Refusal:
        """Makes it from its document."""
        return cls(**known(cls, data))

    def __str__(self) -> str:
        on = "" if self.host is None else f" on {self.host}"
        return f"[{self.guard}] {self.cluster}{on}: {self.evidence}"


@dataclass(frozen=True, slots=True)
class StepReport:
    """What happened to a step."""

    step: str
    """The name of the step."""
    host: str | None
    """Its host; none for the machine that runs the plan."""
    outcome: Outcome
    """How it ended."""
    contingent: bool
    """Whether it was there for the case only that a step before it fails."""
    lines: tuple[str, ...]
    """What changed; or why it failed."""
    diff: str | None
    """What changed in a file, where it may be shown."""
    hint: str
    """What to do when it failed; empty otherwise."""
    started_ms: int | None
    """When it began, in milliseconds since the run did; none when it never began."""
    ended_ms: int | None
    """When it ended."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> StepReport:
        """Makes it from its document."""
        return cls(**(known(cls, data) | {"lines": tuple(data["lines"])}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened in a run.

    What :attr:`event` is says which of the other fields have a meaning; those that have none are
    ``None`` or empty.
    """

    event: Literal[
        "started",
        "host_read",
        "host_failed",
        "judged",
        "step_started",
        "sending",
        "step_ended",
        "ended",
    ]
    """What happened."""
    at_ms: int = 0
    """When, in milliseconds since the run began."""
    host: str | None = None
    """On which host."""
    step: str | None = None
    """Which step began or ended."""
    outcome: Outcome | None = None
    """How a step ended."""
    lines: tuple[str, ...] = ()
    """What changed; or why a step failed."""
    why: str | None = None
    """Why a host was not read."""
    refusals: tuple[Refusal, ...] = ()
    """What guards refused; none when changes may begin."""
    steps: int | None = None
    """How many steps the plan has, when the run begins."""
    hosts: int | None = None
    """How many hosts are read, when the run begins."""
    sent: int | None = None
    """How many bytes of a large file were sent to the host."""
    total: int | None = None
    """How many bytes the file has."""
    success: bool | None = None
    """Whether all that was wanted is so, when the run ended."""

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Event:
        """Makes it from its document."""
        values = known(cls, data) | {
            "lines": tuple(data.get("lines", ())),
            "refusals": tuple(Refusal.from_dict(r) for r in data.get("refusals", ())),
        }
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Gives the fields that have a meaning."""
        return {name: value for name, value in asdict(self).items() if value not in (None, ())}


@dataclass(frozen=True, slots=True)
class Target:
    """A host, as an executor must know it to reach it: Ansible's connection variables."""

    host: str
    """Its name in the inventory."""
    address: str
    """Where to connect: ``ansible_host``, or the name itself."""
    port: int | None
    """``ansible_port``."""
    user: str | None
    """``ansible_user``."""
    private_key_file: str | None
    """``ansible_ssh_private_key_file``."""
    ssh_common_args: str | None
    """``ansible_ssh_common_args``."""
    become_user: str | None
    """As whom scripts are to be run: ``ansible_become``, ``ansible_become_user``."""
    local: bool
    """``ansible_connection: local``."""


@dataclass(frozen=True, slots=True)
class Question:
    """A secret that is needed to reach a host."""

    kind: Literal["passphrase", "password", "become_password"]
    """The passphrase of a key, the password to log in, or that for ``sudo``."""
    user: str | None
    """Whose password; none for a passphrase."""
    host: str | None
    """On which host; none for a passphrase."""
    file: str | None
    """The file with the key; none for a password."""


def known(record: type, data: Mapping[str, Any]) -> dict[str, Any]:
    """Gives what a record has fields for: a document of a later version can say more."""
    return {field.name: data[field.name] for field in fields(record) if field.name in data}
