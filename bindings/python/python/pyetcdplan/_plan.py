"""What has to happen: plans, and how they are carried out."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

from . import _aio, _native
from ._bridge import native_executor
from ._errors import run_failed
from ._executors import AnyExecutor, SandboxExecutor
from ._inventory import Inventory
from ._records import Diagnostic, Event, Step
from ._report import Report, html_table
from ._status import Status

T = TypeVar("T")

Goal: TypeAlias = (
    Literal[
        "create",
        "rebuild",
        "join",
        "reload",
        "upgrade",
        "remove",
        "replace",
        "destroy",
        "backup",
        "maintain",
        "restore",
        "recover",
        "rotate-certs",
        "rotate-ca",
    ]
    | str
)
"""What a plan is for."""

OnEvent: TypeAlias = Callable[[Event], object]
"""Is told what happens in a run."""

ExtraVars: TypeAlias = Mapping[str, Any] | str | Iterable[str]
"""Variables above all others: a mapping, or arguments as Ansible's ``-e`` takes them."""


GRAPH_CLUSTERS = 4
"""How many clusters a notebook shows as a graph, at the most."""

TABLE_ROWS = 500
"""How many steps a notebook shows, at the most."""


class Plan:
    """What has to happen, on which host, in which order and behind which guards.

    A plan is data, and cannot be changed. It can be saved, reviewed, sent to another machine and
    applied there.

    >>> import pyetcdplan
    >>> inventory = pyetcdplan.Inventory.parse("etcd: { hosts: { 10.10.10.10: { etcd_seq: 1 } } }")
    >>> plan = pyetcdplan.Plan.from_inventory(inventory)
    >>> plan.guards[:3]
    ['readable', 'prerequisites', 'safeguard']
    >>> pyetcdplan.Plan.from_json(plan.to_json()) == plan
    True
    """

    def __init__(self, native: _native.Plan, base_dir: Path | None = None) -> None:
        """Wraps the native plan; use :meth:`from_inventory` or :meth:`from_json`."""
        self._native = native
        self._base_dir = base_dir

    @classmethod
    def from_inventory(
        cls,
        inventory: Inventory,
        *,
        goal: Goal = "create",
        limit: str | None = None,
        tags: Iterable[str] = (),
        skip_tags: Iterable[str] = (),
        extra_vars: ExtraVars = (),
        **options: Any,
    ) -> Plan:
        """Makes the plan of an inventory.

        ``limit``, ``tags``, ``skip_tags`` and ``extra_vars`` are those of Ansible: ``-l``, ``-t``,
        ``--skip-tags`` and ``-e``. None of them removes a guard.

        ``options`` are what goals ask for besides. Of those that take snapshots: ``backup_to`` is the
        folder on this machine that they are brought to, absolute or relative to that of the inventory
        (``"backups"``); ``backup_on_host=True`` leaves them on the host that they are taken from;
        ``backup_keep`` is how many of a cluster are kept there (all); with ``no_snapshot=True`` a
        goal that takes one before it does something else takes none. Of ``remove`` and ``replace``:
        ``depart`` lists the members that leave, by host, name, id or address; ``dead=True`` says
        that they are dead. Of ``upgrade``: ``to`` is the version that it brings members to
        (``etcd_version`` of the inventory). Of ``maintain``: ``keep_revisions`` of the history
        stay (10000), and databases are defragmented of which ``threshold`` percent are not in use
        (20). Of ``restore``: the ``snapshot`` that is put back. Of ``recover``: ``depart`` lists the
        members that are lost for good, with ``dead=True``. Of ``rotate-ca``: the ``stage``, one of
        ``"trust"``, ``"issue"`` and ``"finish"``, each a plan of its own; with ``leave_clients=True``
        the last one leaves clients' certificates behind. Of ``rotate-certs`` and ``rotate-ca``:
        ``again=True`` also rotates what was rotated within the last hour, or day.

        Raises :class:`InventoryError` with all findings, or :class:`PlanError`.
        """
        plan, = _build(inventory, goal, limit, tags, skip_tags, extra_vars, options, each=False)
        return plan

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Reads a document that :meth:`to_json` wrote, and checks everything again.

        Raises :class:`PlanError` when it is none, or when the plan would not be safe.
        """
        return cls(_native.Plan.from_json(text))

    def to_json(self) -> str:
        """Writes the plan as a document, without secrets."""
        return self._native.to_json()

    def to_dict(self) -> dict[str, Any]:
        """Gives the plan as a document: dictionaries, lists, texts and numbers."""
        document: dict[str, Any] = json.loads(self.to_json())
        return document

    def to_dot(self) -> str:
        """Draws the plan for Graphviz."""
        return self._native.to_dot()

    def to_mermaid(self) -> str:
        """Draws the plan for Mermaid."""
        return self._native.to_mermaid()

    def to_svg(self) -> str:
        """Draws the plan as an image; meant for a few clusters."""
        return self._native.to_svg()

    def to_html(self) -> str:
        """Writes the plan as one page that needs nothing besides itself, to open in a browser.

        >>> import pyetcdplan
        >>> plan = pyetcdplan.plan("etcd: { hosts: { 10.10.10.10: { etcd_seq: 1 } } }")
        >>> plan.to_html().splitlines()[0]
        '<!doctype html>'
        """
        return self._native.to_html()

    @property
    def goal(self) -> str:
        """What the plan is for."""
        return self._native.goal()

    @property
    def clusters(self) -> list[str]:
        """The names of its clusters."""
        return self._native.clusters()

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """The warnings about the inventory."""
        return [Diagnostic.from_dict(found) for found in json.loads(self._native.diagnostics())]

    @cached_property
    def steps(self) -> list[Step]:
        """The steps, in the order in which they were planned."""
        return [Step.from_dict(step) for step in self.to_dict()["steps"]]

    @property
    def guards(self) -> list[str]:
        """The guards that are judged before anything changes."""
        guards = (step.action["guard"] for step in self.steps if step.kind == "judge")
        return list(dict.fromkeys(guards))

    @property
    def edges(self) -> list[tuple[str, str]]:
        """What waits for what: the names of a step, and of one that waits for it."""
        return [(before, step.id) for step in self.steps for before in step.waits_for]

    def preview(
        self,
        executor: AnyExecutor,
        *,
        on_event: OnEvent | None = None,
        base_dir: str | os.PathLike[str] | None = None,
        forks: int | None = None,
    ) -> Report:
        """Reads every host, and says what would happen. Nothing is changed.

        What guards refuse is in :attr:`Report.refusals`; the report is false then.
        """
        return self._run(_native.preview, executor, on_event, base_dir, forks, None)

    def apply(
        self,
        executor: AnyExecutor,
        *,
        on_event: OnEvent | None = None,
        base_dir: str | os.PathLike[str] | None = None,
        forks: int | None = None,
        check: bool = True,
    ) -> Report:
        """Carries the plan out. Applied again, it changes nothing.

        ``on_event`` is called in this thread. What it raises stops the run: steps that are under
        way end, no other is begun, and the exception arrives here as it is. Ctrl-C does the same,
        and a second one cuts nothing short.

        Certificates and keys are kept in ``files/pki`` below ``base_dir``: by default the folder of
        the inventory, or this one; of a sandbox its own folder.

        ``forks`` says how many hosts are worked on at once, 64 by default.

        Raises :class:`GuardRefused` when a guard refuses, :class:`ConnectError` when hosts are not
        reached, and, unless ``check`` is false, :class:`RunFailed` when a step fails.
        """
        report = self._run(_native.apply, executor, on_event, base_dir, forks, None)
        if check and not report:
            raise run_failed(report)
        return report

    def status(
        self,
        executor: AnyExecutor,
        *,
        on_event: OnEvent | None = None,
        base_dir: str | os.PathLike[str] | None = None,
        forks: int | None = None,
    ) -> Status:
        """Reads what the clusters are like now. Nothing is changed.

        What could not be read is a problem in the status: nothing is raised for it. Drift is what
        the steps of this plan would change.
        """
        return Status(self._call(_native.status, executor, on_event, base_dir, forks, None))

    def env(
        self, cluster: str | None = None, *, executor: AnyExecutor | None = None
    ) -> dict[str, str]:
        """Gives the variables with which ``etcdctl`` finds a cluster, and proves who it is.

        They name files on the hosts of members; with a sandbox, those of its first member. Without
        a name it is the only cluster; :class:`PlanError` is raised where there are several.

        >>> import pyetcdplan
        >>> plan = pyetcdplan.plan("etcd: { hosts: { 10.10.10.10: { etcd_seq: 1 } } }")
        >>> plan.env()["ETCDCTL_ENDPOINTS"]
        'https://10.10.10.10:2379'
        """
        native = None if executor is None else native_executor(executor)
        variables: dict[str, str] = json.loads(_native.environment(self._native, cluster, native))
        return variables

    async def apply_async(
        self,
        executor: AnyExecutor,
        *,
        on_event: OnEvent | None = None,
        base_dir: str | os.PathLike[str] | None = None,
        forks: int | None = None,
        check: bool = True,
    ) -> Report:
        """Carries the plan out, as :meth:`apply` does, while the event loop goes on.

        ``on_event`` is called in the thread of the loop. When the task is cancelled, steps that are
        under way end, no other is begun, and then the cancellation goes on.
        """

        def work(tell: _aio.Tell[Event], stop: _native.StopFlag) -> Report:
            return self._run(_native.apply, executor, tell, base_dir, forks, stop)

        report = await _aio.run(work, on_event)
        if check and not report:
            raise run_failed(report)
        return report

    async def events(
        self,
        executor: AnyExecutor,
        *,
        base_dir: str | os.PathLike[str] | None = None,
        forks: int | None = None,
        check: bool = True,
    ) -> AsyncGenerator[Event, None]:
        """Carries the plan out, as :meth:`apply_async` does, and gives its events.

        What the run raises is raised behind the last event. Whoever leaves the loop before stops
        the run; ``contextlib.aclosing`` waits until it has.
        """

        def work(tell: _aio.Tell[Event], stop: _native.StopFlag) -> Report:
            return self._run(_native.apply, executor, tell, base_dir, forks, stop)

        stream = _aio.stream(work)
        try:
            async for item in stream:
                if isinstance(item, Event):
                    yield item
                elif check and not item:
                    raise run_failed(item)
        finally:
            await stream.aclose()

    def _run(
        self,
        run: Callable[..., _native.Report],
        executor: AnyExecutor,
        on_event: OnEvent | None,
        base_dir: str | os.PathLike[str] | None,
        forks: int | None,
        stop: _native.StopFlag | None,
    ) -> Report:
        return Report(self._call(run, executor, on_event, base_dir, forks, stop))

    def _call(
        self,
        function: Callable[..., T],
        executor: AnyExecutor,
        on_event: OnEvent | None,
        base_dir: str | os.PathLike[str] | None,
        forks: int | None,
        stop: _native.StopFlag | None,
    ) -> T:
        if base_dir is None and isinstance(executor, SandboxExecutor):
            base_dir = executor.dir
        tell = None if on_event is None else _read_event(on_event)
        return function(
            self._native,
            native_executor(executor),
            base_dir=base_dir or self._base_dir or Path(),
            on_event=tell,
            stop=stop,
            forks=forks,
        )

    def __len__(self) -> int:
        return len(self._native)

    def __str__(self) -> str:
        return self._native.to_text()

    def __repr__(self) -> str:
        return f"<Plan to {self.goal} {', '.join(self.clusters)}: {len(self)} steps>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Plan):
            return NotImplemented
        return self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash(self.to_json())

    def __reduce__(self) -> tuple[object, ...]:
        return _restore, (self.to_json(), self._base_dir)

    def _repr_html_(self) -> str:
        """Shows the plan in notebooks: the graph, unless it is too wide, and the table of steps."""
        rows = [
            (step.host or "", step.id, step.summary, "\n".join(step.waits_for))
            for step in self.steps[:TABLE_ROWS]
        ]
        table = html_table(("host", "step", "what", "waits for"), rows)
        more = len(self) - len(rows)
        rest = f"<p>and {more} more steps</p>" if more else ""
        graph = self.to_svg() if len(self.clusters) <= GRAPH_CLUSTERS else ""
        return f"<p>{escape(repr(self)[1:-1])}</p>{graph}{table}{rest}"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Shows the plan in notebooks, as whatever of these they can show."""
        return {
            "text/plain": str(self),
            "text/html": self._repr_html_(),
            "text/vnd.mermaid": self.to_mermaid(),
        }


def split(
    inventory: Inventory,
    *,
    goal: Goal = "create",
    limit: str | None = None,
    tags: Iterable[str] = (),
    skip_tags: Iterable[str] = (),
    extra_vars: ExtraVars = (),
    **options: Any,
) -> list[Plan]:
    """Makes a plan for each cluster of an inventory, in the order of their names.

    For many clusters: each plan can be pickled and applied by another process, and one that fails
    leaves the others alone.

    >>> import pyetcdplan
    >>> inventory = pyetcdplan.Inventory.parse('''
    ... a: { hosts: { 10.0.0.1: { etcd_seq: 1 } }, vars: { etcd_cluster: a } }
    ... b: { hosts: { 10.0.0.2: { etcd_seq: 1 } }, vars: { etcd_cluster: b } }
    ... ''')
    >>> [plan.clusters for plan in pyetcdplan.split(inventory)]
    [['a'], ['b']]
    """
    return _build(inventory, goal, limit, tags, skip_tags, extra_vars, options, each=True)


def _build(
    inventory: Inventory,
    goal: Goal,
    limit: str | None,
    tags: Iterable[str],
    skip_tags: Iterable[str],
    extra_vars: ExtraVars,
    options: Mapping[str, Any],
    *,
    each: bool,
) -> list[Plan]:
    plans = _native.Plan.build(
        inventory._native,
        goal=goal,
        limit=limit,
        tags=_texts(tags),
        skip_tags=_texts(skip_tags),
        extra_vars=arguments(extra_vars),
        options=dict(options),
        each=each,
    )
    return [Plan(plan, inventory.base_dir) for plan in plans]


def _restore(text: str, base_dir: Path | None) -> Plan:
    plan = Plan.from_json(text)
    return Plan(plan._native, base_dir)


def _read_event(on_event: OnEvent) -> Callable[[str], object]:
    return lambda text: on_event(Event.from_dict(json.loads(text)))


def arguments(extra_vars: ExtraVars) -> list[str]:
    """Gives extra variables as arguments of ``-e``."""
    if isinstance(extra_vars, Mapping):
        return [json.dumps(dict(extra_vars))] if extra_vars else []
    return _texts(extra_vars)


def _texts(texts: Iterable[str]) -> list[str]:
    """Gives texts as a list; of one text a list of one, and none of its letters."""
    return [texts] if isinstance(texts, str) else list(texts)
