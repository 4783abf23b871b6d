"""Files of a data set as they are published: where they must lie, and whether they are whole.

Nothing is downloaded here. Whoever has the files puts them in place, as they came.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from compiler.training.sets.faults import DataFault
from dsl.text.counts import count


@dataclass(frozen=True)
class Published:
    """A file by its name, with its size and its MD5."""

    name: str
    size: int
    md5: str

    def __str__(self) -> str:
        return f"{self.name} ({self.size:,} bytes)"


def contents(data: str, folder: Path, files: tuple[Published, ...], page: str) -> tuple[bytes, ...]:
    """What the files of a data set hold. Raises `DataFault` for any that isn't whole."""
    missing = [file for file in files if not (folder / file.name).is_file()]
    if missing:
        names = ", ".join(map(str, missing))
        message = f"{data} isn't in {folder}"
        raise DataFault(
            message,
            f"put there as they are, or into a folder that --data-path names, from {page}: {names}",
        )
    return tuple(_whole(folder / file.name, file, page) for file in files)


def _whole(path: Path, file: Published, page: str) -> bytes:
    again = f"download it again from {page}"
    try:
        size = path.stat().st_size
        if size != file.size:
            raise DataFault(f"{path} has {count(size, 'byte')}, not {file.size:,}", again)
        data = path.read_bytes()
    except OSError as error:
        raise DataFault(f"can't read {path}: {error.strerror}") from error
    found = hashlib.md5(data, usedforsecurity=False).hexdigest()
    if found != file.md5:
        message = f"{path} isn't what was published: its MD5 is {found}, not {file.md5}"
        raise DataFault(message, again)
    return data
