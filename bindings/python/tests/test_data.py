"""Goals that are about what a cluster holds: on simulated hosts."""

import json
from pathlib import Path

import pyetcdplan
import pytest

ONE = {"etcd": {"hosts": {"10.10.10.10": {"etcd_seq": 1}}}}


def test_a_backup_comes_to_this_machine(tmp_path: Path) -> None:
    executor = pyetcdplan.SimulatedExecutor()
    pyetcdplan.apply(ONE, executor)
    report = pyetcdplan.apply(
        ONE, executor, goal="backup", backup_to=str(tmp_path / "kept"), backup_keep=3
    )
    assert report.changed
    manifest, snapshot = sorted((tmp_path / "kept").iterdir(), key=lambda file: -len(file.name))
    assert json.loads(manifest.read_text())["size"] == snapshot.stat().st_size
    backup = pyetcdplan.status(ONE, executor).clusters[0].backup
    assert backup is not None and backup["kept_at"] == str(snapshot)
    with pytest.raises(TypeError, match="backup_two"):
        pyetcdplan.plan(ONE, goal="backup", backup_two="x")


def test_maintenance_of_a_fresh_cluster_has_nothing_to_do() -> None:
    executor = pyetcdplan.SimulatedExecutor()
    pyetcdplan.apply(ONE, executor)
    report = pyetcdplan.apply(ONE, executor, goal="maintain", keep_revisions=100, threshold=30)
    assert not report.changed
    assert any("from 30 % on" in note for note in report.notes)


def test_what_was_backed_up_is_restored(tmp_path: Path) -> None:
    executor = pyetcdplan.SimulatedExecutor()
    pyetcdplan.apply(ONE, executor)
    kept = tmp_path / "kept"
    pyetcdplan.apply(ONE, executor, goal="backup", backup_to=str(kept))
    snapshot, = kept.glob("*.db")
    report = pyetcdplan.apply(ONE, executor, goal="restore", snapshot=str(snapshot))
    assert report.changed and pyetcdplan.status(ONE, executor)
    with pytest.raises(pyetcdplan.PlanError, match="needs a snapshot"):
        pyetcdplan.plan(ONE, goal="restore")


def test_certificates_and_their_authority_are_rotated() -> None:
    executor = pyetcdplan.SimulatedExecutor()
    pyetcdplan.apply(ONE, executor)
    kept = pyetcdplan.apply(ONE, executor, goal="rotate-certs")
    assert not kept.changed and any("within the last hour" in note for note in kept.notes)
    assert pyetcdplan.apply(ONE, executor, goal="rotate-certs", again=True).changed
    for stage in ("trust", "issue", "finish"):
        report = pyetcdplan.apply(ONE, executor, goal="rotate-ca", stage=stage, again=True)
        assert report.changed, stage
    assert pyetcdplan.status(ONE, executor)
    with pytest.raises(pyetcdplan.PlanError, match="goes by stages"):
        pyetcdplan.plan(ONE, goal="rotate-ca")
    with pytest.raises(pyetcdplan.PlanError, match="is none of `trust`"):
        pyetcdplan.plan(ONE, goal="rotate-ca", stage="begin")


def test_a_cluster_that_is_well_is_not_recovered() -> None:
    executor = pyetcdplan.SimulatedExecutor()
    pyetcdplan.apply(ONE, executor)
    with pytest.raises(pyetcdplan.GuardRefused, match="the cluster has a quorum"):
        pyetcdplan.apply(ONE, executor, goal="recover")
    with pytest.raises(pyetcdplan.PlanError, match="leaves out no member that lives"):
        pyetcdplan.plan(ONE, goal="recover", depart=["10.10.10.10"])


def test_what_a_survivor_holds_is_recovered(tmp_path: Path) -> None:
    executor = pyetcdplan.SimulatedExecutor()
    hosts = [f"10.10.10.{number}" for number in (10, 11, 12)]
    three = {"etcd": {"hosts": {host: {"etcd_seq": seq} for seq, host in enumerate(hosts)}}}
    pyetcdplan.apply(three, executor)
    for host in hosts[1:]:
        executor.cut_network(host)
    kept = tmp_path / "kept"
    report = pyetcdplan.apply(
        three, executor, goal="recover", depart=hosts[1:], dead=True, backup_to=str(kept)
    )
    assert report.changed and len(list(kept.glob("*.db"))) == 1
    assert any("answers and knows no leader" in note for note in report.notes)
