"""What became of every tensor, for people and for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

COPIED = "copied"
TRANSPOSED = "transposed"
FOLDED = "folded"
DEFAULT = "default"
SKIPPED = "skipped"
ACTIONS = (COPIED, TRANSPOSED, FOLDED, DEFAULT, SKIPPED)


@dataclass(frozen=True)
class Row:
    """One tensor: its name here and there (empty where a side has none), and what was done.

    `shape` is the shape here, or there for what only the source has.
    """

    ours: str
    theirs: str
    shape: tuple[int, ...]
    action: str
    note: str = ""


@dataclass(frozen=True)
class WeightsReport:
    """What became of every tensor, and what else should be known.

    `origin` is the file or `a state dict`; `notes` say in words what the rows can't.
    """

    network: str
    source: str
    origin: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def counts(self) -> dict[str, int]:
        """How many tensors each action took."""
        found = Counter(row.action for row in self.rows)
        return {action: found[action] for action in ACTIONS if found[action]}

    def lines(self) -> Iterator[str]:
        """The report as a person reads it: one line a tensor, the counts, the notes."""
        yield f"{self.network} <- {self.origin} ({self.source})"
        cells = [_cells(row) for row in self.rows]
        widths = [max((len(row[i]) for row in cells), default=0) for i in range(3)]
        for row in cells:
            aligned = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
            yield "  " + "  ".join([*aligned, row[3]]).rstrip()
        yield self.summary
        yield from (f"note: {note}" for note in self.notes)

    @property
    def summary(self) -> str:
        """`566 copied, 94 default`."""
        return ", ".join(f"{count} {action}" for action, count in self.counts.items())

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def as_json(self) -> str:
        """The same for programs, with `counts`."""
        return json.dumps({**asdict(self), "counts": self.counts}, indent=1)


def _cells(row: Row) -> tuple[str, str, str, str]:
    what = f"{row.action} ({row.note})" if row.note else row.action
    return row.ours or "-", row.theirs or "-", sizes(row.shape), what


def sizes(shape: tuple[int, ...]) -> str:
    """`64x3x7x7`; a single number is a `scalar`."""
    return "x".join(map(str, shape)) or "scalar"
