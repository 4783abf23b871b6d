"""What is known of a run, epoch by epoch, and the table that it is kept in."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
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
        return _first(self.held_top1, self.test_top1, self.train_top1)

    @property
    def loss(self) -> float:
        """The loss on the same images."""
        return _first(self.held_loss, self.test_loss, self.train_loss)


def _first(*found: float | None) -> float:
    return next(each for each in found if each is not None)


def best_of(records: Sequence[Record]) -> Record:
    """The best epoch, the first of equals. Raises `ValueError` where there is none yet."""
    return max(records, key=lambda record: record.score)


def as_csv(records: list[Record]) -> str:
    """A table of one row an epoch, numbers as short as they can be read back from."""
    out = io.StringIO()
    writer = csv.DictWriter(out, [each.name for each in fields(Record)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(asdict, records))
    return out.getvalue()


def from_csv(text: str) -> list[Record]:
    """What `as_csv` wrote. Raises `ValueError` for another table."""
    names = [each.name for each in fields(Record)]
    reader = csv.DictReader(io.StringIO(text))
    if reader.fieldnames != names:
        raise ValueError(f"its columns aren't {', '.join(names)}")
    return [_record(row, reader.line_num) for row in reader]


def _record(row: dict[str, str], number: int) -> Record:
    try:
        return Record(**{each.name: READERS[each.type](row[each.name]) for each in fields(Record)})
    except (TypeError, ValueError):
        raise ValueError(f"line {number} isn't a row of numbers") from None


READERS: Mapping[Any, Callable[[str], Any]] = {
    "int": int,
    "float": float,
    "float | None": lambda text: None if text == "" else float(text),
}
"""From a cell of the table to a number, by the type of its field."""


def as_data(records: list[Record]) -> list[dict[str, Any]]:
    """The same as plain data."""
    return [asdict(record) for record in records]


def from_data(rows: list[dict[str, Any]]) -> list[Record]:
    """Records from plain data."""
    return [Record(**row) for row in rows]
