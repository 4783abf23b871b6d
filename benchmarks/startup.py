"""Start-up: whole commands, from the shell's call to the exit, against `import torch` alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.pairs import Row, Work, alternate, compared

ROOT = Path(__file__).parent.parent
AIM = 1 / 6
SPEC = "inception_v3"
PEER = "import torch"
RUN = "from compiler.cli import main; main()"  # What the installed script does.


def commands(folder: Path) -> Mapping[str, list[str]]:
    """Python's arguments for each command, for the peer, and for Python alone."""
    words = {
        "check": [],
        "cost": [],
        "source": ["-o", str(folder / "net.py")],
        "draw": ["-o", str(folder / "net.dot")],
    }
    ours = {name: ["-c", RUN, name, SPEC, *more] for name, more in words.items()}
    return {**ours, "python": ["-c", ""], PEER: ["-c", PEER]}


def run(arguments: list[str]) -> None:
    """One process. Raises `CalledProcessError` where it fails."""
    # Installed packages come compiled to bytecode, so ours may be as well.
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, *arguments]
    subprocess.run(command, cwd=ROOT, env=environ, check=True, stdout=subprocess.DEVNULL)


def rows(*, quick: bool) -> Iterator[Row]:
    """One row a command; Python alone is the least that any can take."""
    with TemporaryDirectory() as folder:
        works: dict[str, Work] = {
            name: partial(run, words) for name, words in commands(Path(folder)).items()
        }
        seconds = alternate(works, 3 if quick else 15)
    for name in list(works)[:-1]:
        aim = None if name == "python" else AIM
        yield compared(f"start-up of {name}", seconds, name, PEER, aim)
