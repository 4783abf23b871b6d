"""Hatching: what stands for a colour where there is none, and how every format draws it alike.

A hatch is bands one below the other, repeated as often as there is room, and each band is a line
with or without dashes: so it is a dashed line in SVG, boxes in TikZ, and cells in DOT, which has no
patterns. Nothing of it needs a name, so two drawings in one page can't get in each other's way.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from math import ceil
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from compiler.picture.labels import Cell

Hatch = Literal[
    "blank", "full", "level", "levels", "upright", "uprights", "grid", "dots", "specks", "dashes"
]
"""Thin and thick lines either way, lines both ways, dots of two sizes, dashes; nothing, and all."""


class Dash(NamedTuple):
    """How long the ink of a band is, and the gap after it; without a gap it is a line."""

    on: int
    off: int

    @property
    def gap(self) -> int:
        """What is left free before the first."""
        return self.off // 2


LINE = Dash(1, 0)
BANDS: dict[Hatch, tuple[tuple[int, Dash | None], ...]] = {
    "blank": (),
    "full": ((0, LINE),),
    "level": ((1, None), (1, LINE), (2, None)),
    "levels": ((2, LINE), (2, None)),
    "upright": ((0, Dash(1, 4)),),
    "uprights": ((0, Dash(2, 2)),),
    "grid": ((3, Dash(1, 4)), (1, LINE)),
    "dots": ((1, None), (2, Dash(2, 2)), (1, None)),
    "specks": ((2, None), (1, Dash(1, 5)), (1, None)),
    "dashes": ((2, None), (1, Dash(5, 4)), (2, None)),
}
"""Points that each band is high, and its ink; one of no height is as high as its cell."""
PLATE, LEAST = 2, 5
"""Points of a plate beside its text, and of what is worth hatching beside the plate."""


class Band(NamedTuple):
    """A stretch of a cell from left to right, and its ink if it has any."""

    top: float
    height: float
    dash: Dash | None


class Field(NamedTuple):
    """What is hatched of a cell, from its left and its top: all within its outline."""

    inset: float
    width: float
    height: float
    plate: float
    """Of that, points in the middle that are left to a text."""
    bands: tuple[Band, ...]

    @property
    def side(self) -> float:
        """Points on either side of the text."""
        return (self.width - self.plate) / 2


def hatched(cell: Cell) -> Field:
    """How a cell is hatched."""
    inset = 1 if cell.outline else 0
    width, height = cell.width - 2 * inset, cell.height - 2 * inset
    text = ceil(sum(run.room for run in cell.runs))
    plate = text + (width - text) % 2 + 2 * PLATE if text else 0
    plate = width if text and width - plate < 2 * LEAST else plate
    return Field(inset, width, height, plate, tuple(_bands(BANDS[cell.hatch or "blank"], height)))


def _bands(bands: tuple[tuple[int, Dash | None], ...], height: float) -> Iterator[Band]:
    top = 0.0
    for high, dash in cycle(bands):
        most = min(high or height, height - top)
        yield Band(top, most, dash)
        top += most
        if top >= height:
            break


def stretches(dash: Dash | None, width: float) -> Iterator[tuple[float, bool]]:
    """The widths of a band's ink and gaps in turn, and which of them it is."""
    if dash is None or not dash.off:
        yield width, dash is not None
        return
    yield min(dash.gap, width), False
    left = float(dash.gap)
    for most, inked in cycle([(dash.on, True), (dash.off, False)]):
        if left >= width:
            break
        yield min(most, width - left), inked
        left += most


def inked(band: Band, width: float) -> Iterator[tuple[float, float]]:
    """Where a band's ink is: from where on, and how wide."""
    left = 0.0
    for most, on in stretches(band.dash, width):
        if on:
            yield left, most
        left += most
