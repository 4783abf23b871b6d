"""Writing where the user says: whole or not at all, and through what stands there."""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from pathlib import Path

from compiler.files.parts import about, parts, write_all

Content = str | bytes

_DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/fd/([0-9]{1,4})")
_STANDARD = {"/dev/stdout": 1, "/dev/stderr": 2}
_IN_PLACE = (errno.EACCES, errno.EPERM, errno.EBUSY, errno.EROFS)
"""A file that may be written where its folder may not, or that is mounted by itself."""


def write(path: Path, content: Content) -> None:
    """Write a file as a user means it who names it.

    - A regular file is replaced at once, and keeps its mode: a reader sees the old text or the
      new, never a part.
    - A link is written through, and stays a link.
    - A file that has more than one name is written in place, so that it keeps them all. Should
      that fail, what was there is put back.
    - Into anything else (a pipe, a device) the content is written.

    Folders are not made. Raises `OSError` where it can't be done; nothing is left behind then.
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        _write(path, data)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise about(path, error) from None


def same_file(one: Path, other: Path) -> bool:
    """Whether both lead to one plain file, which writing to either would replace."""
    try:
        return one.is_file() and one.samefile(other)
    except (OSError, ValueError):
        return False


def _write(path: Path, data: bytes) -> None:
    number = _descriptor(path)
    if number is not None:
        _pour(os.dup(number), data)
        return
    try:
        there = path.stat()
    except FileNotFoundError:
        _replace(_end(path), data)
        return
    if stat.S_ISDIR(there.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(there.st_mode):
        _pour(os.open(path, os.O_WRONLY | getattr(os, "O_NOCTTY", 0)), data)
    elif not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "it is write-protected", str(path))
    elif there.st_nlink > 1:
        _overwrite(path, data)
    else:
        _replace(_end(path), data)


def _descriptor(path: Path) -> int | None:
    """The number of a file that is open already, where the path is that one's name."""
    name = os.path.abspath(path)  # noqa: PTH100 - `resolve` would follow the link.
    if name in _STANDARD:
        return _STANDARD[name]
    found = _DESCRIPTOR.fullmatch(name)
    return int(found[1]) if found else None


def _end(path: Path) -> Path:
    """Where the links lead, whether or not there is something yet. Its folder must be there."""
    end = Path(os.path.realpath(path))
    if end.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    if not end.parent.exists():
        message = f"there is no folder {end.parent}"
        raise FileNotFoundError(errno.ENOENT, message, str(path))
    return end


def _pour(handle: int, data: bytes) -> None:
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        write_all(handle, data)
    finally:
        os.close(handle)


def _replace(path: Path, data: bytes) -> None:
    """Put a new file in the place of an old one, if there is one."""
    try:
        with parts([(path, data)]) as made:
            made[0].put()
    except OSError as error:
        if error.errno not in _IN_PLACE or not os.access(path, os.W_OK):
            raise
        _overwrite(path, data)


def _overwrite(path: Path, data: bytes) -> None:
    """Write into a file that stays itself; put its old content back if that fails."""
    with path.open("r+b", buffering=0) as stream:
        old = stream.read()
        try:
            _refill(stream.fileno(), data)
        except BaseException:
            _refill(stream.fileno(), old)
            raise


def _refill(handle: int, data: bytes) -> None:
    os.lseek(handle, 0, os.SEEK_SET)
    write_all(handle, data)
    os.ftruncate(handle, len(data))
    os.fsync(handle)
