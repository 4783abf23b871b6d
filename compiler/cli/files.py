"""Writing results, and comparing them with what is there."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path

from compiler.writing import write

__all__ = ["stale", "write"]

MOST_LINES = 60


def stale(folder: Path, wanted: Mapping[str, str]) -> Iterator[str]:
    """What differs between the texts wanted and those on disk, as unified diffs."""
    for name, text in wanted.items():
        path = folder / name
        old = _read(path)
        if old is None:
            yield f"missing: {path}"
        elif old != text:
            readable = path.suffix in (".py", ".txt")
            yield from _diff(path, old, text) if readable else [f"stale: {path}"]


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None


def _diff(path: Path, old: str, new: str) -> Iterator[str]:
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), f"{path} (on disk)", f"{path} (now)", lineterm=""
    )
    found = list(lines)
    yield from found[:MOST_LINES]
    if len(found) > MOST_LINES:
        yield f"… {len(found) - MOST_LINES} more lines differ"
