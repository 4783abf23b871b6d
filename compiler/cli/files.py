"""Writing results: whole or not at all, and comparing them with what is there."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

Content = str | bytes


def write(path: Path, content: Content) -> None:
    """Replace a file at once: a reader sees the old text or the new, never a part.

    Raises `OSError` where that can't be done; nothing is left behind then.
    """
    data = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        beside.chmod(_mode(path))
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _mode(path: Path) -> int:
    """The mode that the file has, or that a new one would get."""
    if path.exists():
        return path.stat().st_mode & 0o777
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


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
