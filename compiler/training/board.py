"""A run in TensorBoard's files, where that is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from compiler.training.records import Record
from compiler.training.running import Progress


class Board:
    """Writes a run's numbers, an epoch at a time."""

    def __init__(self, folder: Path) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer: Any = SummaryWriter(str(folder))

    def stepped(self, progress: Progress) -> None:
        """Steps are many, and epochs say enough."""

    def finished(self, record: Record, *, best: bool) -> None:
        """Write what is known of an epoch, under the name that the table gives it."""
        for name, value in vars(record).items():
            if name not in ("epoch", "step") and value is not None:
                self._writer.add_scalar(name.replace("_", "/", 1), value, record.epoch)
        self._writer.flush()

    def save(self, state: dict[str, Any]) -> None:
        """States are kept elsewhere."""


def board(folder: Path) -> list[Board]:
    """One where TensorBoard is installed, none where it isn't."""
    try:
        return [Board(folder)]
    except ImportError:
        return []
