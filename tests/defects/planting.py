"""A copy of the project with one fault in it, and who finds it there."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.defects.planted import Defect

ROOT = Path(__file__).parent.parent.parent
NEEDED = ("compiler", "dsl", "specs", "tests", "generated", "docs", "pyproject.toml")
NO_TESTS, FAILED = 5, 1
"""What pytest exits with."""


@dataclass(frozen=True)
class Verdict:
    """Whether the tests found a fault, and what the main job's own comparisons said of it."""

    by_tests: bool
    by_job: bool
    said: str


def planted(defect: Defect, text: str) -> str:
    """A file's text with the fault. Raises `ValueError` where it has no one place for it."""
    if text.count(defect.old) != 1:
        raise ValueError(f"{defect.file} holds {defect.old!r} {text.count(defect.old)} times")
    return text.replace(defect.old, defect.new)


def copied(folder: Path) -> None:
    """The project in another folder, with the bytecode that fits it."""
    for name in NEEDED:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy2)(source, folder / name)


@contextmanager
def standing(defect: Defect, folder: Path) -> Iterator[None]:
    """Have the fault in a copy for a while.

    Python tells by time and size whether bytecode fits, so each fault has a time of its own.
    """
    path = folder / defect.file
    text, times = path.read_text("utf-8"), path.stat()
    path.write_text(planted(defect, text), encoding="utf-8")
    moment = sum(defect.name.encode()) * 1000 + len(defect.name)
    os.utime(path, (moment, moment))
    try:
        yield
    finally:
        path.write_text(text, encoding="utf-8")
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def tried(defect: Defect, folder: Path, *, job: bool = True) -> Verdict:
    """Plant the fault in a copy, and see who finds it there. Raises `ValueError` if no test ran."""
    with standing(defect, folder):
        tests = _run(
            folder, "pytest", "-x", "-q", "-p", "no:cacheprovider", *shlex.split(defect.tests)
        )
        own = _run(folder, "tests.defects.own_check") if job else None
    if tests.returncode not in (0, FAILED):
        raise ValueError(f"{defect.name}: pytest ended with {tests.returncode}\n{tests.stdout}")
    said = own.stdout.strip() or _last(own.stderr) if own else ""
    return Verdict(tests.returncode == FAILED, bool(own and own.returncode), said)


def _run(folder: Path, module: str, *args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *args]
    env = {**os.environ, "PYTHONPATH": str(folder), "CI": "1"}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def _last(text: str) -> str:
    return text.strip().rpartition("\n")[2]
