"""What is known of a run, epoch by epoch, and the table that it is kept in."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Scores:
    """How well a network tells classes: the mean loss, and shares of images that it got right."""

    loss: float
    top1: float
    top5: float


@dataclass(frozen=True)
class Record:
    """One epoch: what was trained at which rate, and how well the network did then.

    `train_top1` is counted while the weights still change. `held` are images held out of the
    training images, `test` those of the test.
    """

    epoch: int
    step: int
    rate: float
    train_loss: float
    train_top1: float
    held_loss: float | None
    held_top1: float | None
    test_loss: float | None
    test_top1: float | None
    test_top5: float | None
    seconds: float

    @property
    def score(self) -> float:
        """What the best epoch is chosen by: a share of images that are right.

        Of those that were held out; else of the test; else of those that were trained on.
        """
        found = (self.held_top1, self.test_top1, self.train_top1)
        return next(score for score in found if score is not None)


def as_csv(records: list[Record]) -> str:
    """A table of one row an epoch, numbers as short as they can be read back from."""
    out = io.StringIO()
    writer = csv.DictWriter(out, [each.name for each in fields(Record)], lineterminator="\n")
    writer.writeheader()
    for record in records:
        writer.writerow(
            {key: "" if value is None else value for key, value in asdict(record).items()}
        )
    return out.getvalue()


def as_data(records: list[Record]) -> list[dict[str, Any]]:
    """The same as plain data."""
    return [asdict(record) for record in records]


def from_data(rows: list[dict[str, Any]]) -> list[Record]:
    """Records from plain data."""
    return [Record(**row) for row in rows]
