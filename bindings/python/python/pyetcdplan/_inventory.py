"""Hosts, groups and variables."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import _native
from ._records import Cluster, Diagnostic


class Inventory:
    """Hosts, groups and variables, as Ansible has them. It cannot be changed.

    >>> import pyetcdplan
    >>> inventory = pyetcdplan.Inventory.parse('''
    ... etcd:
    ...   hosts:
    ...     10.10.10.10: { etcd_seq: 1 }
    ...     10.10.10.11: { etcd_seq: 2 }
    ...     10.10.10.12: { etcd_seq: 3 }
    ...   vars: { etcd_cluster: etcd }
    ... ''')
    >>> cluster, = inventory.clusters
    >>> [member.name for member in cluster.members]
    ['etcd-1', 'etcd-2', 'etcd-3']
    >>> cluster.parameters["etcd_port"].value
    '2379'
    """

    def __init__(self, native: _native.Inventory, base_dir: Path | None = None) -> None:
        """Wraps the native inventory; use :meth:`parse`, :meth:`from_path` or :meth:`from_dict`."""
        self._native = native
        self._base_dir = base_dir

    @classmethod
    def parse(cls, text: str, name: str = "inventory") -> Inventory:
        """Reads an inventory from its text: YAML, or what ``ansible-inventory --list`` prints.

        Findings call the text by ``name``. Raises :class:`InventoryError`.
        """
        return cls(_native.Inventory.parse(text, name))

    @classmethod
    def from_path(cls, path: str | os.PathLike[str]) -> Inventory:
        """Reads an inventory from a file. Raises :class:`InventoryError`."""
        return cls(_native.Inventory.from_path(path), Path(path).absolute().parent)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], name: str = "inventory") -> Inventory:
        """Takes an inventory as YAML or JSON readers give it. Raises :class:`InventoryError`.

        >>> import pyetcdplan
        >>> hosts = {"10.10.10.10": {"etcd_seq": 1}}
        >>> pyetcdplan.Inventory.from_dict({"etcd": {"hosts": hosts}}).hosts
        ['10.10.10.10']
        """
        return cls.parse(json.dumps(data, indent=1, default=str), name)

    @property
    def base_dir(self) -> Path | None:
        """The folder of the file that it was read from."""
        return self._base_dir

    @property
    def hosts(self) -> list[str]:
        """The names of all hosts."""
        return self._native.hosts()

    @property
    def clusters(self) -> list[Cluster]:
        """The etcd clusters, with all their parameters. Raises :class:`InventoryError`."""
        return [Cluster.from_dict(cluster) for cluster in json.loads(self._native.clusters())]

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """The warnings found while it was read."""
        return [Diagnostic.from_dict(found) for found in json.loads(self._native.diagnostics())]

    def __repr__(self) -> str:
        return f"<Inventory of {len(self.hosts)} hosts>"
