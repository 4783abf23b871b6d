"""Files that are being written, beside the place that they are for.

A part has a name that nobody else uses, and its folder is locked, shared with others, while
somebody writes. So what a killed run left behind can be told from what another run is busy with.
"""

from __future__ import annotations

import os
import re
import stat
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

if sys.platform != "win32":
    import fcntl

_NAME = re.compile(r"\.inception-compile\.[0-9a-f]{16}\.part")
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_TRIES = 20
"""How often to ask for a lock: whoever clears up a folder has it for a moment only."""
PATIENCE = 3000
"""How often, where another run is busy with a folder of results: for half a minute.

A run that writes again and again leaves moments only, and a busy machine may miss many.
"""


@dataclass(frozen=True)
class Part:
    """New content that lies beside `target`, whole and on the disk."""

    path: Path
    target: Path

    @classmethod
    def beside(cls, target: Path) -> Self:
        """A name for it; nothing is there yet."""
        return cls(target.with_name(f".inception-compile.{os.urandom(8).hex()}.part"), target)

    def fill(self, data: bytes) -> None:
        """Raises `OSError` about the target."""
        try:
            handle = os.open(self.path, _NEW, 0o600)
            try:
                write_all(handle, data)
                os.fsync(handle)
            finally:
                os.close(handle)
            self._take_after_target()
        except OSError as error:
            raise about(self.target, error) from None

    def _take_after_target(self) -> None:
        """Take the mode and owner that the target has, or the mode that a new file would get."""
        try:
            old = self.target.stat()
        except FileNotFoundError:
            self.path.chmod(0o666 & ~_umask())
            return
        here = self.path.stat()
        if (old.st_uid, old.st_gid) != (here.st_uid, here.st_gid) and sys.platform != "win32":
            with suppress(PermissionError):
                os.chown(self.path, old.st_uid, old.st_gid)
        self.path.chmod(stat.S_IMODE(old.st_mode))

    def put(self) -> None:
        """Replace the target at once: a reader sees the old content or the new."""
        try:
            self.path.replace(self.target)
        except OSError as error:
            raise about(self.target, error) from None

    def drop(self) -> None:
        """Remove what was not put in its place."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)


@contextmanager
def turn(folder: Path) -> Iterator[bool]:
    """Wait until nobody else writes in a folder; gives whether one has it to oneself then.

    Two runs that look at what stands there and then write would otherwise take each other's files
    for the user's. Who has waited for long goes on all the same: nothing is torn then either.
    """
    with _locked(folder, exclusive=True, tries=PATIENCE) as alone:
        if alone:
            _clear(folder)
        yield alone


@contextmanager
def parts(contents: Iterable[tuple[Path, bytes]], had: Path | None = None) -> Iterator[list[Part]]:
    """All contents as parts; what hasn't been put in its place in the end is removed.

    `had` is a folder that the caller has to himself.
    """
    made: list[Part] = []
    folders: set[Path | None] = {had}
    with ExitStack() as locks:
        try:
            for target, data in contents:
                if target.parent not in folders:
                    folders.add(target.parent)
                    sweep(target.parent)
                    locks.enter_context(_locked(target.parent, exclusive=False, tries=_TRIES))
                made.append(Part.beside(target))
                made[-1].fill(data)
            yield made
        finally:
            for part in made:
                part.drop()


def about(path: Path, error: OSError) -> OSError:
    """The same error, told of the file that the user knows."""
    return OSError(error.errno, error.strerror or str(error), str(path))


def write_all(handle: int, data: bytes) -> None:
    """Write to an open file until nothing is left; a pipe takes a little at a time."""
    left = memoryview(data)
    while left:
        left = left[os.write(handle, left) :]


def leftovers(folder: Path) -> list[Path]:
    """What killed runs left in a folder; nothing while another run writes there."""
    if not folder.is_dir():
        return []
    with _locked(folder, exclusive=True, tries=1) as alone:
        return _parts_in(folder) if alone else []


def sweep(folder: Path) -> None:
    """Remove what killed runs left in a folder, if nobody writes there just now."""
    with _locked(folder, exclusive=True, tries=1) as alone:
        if alone:
            _clear(folder)


def _clear(folder: Path) -> None:
    for path in _parts_in(folder):
        with suppress(OSError):
            path.unlink()


def _parts_in(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:
        named = [entry for entry in entries if _NAME.fullmatch(entry.name)]
    plain = (entry.name for entry in named if entry.is_file(follow_symlinks=False))
    return [folder / name for name in sorted(plain)]


@contextmanager
def _locked(folder: Path, *, exclusive: bool, tries: int) -> Iterator[bool]:
    """Hold a lock on a folder; gives whether it was to be had after so many tries.

    Without one nothing is lost: a part that is swept away while it is written fails to be put.
    """
    try:
        handle = os.open(folder, os.O_RDONLY) if sys.platform != "win32" else -1
    except OSError:
        yield False
        return
    try:
        yield handle < 0 or _lock(handle, exclusive=exclusive, tries=tries)
    finally:
        if handle >= 0:
            os.close(handle)


def _lock(handle: int, *, exclusive: bool, tries: int) -> bool:
    if sys.platform == "win32":
        return True
    kind = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
    for _ in range(tries):
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.01 if tries > 1 else 0)
        except OSError:  # Some network drives have no locks.
            return False
        else:
            return True
    return False


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask
