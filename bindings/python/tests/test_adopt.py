"""Clusters that something else built."""

from __future__ import annotations

from pathlib import Path

import pyetcdplan
import pytest

HOSTS = ["10.10.10.10", "10.10.10.11", "10.10.10.12"]


def test_a_cluster_is_adopted_with_its_keys(tmp_path: Path) -> None:
    members = {host: {"etcd_seq": seq} for seq, host in enumerate(HOSTS, 1)}
    vars = {"etcd_cluster": "main", "etcd_heartbeat_interval": 150, "etcd_election_timeout": 1500}
    executor = pyetcdplan.SimulatedExecutor()
    pyetcdplan.apply({"main": {"hosts": members, "vars": vars}}, executor)
    with pytest.raises(pyetcdplan.EtcdPlanError, match="were not named"):
        pyetcdplan.adopt(HOSTS[:2], executor)
    output = tmp_path / "main.yml"
    adopted = pyetcdplan.adopt(HOSTS, executor, output=output)
    assert adopted.cluster == "main"
    assert adopted.notes == ()
    assert len(adopted.written) == 8
    assert output.read_text() == adopted.inventory
    key = tmp_path / "files/pki/etcd/main-2.key"
    assert key.stat().st_mode & 0o777 == 0o600
    report = pyetcdplan.plan(output).preview(executor)
    assert not report.changed
    output.write_text("all: {}")
    with pytest.raises(pyetcdplan.EtcdPlanError, match="main.yml"):
        pyetcdplan.adopt(HOSTS, executor, output=output)
