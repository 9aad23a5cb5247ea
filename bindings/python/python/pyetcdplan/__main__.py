"""``python -m pyetcdplan demo``: three members with mutual TLS on this machine, built and shown."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from . import _demo


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line, and gives its exit code."""
    parser = argparse.ArgumentParser(prog="python -m pyetcdplan")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="builds a throw-away cluster of three, and shows it")
    demo.add_argument("--dir", type=Path, help="where its hosts are; a new folder, by default")
    demo.add_argument("--network", default="127.0.0", help="the loopback network; %(default)s")
    demo.add_argument("--keep", action="store_true", help="leaves the cluster running")
    chosen = parser.parse_args(arguments)
    folder = chosen.dir or Path(tempfile.mkdtemp(prefix="pyetcdplan-"))
    code = _demo.run(folder, network=chosen.network, keep=chosen.keep)
    if chosen.dir is None and not (chosen.keep and code == 0):
        shutil.rmtree(folder, ignore_errors=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
