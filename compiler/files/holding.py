"""A file that a process holds for as long as it lives: another one sees whether it still does.

The lock is the system's, so it goes with the process, however that ends.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

PAUSE = 0.05
"""Seconds between two looks at a file that another process holds."""


class Held:
    """A file that this process holds until it lets go, or ends."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def release(self) -> None:
        """Let go."""
        os.close(self._handle)


def hold(path: Path) -> Held | None:
    """Hold a file, which is made if it isn't there; None where another process does."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        _lock(handle)
    except OSError:
        os.close(handle)
        return None
    return Held(handle)


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def holding(path: Path) -> Iterator[None]:
    """Hold a file for a while; waits until no other process does."""
    while (held := hold(path)) is None:
        time.sleep(PAUSE)
    try:
        yield
    finally:
        held.release()
