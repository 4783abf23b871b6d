"""Files that can't be read or written, and packages that some kinds of file need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dsl.text.problems import NOWHERE, Problem, SpecError


def unreadable(path: Path | str, why: str, help: str = "", verb: str = "read") -> SpecError:
    """The error that a file can't be used."""
    return SpecError([Problem("E001", NOWHERE, f"can't {verb} {path}: {why}", help=help)])


@contextmanager
def needs(package: str, path: Path) -> Iterator[None]:
    """Say what to install where importing a package fails."""
    try:
        yield
    except ImportError:
        help = f"pip install {package}, or pip install 'inception-compile[weights]'"
        raise unreadable(path, f"this needs the package {package}", help) from None
