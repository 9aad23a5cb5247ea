"""Every example in a docstring, and every Python block of a README, runs."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
from pathlib import Path
from types import ModuleType

import pyetcdplan
import pytest
from conftest import PACKAGE, REPOSITORY, THREE

MODULES = ["pyetcdplan"] + [
    f"pyetcdplan.{module.name}" for module in pkgutil.iter_modules(pyetcdplan.__path__)
]


@pytest.mark.parametrize("name", MODULES)
def test_docstrings_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    assert doctest.testmod(module).failed == 0


def test_there_are_docstrings_to_run() -> None:
    finder = doctest.DocTestFinder()
    examples = sum(len(test.examples) for test in finder.find(pyetcdplan, "pyetcdplan"))
    assert examples > 30


def test_everything_public_is_documented() -> None:
    missing = []
    for name in pyetcdplan.__all__:
        public = getattr(pyetcdplan, name)
        missing += [] if inspect.getdoc(public) else [name]
        if isinstance(public, type):
            missing += [
                f"{name}.{member}"
                for member, value in vars(public).items()
                if not member.startswith("_")
                and (callable(value) or isinstance(value, (property, classmethod, staticmethod)))
                and not inspect.getdoc(getattr(public, member))
            ]
    assert not missing


def blocks(file: Path) -> list[str]:
    """Gives the Python blocks of a page, in their order."""
    return re.findall(r"^```python\n(.*?)^```", file.read_text(), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("file", [PACKAGE / "README.md", REPOSITORY / "README.md"])
def test_the_blocks_of_a_readme_run(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pigsty.yml").write_text(THREE)
    # The hosts of the pages are nobody's: whoever would be reached over SSH is simulated.
    simulated = pyetcdplan.SimulatedExecutor()
    monkeypatch.setattr(pyetcdplan, "SshExecutor", lambda **_: simulated)
    monkeypatch.setattr(pyetcdplan._functions, "SshExecutor", lambda **_: simulated)
    found = blocks(file)
    assert found, f"{file} has no block of Python"
    names: dict[str, object] = {"__name__": "readme"}
    for number, block in enumerate(found):
        module = ModuleType("readme")
        module.__dict__.update(names)
        exec(compile(block, f"{file.name}, block {number + 1}", "exec"), module.__dict__)
        names = module.__dict__
