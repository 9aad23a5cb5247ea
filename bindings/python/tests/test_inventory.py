"""Inventories: from text, files and dictionaries; clusters and findings."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pyetcdplan
import pytest
from conftest import THREE
from pyetcdplan import Inventory, InventoryError


def test_a_text_a_file_and_a_dictionary_are_one_inventory(tmp_path: Path) -> None:
    file = tmp_path / "pigsty.yml"
    file.write_text(THREE)
    members = {f"10.10.10.1{seq - 1}": {"etcd_seq": seq} for seq in (1, 2, 3)}
    data = {"etcd": {"hosts": members, "vars": {"etcd_cluster": "etcd"}}}
    documents = {
        pyetcdplan.plan(source).to_json().replace(str(file), "inventory")
        for source in (Inventory.parse(THREE), Inventory.from_path(file), THREE)
    }
    assert len(documents) == 1
    clusters = {json.dumps(pyetcdplan.plan(s).clusters) for s in (THREE, file, str(file), data)}
    assert clusters == {'["etcd"]'}
    assert Inventory.from_path(file).base_dir == tmp_path


def test_what_ansible_lists_is_an_inventory() -> None:
    listed = {
        "_meta": {"hostvars": {"10.10.10.10": {"etcd_seq": 1, "etcd_cluster": "e"}}},
        "all": {"children": ["ungrouped", "etcd"]},
        "etcd": {"hosts": ["10.10.10.10"]},
    }
    (cluster,) = Inventory.from_dict(listed).clusters
    assert cluster.name == "e"
    assert [member.host for member in cluster.members] == ["10.10.10.10"]


def test_clusters_have_all_parameters_and_where_they_come_from() -> None:
    text = THREE.replace("etcd_cluster: etcd", "etcd_cluster: etcd, etcd_quota_backend_bytes: 4GiB")
    inventory = Inventory.parse(text, "pigsty.yml")
    (cluster,) = inventory.clusters
    assert cluster.quorum == 2
    assert cluster.tolerance == 1
    assert cluster.members[0].client_url == "https://10.10.10.10:2379"
    assert cluster.parameters["etcd_port"].origin == "default"
    quota = cluster.parameters["etcd_quota_backend_bytes"]
    assert (quota.value, quota.origin) == ("4GiB", "pigsty.yml:7:57")


def test_all_findings_are_told_at_once_and_can_be_pickled() -> None:
    text = "etcd: { hosts: { a: { etcd_seq: x }, b: { etcd_seq: 1 }, c: { etcd_seq: 1 } } }"
    with pytest.raises(InventoryError) as raised:
        pyetcdplan.plan(text)
    error = raised.value
    errors = [finding for finding in error.diagnostics if finding.severity == "error"]
    assert len(errors) >= 2
    assert error.code == errors[0].code
    assert errors[0].hint in error.hints
    assert str(errors[0]) in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert (again.code, again.hints, again.diagnostics) == (
        error.code,
        error.hints,
        error.diagnostics,
    )


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InventoryError, match="nowhere.yml.*No such file") as raised:
        pyetcdplan.plan(tmp_path / "nowhere.yml")
    assert raised.value.code == "unreadable"
    assert raised.value.diagnostics == ()
    assert raised.value.hints


def test_an_inventory_without_a_cluster_is_told() -> None:
    with pytest.raises(InventoryError) as raised:
        _ = Inventory.parse("web: { hosts: { 10.0.0.1: {} } }").clusters
    assert raised.value.code == "no-cluster"
