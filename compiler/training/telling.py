"""How a run is going, on a terminal: a line that changes while an epoch runs, and one an epoch."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TextIO

from compiler.training.records import Record
from compiler.training.running import Progress

OFTEN = 0.2
"""Seconds between two changes of the line."""
SELDOM = 30.0
"""The same where lines can't change, as in a file."""


class Telling:
    """Tells of a run, in a stream that is a terminal or none."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self.stream = stream
        self.live = stream.isatty()
        self._clock = clock
        self._last = clock()
        self._width = 0

    def stepped(self, progress: Progress) -> None:
        """Say where the run is, unless that was said a moment ago."""
        now = self._clock()
        if now - self._last < (OFTEN if self.live else SELDOM):
            return
        self._last = now
        line = (
            f"epoch {progress.epoch}/{progress.epochs}, step {progress.step}/{progress.steps}: "
            f"rate {progress.rate:.3g}, loss {progress.loss:.4f}, right {progress.top1:.1%}, "
            f"{duration(progress.left)} left"
        )
        if self.live:
            self._over(line)
        else:
            self._line(line)

    def finished(self, record: Record, *, best: bool) -> None:
        """Say how an epoch went."""
        self._line(told(record, best=best))

    def save(self, state: dict[str, Any]) -> None:
        """Nothing to say: it is what a run does."""

    def clear(self) -> None:
        """Wipe the line that changes."""
        if self._width:
            self._over("")

    def _over(self, line: str) -> None:
        self.stream.write(f"\r{line:<{self._width}}" + ("" if line else "\r"))
        self.stream.flush()
        self._width = len(line)

    def _line(self, line: str) -> None:
        self.clear()
        self.stream.write(f"{line}\n")
        self.stream.flush()


def duration(seconds: float) -> str:
    """Seconds as a person says them.

    >>> duration(42), duration(754), duration(20_000)
    ('42 s', '12 min 34 s', '5 h 33 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def told(record: Record, *, best: bool) -> str:
    """How an epoch went, in a line."""
    parts = [f"trained on: loss {record.train_loss:.4f}, right {record.train_top1:.1%}"]
    if record.held_top1 is not None:
        parts.append(f"held out: loss {record.held_loss:.4f}, right {record.held_top1:.1%}")
    if record.test_top1 is not None:
        parts.append(f"test: loss {record.test_loss:.4f}, right {record.test_top1:.1%}")
    mark = " (best)" if best else ""
    return f"epoch {record.epoch}: {'; '.join(parts)}{mark}"
