"""Where the trials of a sweep are kept: a file in its folder, or a database."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import optuna
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import FrozenTrial

from compiler.files.holding import PAUSE, Held, hold
from compiler.training.faults import TrainingFault

JOURNAL, TURN = "trials.journal", "journal.lock"
"""The file, and the one that a process holds while it reads or writes there."""
HEARTBEAT, GRACE = 60, 180
"""Seconds between two signs of life in a database, and until a trial without any has failed."""
BLOCK = 4096
"""Bytes that are looked through at a time for the end of a line."""
Again = Callable[[optuna.Study, FrozenTrial], None]


def storage(folder: Path, url: str | None, again: Again) -> optuna.storages.BaseStorage:
    """The file in a folder, or the database at an address.

    `again` is called for a trial of which a database has heard nothing for too long. Raises
    `TrainingFault` for a database that can't be had.
    """
    if url is not None:
        return _database(url, again)
    journal = folder / JOURNAL
    return optuna.storages.JournalStorage(JournalFileBackend(str(journal), Turn(journal)))


class Turn(JournalFileOpenLock):
    """Whose turn it is to write to the file: a lock of the system's, that goes with its process.

    Optuna's are files whose being there is the lock. One that is left by a process which was killed
    there keeps all others waiting, for ever where its path is relative.
    """

    def __init__(self, journal: Path) -> None:
        super().__init__(str(journal))
        self._journal = journal
        self._held: Held | None = None

    def acquire(self) -> bool:
        """Wait for it; a line that wasn't written whole goes, as nobody believes that it stands."""
        while (held := hold(self._journal.with_name(TURN))) is None:
            time.sleep(PAUSE)
        self._held = held
        if self._journal.exists():
            with self._journal.open("rb+") as file:
                file.truncate(_whole(file))
        return True

    def release(self) -> None:
        """Let others have it."""
        if self._held:
            self._held.release()


def _whole(file: BinaryIO) -> int:
    """The length of a file up to the end of its last whole line."""
    end = file.seek(0, os.SEEK_END)
    while end:
        start = max(end - BLOCK, 0)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


@contextmanager
def quiet() -> Iterator[None]:
    """Heartbeats are called experimental, and have been since 2021."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield


def _database(url: str, again: Again) -> optuna.storages.BaseStorage:
    from sqlalchemy.exc import SQLAlchemyError

    with quiet():
        try:
            return optuna.storages.RDBStorage(
                url,
                heartbeat_interval=HEARTBEAT,
                grace_period=GRACE,
                heartbeat_stale_trial_callback=again,
            )
        except (SQLAlchemyError, ImportError) as error:
            first = str(error).strip().splitlines()[0]
            raise TrainingFault(f"the database can't be had: {first}") from None
