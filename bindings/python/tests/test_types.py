"""Types: the package against itself, and the stubs against the native module."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyetcdplan
import pytest
from conftest import PACKAGE, REPOSITORY


def check(tmp_path: Path, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_stubs_are_those_of_the_native_module(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    check(tmp_path, "mypy.stubtest", "pyetcdplan._native")


def test_the_package_and_its_use_are_typed(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    mypy = ["mypy", "--config-file", str(PACKAGE / "pyproject.toml")]
    mypy += ["--cache-dir", str(tmp_path / "cache")]
    folders = (PACKAGE / "tests", REPOSITORY / "examples" / "python")
    tests = [str(file) for folder in folders for file in folder.glob("*.py")]
    check(tmp_path, *mypy)
    check(tmp_path, *mypy, *tests)


def test_the_package_says_that_it_is_typed() -> None:
    assert (Path(pyetcdplan.__file__).parent / "py.typed").is_file()


def test_the_module_declares_that_it_needs_no_interpreter_lock() -> None:
    # On a build with the lock there is nothing to see but that it loads; on one without, loading it
    # must not bring the lock back.
    is_enabled = getattr(sys, "_is_gil_enabled", lambda: True)
    free_threaded = "free-threading" in sys.version
    assert is_enabled() is not free_threaded
