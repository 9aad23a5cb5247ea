"""What the Python binding costs: a thousand clusters, planned from Python and from Rust.

    cargo xtask bench python [--profile release] [--clusters 1000] [--rounds 15]

Builds the native module into an environment of its own in `target/python-bench`, with the feature
`bench`, which gives it the same work without Python in between: both sides are the same build. Prints
the medians and their ratio, which is to stay below 1.2.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

REPOSITORY = Path(__file__).resolve().parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))


def main() -> None:
    """Measures, in the environment, which is made first."""
    parser = argparse.ArgumentParser(description="What the Python binding costs.")
    parser.add_argument("--profile", default="release")
    parser.add_argument("--clusters", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.inside:
        measure(chosen.clusters, chosen.rounds)
    else:
        python = environment(chosen.profile)
        subprocess.run([python, __file__, "--inside", *sys.argv[1:]], check=True)


def environment(profile: str) -> Path:
    """Builds the package into an environment, and gives its Python."""
    folder = TARGET / "python-bench"
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    build = f"--profile {profile} --locked --features bench"
    settings = {**os.environ, "PATH": path, "MATURIN_PEP517_ARGS": build}
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "maturin>=1.10,<2"], check=True)
    package = REPOSITORY / "bindings" / "python"
    again = ["--force-reinstall", "--no-build-isolation", str(package)]
    subprocess.run([*pip, *again], check=True, env=settings)
    return python


def measure(clusters: int, rounds: int) -> None:
    """Plans from both sides in turns, so that a slow moment is one of both."""
    import pyetcdplan
    from pyetcdplan import _native

    text = inventory(clusters)
    from_python: list[float] = []
    from_rust: list[float] = []
    for _ in range(rounds + 1):
        begun = time.perf_counter()
        plan = pyetcdplan.Plan.from_inventory(pyetcdplan.Inventory.parse(text))
        from_python.append(time.perf_counter() - begun)
        assert len(plan.clusters) == clusters
        del plan
        from_rust.append(_native.plan_in_rust(text))
    # The first round pays for memory that the others find.
    python, rust = median(from_python[1:]), median(from_rust[1:])
    print(f"{clusters} clusters, text to plan, median of {rounds}:")
    print(f"  from Rust    {rust * 1000:8.1f} ms")
    print(f"  from Python  {python * 1000:8.1f} ms")
    print(f"  ratio        {python / rust:8.3f}")


def inventory(clusters: int) -> str:
    """Writes an inventory of so many clusters of three."""
    groups = []
    for number in range(clusters):
        network = f"10.{number // 256}.{number % 256}"
        hosts = "\n".join(f"    {network}.{seq}: {{ etcd_seq: {seq} }}" for seq in (1, 2, 3))
        variables = f"{{ etcd_cluster: etcd-{number} }}"
        groups.append(f"etcd-{number}:\n  hosts:\n{hosts}\n  vars: {variables}\n")
    return "".join(groups)


if __name__ == "__main__":
    main()
