"""What Prometheus and Grafana need."""

from __future__ import annotations

import json

import pyetcdplan
import pytest
from conftest import THREE
from pyetcdplan import EtcdPlanError, InventoryError


def test_files_are_given_by_their_paths() -> None:
    files = pyetcdplan.monitoring(THREE, cert="/etc/prometheus/client.crt", targets="/t/*.yml")
    assert "README.md" in files
    job = files["prometheus/scrape/etcd.yml"]
    assert "/etc/prometheus/client.crt" in job and '"/t/*.yml"' in job and "/etc/pki/ca.crt" in job
    assert "etcd-3" in files["prometheus/rules/etcd-members.yml"]
    dashboard = json.loads(files["grafana/dashboards/etcd-overview.json"])
    assert dashboard["title"] == "ETCD Overview"


def test_extra_variables_count() -> None:
    files = pyetcdplan.monitoring(THREE, extra_vars={"etcd_cluster": "meta"})
    assert "meta-1" in files["prometheus/rules/etcd-members.yml"]


def test_what_is_not_good_is_told() -> None:
    with pytest.raises(EtcdPlanError, match="not an absolute path") as raised:
        pyetcdplan.monitoring(THREE, ca="ca.crt")
    assert raised.value.code == "bad-path" and raised.value.hints
    with pytest.raises(InventoryError):
        pyetcdplan.monitoring("etcd: { hosts: { a: { etcd_seq: -1 } } }")
