"""What keeps a run from beginning or going on, for the person who reads it."""

from __future__ import annotations


class TrainingFault(Exception):
    """A run that can't begin or go on; the message says why, and `help` what would do."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.help = help


class Interrupted(Exception):
    """A signal came, and the state was saved; `signal` is its number."""

    def __init__(self, signal: int) -> None:
        super().__init__(f"signal {signal}")
        self.signal = signal
