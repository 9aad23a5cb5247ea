"""The usual thing in one call."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from . import _native
from ._bridge import native_executor
from ._executors import AnyExecutor, LocalExecutor, SshExecutor
from ._inventory import Inventory
from ._plan import ExtraVars, Goal, OnEvent, Plan, arguments
from ._records import Adopted, Note
from ._report import Report
from ._status import Status

Source: TypeAlias = str | os.PathLike[str] | Mapping[str, Any] | Inventory
"""An inventory: a path, its text, what YAML or JSON readers give, or an :class:`Inventory`.

A ``str`` is a text when it holds a line break, or a colon with a space behind it; else a path.
"""


def inventory(source: Source) -> Inventory:
    """Gives the inventory of a source. Raises :class:`InventoryError`."""
    if isinstance(source, Inventory):
        return source
    if isinstance(source, Mapping):
        return Inventory.from_dict(source)
    if isinstance(source, str) and ("\n" in source or ": " in source):
        return Inventory.parse(source)
    return Inventory.from_path(source)


def plan(
    source: Source,
    *,
    goal: Goal = "create",
    limit: str | None = None,
    tags: Iterable[str] = (),
    skip_tags: Iterable[str] = (),
    extra_vars: ExtraVars = (),
    **options: Any,
) -> Plan:
    """Makes the plan of an inventory, as :meth:`Plan.from_inventory` does.

    >>> import pyetcdplan
    >>> pyetcdplan.plan({"etcd": {"hosts": {"10.10.10.10": {"etcd_seq": 1}}}}).clusters
    ['etcd']
    """
    return Plan.from_inventory(
        inventory(source),
        goal=goal,
        limit=limit,
        tags=tags,
        skip_tags=skip_tags,
        extra_vars=extra_vars,
        **options,
    )


def apply(
    source: Source | Plan,
    executor: AnyExecutor | None = None,
    *,
    goal: Goal = "create",
    limit: str | None = None,
    tags: Iterable[str] = (),
    skip_tags: Iterable[str] = (),
    extra_vars: ExtraVars = (),
    to: str | None = None,
    on_event: OnEvent | None = None,
    base_dir: str | os.PathLike[str] | None = None,
    forks: int | None = None,
    check: bool = True,
    **options: Any,
) -> Report:
    """Makes the plan of an inventory and carries it out, as :meth:`Plan.apply` does.

    Without an executor hosts are reached over SSH, as ``ssh`` would. A plan that was made before is
    carried out as it is.

    >>> import pyetcdplan
    >>> inventory = {"etcd": {"hosts": {"10.10.10.10": {"etcd_seq": 1}}}}
    >>> report = pyetcdplan.apply(inventory, pyetcdplan.SimulatedExecutor())
    >>> len(report.changed) > 0
    True
    """
    if not isinstance(source, Plan):
        source = plan(
            source,
            goal=goal,
            limit=limit,
            tags=tags,
            skip_tags=skip_tags,
            extra_vars=extra_vars,
            **options,
        )
    if executor is None:
        executor = SshExecutor()
    return source.apply(
        executor, on_event=on_event, base_dir=base_dir, forks=forks, check=check
    )


def status(
    source: Source | Plan,
    executor: AnyExecutor | None = None,
    *,
    limit: str | None = None,
    extra_vars: ExtraVars = (),
    on_event: OnEvent | None = None,
    base_dir: str | os.PathLike[str] | None = None,
    forks: int | None = None,
) -> Status:
    """Reads what the clusters of an inventory are like now, as :meth:`Plan.status` does.

    Without an executor hosts are reached over SSH, as ``ssh`` would.
    """
    if not isinstance(source, Plan):
        source = plan(source, limit=limit, extra_vars=extra_vars)
    if executor is None:
        executor = SshExecutor()
    return source.status(executor, on_event=on_event, base_dir=base_dir, forks=forks)


def env(
    source: Source | Plan,
    cluster: str | None = None,
    *,
    executor: AnyExecutor | None = None,
    extra_vars: ExtraVars = (),
) -> dict[str, str]:
    """Gives the variables with which ``etcdctl`` finds a cluster, as :meth:`Plan.env` does.

    >>> import pyetcdplan
    >>> sorted(pyetcdplan.env({"etcd": {"hosts": {"10.10.10.10": {"etcd_seq": 1}}}}))[:2]
    ['ETCDCTL_API', 'ETCDCTL_CACERT']
    """
    if not isinstance(source, Plan):
        source = plan(source, extra_vars=extra_vars)
    return source.env(cluster, executor=executor)


def adopt(
    hosts: str | Iterable[str],
    executor: AnyExecutor | None = None,
    *,
    output: str | os.PathLike[str] | None = None,
    keys: str | os.PathLike[str] | None = None,
    cluster: str | None = None,
    user: str | None = None,
    become: bool = False,
    forks: int | None = None,
) -> Adopted:
    """Makes the inventory of a cluster that something else built, as ``etcd-plan adopt`` does.

    ``hosts`` are those of all members, each ``HOST`` or ``USER@HOST``. They are only read. With
    ``output`` the inventory is written, and certificates and keys into ``keys`` (by default the folder
    of ``output``), which ``ca_dir`` is relative to; with ``keys`` alone only these. What is there and
    says something else is not overwritten: that raises :class:`EtcdPlanError`, as hosts do that are
    not those of one cluster.

    >>> import pyetcdplan
    >>> inventory = {"etcd": {"hosts": {"10.10.10.10": {"etcd_seq": 1}}}}
    >>> hosts = pyetcdplan.SimulatedExecutor()
    >>> report = pyetcdplan.apply(inventory, hosts)
    >>> adopted = pyetcdplan.adopt("10.10.10.10", hosts)
    >>> pyetcdplan.plan(adopted.inventory).clusters
    ['etcd']
    """
    if keys is None and output is not None:
        keys = os.path.dirname(os.path.abspath(output))
    document = json.loads(
        _native.adopt(
            [hosts] if isinstance(hosts, str) else list(hosts),
            native_executor(SshExecutor() if executor is None else executor),
            user=user,
            becomes=become,
            local=isinstance(executor, LocalExecutor),
            cluster=cluster,
            output=output,
            keys=keys,
            forks=forks,
        )
    )
    notes = tuple(Note(**note) for note in document.pop("notes"))
    return Adopted(notes=notes, **document)


def monitoring(
    source: Source,
    *,
    extra_vars: ExtraVars = (),
    ca: str | os.PathLike[str] | None = None,
    cert: str | os.PathLike[str] | None = None,
    key: str | os.PathLike[str] | None = None,
    targets: str | None = None,
    dashboards: str | os.PathLike[str] | None = None,
    textfile: str | os.PathLike[str] | None = None,
) -> dict[str, str]:
    """Renders what watches the clusters of an inventory: files by their paths, with their texts.

    For Prometheus these are the scrape job, rules and alerts, for Grafana the dashboard; the file
    ``README.md`` says what goes where. Nothing is written. The paths are those that
    ``etcd-plan monitoring`` takes, on the hosts where Prometheus, Grafana and node exporter run:
    the certificate of the authority, the client certificate that Prometheus shows and its key, the
    pattern of the target files, the folder of dashboards, and the file for node exporter.

    >>> import pyetcdplan
    >>> files = pyetcdplan.monitoring({"etcd": {"hosts": {"10.10.10.10": {"etcd_seq": 1}}}})
    >>> "EtcdNoLeader" in files["prometheus/rules/etcd.yml"]
    True
    """
    given = {
        "ca": ca,
        "cert": cert,
        "key": key,
        "targets": targets,
        "dashboards": dashboards,
        "textfile": textfile,
    }
    paths = {name: os.fspath(path) for name, path in given.items() if path is not None}
    return _native.monitoring(
        inventory(source)._native, extra_vars=arguments(extra_vars), paths=paths
    )


def outputs(
    source: Source,
    consumer: str,
    *,
    cluster: str | None = None,
    extra_vars: ExtraVars = (),
    ca: str | os.PathLike[str] | None = None,
    cert: str | os.PathLike[str] | None = None,
    key: str | os.PathLike[str] | None = None,
    scope: str | None = None,
    namespace: str | None = None,
    vip: str | None = None,
    interface: str | None = None,
    node: str | None = None,
) -> str:
    """Renders what a consumer of a cluster needs, as ``etcd-plan outputs --for`` does.

    ``consumer`` is ``patroni``, ``vip-manager``, ``etcdctl``, ``prometheus`` or ``json``. ``ca``,
    ``cert`` and ``key`` are paths on the consumer's host; ``scope`` and ``namespace`` are Patroni's;
    ``vip`` (such as ``10.10.10.2/24``) with ``interface``, and ``node``, are for vip-manager.

    >>> import pyetcdplan
    >>> inventory = {"etcd": {"hosts": {"10.10.10.10": {"etcd_seq": 1}}}}
    >>> "10.10.10.10:2379" in pyetcdplan.outputs(inventory, "patroni", scope="pg-test")
    True
    """
    paths = {"ca": ca, "cert": cert, "key": key}
    texts = {"scope": scope, "namespace": namespace, "node": node}
    given: dict[str, object] = {
        name: os.fspath(path) for name, path in paths.items() if path is not None
    }
    given.update({name: text for name, text in texts.items() if text is not None})
    if vip is not None or interface is not None:
        given["vip"] = {"address": vip, "interface": interface}
    return _native.outputs(
        inventory(source)._native,
        consumer=consumer,
        cluster=cluster,
        extra_vars=arguments(extra_vars),
        given={name: json.dumps(value) for name, value in given.items()},
    )


def issue(
    source: Source,
    cn: str,
    *,
    cluster: str | None = None,
    extra_vars: ExtraVars = (),
    sans: Iterable[str] = (),
    validity: str | None = None,
    folder: str | os.PathLike[str] | None = None,
    renew: bool = False,
    base_dir: str | os.PathLike[str] | None = None,
) -> dict[str, Any]:
    """Issues a certificate for a client of a cluster, unless there is a good one.

    It is by the CA of the cluster's members, which must be there, and for clients alone. Gives the
    paths ``certificate``, ``key`` and ``ca``, the ``reasons`` for which it was issued (none when the
    one that was there was kept), and ``not_after``. ``base_dir`` is what ``ca_dir`` is relative to: by
    default the inventory's folder, or the current one. ``folder`` names another place than
    ``files/pki/clients`` there; ``validity`` is such as ``365d``.
    """
    found = inventory(source)
    base = base_dir if base_dir is not None else found.base_dir
    issued: dict[str, Any] = json.loads(
        _native.issue(
            found._native,
            cn=cn,
            cluster=cluster,
            extra_vars=arguments(extra_vars),
            sans=list(sans),
            validity=validity,
            folder=None if folder is None else os.path.abspath(folder),
            renew=renew,
            base_dir=os.curdir if base is None else base,
        )
    )
    return issued
