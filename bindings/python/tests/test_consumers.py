"""What consumers of a cluster need, and their certificates."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pyetcdplan
import pytest

INVENTORY = "etcd: { hosts: { 127.0.0.11: { etcd_seq: 1 } } }"


def test_outputs_are_rendered() -> None:
    text = pyetcdplan.outputs(INVENTORY, "patroni", scope="pg-test", cert="/pg/cert/server.crt")
    assert text.endswith(
        "scope: pg-test\nnamespace: /pg\netcd3:\n  hosts:\n    - \"127.0.0.11:2379\"\n"
        "  protocol: https\n  cacert: /etc/pki/ca.crt\n  cert: /pg/cert/server.crt\n"
        "  key: /etc/pki/etcd-client.key\n"
    )
    moved = {"vip": "10.10.10.2/24", "interface": "eth0"}
    assert 'ip: "10.10.10.2"' in pyetcdplan.outputs(
        INVENTORY, "vip-manager", scope="pg-test", **moved
    )
    document = json.loads(pyetcdplan.outputs(INVENTORY, "json"))
    assert document["endpoints"] == ["https://127.0.0.11:2379"]


def test_what_is_not_good_is_said() -> None:
    with pytest.raises(pyetcdplan.EtcdPlanError, match="vip-manager follows the leader"):
        pyetcdplan.outputs(INVENTORY, "vip-manager")
    with pytest.raises(pyetcdplan.EtcdPlanError, match="is not a consumer"):
        pyetcdplan.outputs(INVENTORY, "mysql")
    with pytest.raises(pyetcdplan.EtcdPlanError, match="where a name is wanted"):
        pyetcdplan.outputs(INVENTORY, "patroni", scope="a/b")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl")
def test_a_certificate_is_issued_once(tmp_path: Path) -> None:
    with pytest.raises(pyetcdplan.EtcdPlanError, match="there is no CA yet"):
        pyetcdplan.issue(INVENTORY, "patroni", base_dir=tmp_path)
    authority = tmp_path / "files/pki/ca"
    authority.mkdir(parents=True)
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650"
    make += " -subj /CN=ca -addext keyUsage=critical,keyCertSign -keyout ca.key -out ca.crt"
    subprocess.run(make.split(), cwd=authority, check=True, capture_output=True)
    issued = pyetcdplan.issue(INVENTORY, "patroni", base_dir=tmp_path)
    assert issued["reasons"] == ["is not there"]
    key = Path(issued["key"])
    assert key == tmp_path / "files/pki/clients/patroni.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert pyetcdplan.issue(INVENTORY, "patroni", base_dir=tmp_path)["reasons"] == []
