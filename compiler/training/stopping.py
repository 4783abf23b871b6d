"""Signals on which a run keeps its state and ends, once there is something to keep."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass
class Stop:
    """Whether a run is to end: `signal` is the number of what was heard, 0 for nothing yet.

    Before it has `begun` there is nothing to keep, and a signal ends it at once.
    """

    signal: int = 0
    begun: bool = False

    def hear(self, number: int, _: FrameType | None) -> None:
        """Note a signal; a second one ends at once: somebody insists."""
        if self.signal or not self.begun:
            raise KeyboardInterrupt if number == signal.SIGINT else SystemExit(128 + number)
        self.signal = number


@contextmanager
def listening(stop: Stop) -> Iterator[None]:
    """Note signals instead of ending at once, where this thread may: only the main one hears."""
    try:
        before = {each: signal.signal(each, stop.hear) for each in SIGNALS}
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
