"""Each save of a set of files, as editors make them: in place, or by another file's renaming.

Folders are watched rather than files, since a file that is renamed to is another one than that
which was there. Once a second the files themselves are looked at, so that no save is lost where a
system tells nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from compiler.checking.gathering import SUFFIXES

QUIET = 10
"""For so many milliseconds nothing is saved before one looks: editors cut a file off, then write.

One that takes longer is seen twice, so what looks half-written is best looked at again.
"""
LONGEST = 1_000
"""After so many one looks even so."""
Stamp = tuple[int, int, int] | None
"""What tells one content of a file from another; None where there is none."""


def saves(files: Callable[[], Iterable[Path]]) -> Iterator[None]:
    """Once at first, and then each time that some were saved; `files` are asked for each time.

    Another YAML file in one of their folders counts too: it may be what was missing.
    """
    from watchfiles import watch

    now = _stamps(files())
    yield
    seen = {**_stamps(files()), **now}  # What is saved in between counts as not yet seen.
    while True:
        folders = _folders(seen)
        for changes in watch(
            *folders,
            recursive=False,
            watch_filter=lambda _, path: path.endswith(SUFFIXES),
            debounce=LONGEST,
            step=QUIET,
            rust_timeout=LONGEST,
            yield_on_timeout=True,
            raise_interrupt=True,
        ):
            now = _stamps(seen)
            if not changes and now == seen:
                continue
            yield
            seen = {**_stamps(files()), **now}
            if _folders(seen) != folders:
                break


def _stamps(files: Iterable[Path]) -> dict[Path, Stamp]:
    return {path: _stamp(path) for path in files}


def _stamp(path: Path) -> Stamp:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _folders(files: Iterable[Path]) -> set[Path]:
    """The folders in which the files are, and in which those are that links lead to."""
    found = {path.absolute().parent for path in files} | {path.resolve().parent for path in files}
    return {folder for folder in found if folder.is_dir()}
