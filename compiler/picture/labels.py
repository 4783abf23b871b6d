"""What stands in a box: lines of cells, each of a size of its own, with text in its middle.

Nothing here knows a format. A text is placed by its cell's edge or middle, never by how wide it
is, so that it stays in its cell with whatever font a reader has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from operator import is_
from typing import Literal

from compiler.picture.hatching import Hatch
from compiler.picture.ink import MUTED, TEXT, Ink, legible
from compiler.picture.metrics import room

BASELINE = 0.36
"""How far below a line's middle its letters stand, of their size: half of Helvetica's capitals."""
Align = Literal["start", "middle", "end"]
"""Where in its cell a text stands, as SVG's `text-anchor` has it."""


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text in one style."""

    text: str
    size: float = 11
    bold: bool = False
    ink: Ink = MUTED

    @property
    def room(self) -> float:
        """Points to set aside for it."""
        return room(self.text, self.size, bold=self.bold)


@dataclass(frozen=True, slots=True)
class Cell:
    """A rectangle with text. `port` is what an edge names that begins or ends here.

    `mono` is how it is hatched where there are no colours, `hatch` how it is drawn.
    """

    width: float
    height: float
    runs: tuple[Run, ...] = ()
    align: Align = "middle"
    fill: Ink | None = None
    outline: Ink | None = None
    port: str = ""
    mono: Hatch | None = None
    hatch: Hatch | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """Cells side by side, each in the middle of the line's height."""

    height: float
    cells: tuple[Cell, ...]

    @property
    def width(self) -> float:
        """Points that the cells take."""
        return sum(cell.width for cell in self.cells)


Label = tuple[Line, ...]


def strong(text: str, size: float = 12) -> Run:
    """Bold text in the main colour."""
    return Run(text, size, True, TEXT)


def small(text: str, size: float = 10) -> Run:
    """Muted small text: shapes, amounts."""
    return Run(text, size)


def beside(*runs: Run) -> tuple[Run, ...]:
    """The runs that have text, with a gap between."""
    shown = [run for run in runs if run.text]
    gap = Run("\u00a0\u00a0", 12)
    return tuple(piece for run in shown for piece in (gap, run))[1:]


def room_for(runs: Iterable[Run]) -> float:
    """Points to set aside for runs on one line."""
    return sum(run.room for run in runs)


def line(*cells: Cell, height: float | None = None) -> Line:
    """Cells side by side, as high as the highest unless told otherwise."""
    return Line(height or max(cell.height for cell in cells), cells)


@dataclass(frozen=True, slots=True)
class Spot:
    """A cell where it stands on a sheet."""

    cell: Cell
    left: float
    top: float

    @property
    def runs(self) -> tuple[Run, ...]:
        """What is written in it."""
        return tuple(run for run in self.cell.runs if run.text)

    @property
    def foot(self) -> tuple[float, float]:
        """Where its letters stand: at the edge or the middle that they are anchored to."""
        cell = self.cell
        across = {"start": 0, "middle": cell.width / 2, "end": cell.width}[cell.align]
        down = cell.height / 2 + BASELINE * max(run.size for run in self.runs)
        return self.left + across, self.top + down


def spots(label: Label, left: float, top: float) -> Iterator[Spot]:
    """The cells of a label that begins there."""
    for each in label:
        x = left
        for cell in each.cells:
            yield Spot(cell, x, top + (each.height - cell.height) / 2)
            x += cell.width
        top += each.height


def exits(ports: Iterable[float], width: float) -> Line:
    """A thin line at the bottom with a port, `b0`, `b1`…, around each of these places."""
    at, cells = 0.0, []
    for i, x in enumerate(ports):
        cells += [Cell(x - 2 - at, 1), Cell(4, 1, port=f"b{i}")]
        at = x + 2
    return Line(1, (*cells, Cell(width - at, 1)))


def readable(label: Label, fill: Ink) -> Label:
    """The label with inks that can be read on what they stand on: their cell, or else `fill`."""
    return tuple(_readable_line(each, fill) for each in label)


def _readable_line(each: Line, fill: Ink) -> Line:
    cells = tuple(_readable(cell, cell.fill or fill) if cell.runs else cell for cell in each.cells)
    return each if all(map(is_, cells, each.cells)) else replace(each, cells=cells)


def _readable(cell: Cell, fill: Ink) -> Cell:
    """The cell itself where all can be read, as nearly always."""
    inks = [legible(run.ink, fill) for run in cell.runs]
    if all(ink is run.ink for ink, run in zip(inks, cell.runs, strict=True)):
        return cell
    pairs = zip(cell.runs, inks, strict=True)
    return replace(cell, runs=tuple(replace(run, ink=ink) for run, ink in pairs))
