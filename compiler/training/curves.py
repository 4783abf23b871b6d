"""How runs went, as a drawing: what was right, the loss and the rate, epoch by epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from compiler.diagram.heading import Strip, broken, heading, titled, words
from compiler.diagram.style import KERNELS, LOOKS
from compiler.picture.ink import GRID, Ink
from compiler.picture.labels import Cell, Run, line, small, strong
from compiler.picture.metrics import fit
from compiler.picture.sheet import Sheet, Tile
from compiler.picture.strokes import Dash, Point, Stroke
from compiler.training.axes import Axis, axis_for, whole_ticks
from compiler.training.records import Record, best_of
from dsl.text.counts import count

Value = Callable[[Record], float | None]
Ends = list[tuple[float, str, Ink]]
"""How high a curve ends, what is said of it there, and in which ink."""

LEFT, WIDE, RIGHT = 52, 520, 150
"""Points for numbers, for the curves, and for what they are called behind their ends."""
GAP, CAPTION, BELOW = 26, 20, 18
LETTERS, ROW = 10, 13
FINE = 240
"""A curve has about so many points at most."""


@dataclass(frozen=True)
class Part:
    """Images that an epoch is told of, and how their curve is drawn."""

    name: str
    dash: Dash
    thick: float
    ink: Ink


PARTS = (
    Part("trained on", "dotted", 1.4, LOOKS["conv"].line),
    Part("held out", "dashed", 1.4, LOOKS["factorised"].line),
    Part("test", "solid", 1.8, LOOKS["pool"].line),
)
RUNS = tuple(
    look.line for look in (*(LOOKS[name] for name in ("conv", "pool", "factorised", "depthwise")),
                           KERNELS["5×5"])
)  # fmt: skip
"""The inks of runs that are drawn together; there are as many at most."""


@dataclass(frozen=True)
class Panel:
    """One of the things that are told: of which images, and how its numbers are written."""

    name: str
    high: float
    values: Mapping[Part, Value]
    written: Callable[[float], str]
    most: float | None = None


def _percent(value: float) -> str:
    return f"{round(100 * value, 2):g} %"


def _plain(value: float) -> str:
    return f"{float(f'{value:.3g}'):g}"


TRAINED, HELD, TEST = PARTS
RATE = Part("", "solid", 1.4, LOOKS["conv"].line)
PANELS = (
    Panel("right", 190, {
        TRAINED: lambda record: record.train_top1,
        HELD: lambda record: record.held_top1,
        TEST: lambda record: record.test_top1,
    }, _percent, 1.0),
    Panel("loss", 190, {
        TRAINED: lambda record: record.train_loss,
        HELD: lambda record: record.held_loss,
        TEST: lambda record: record.test_loss,
    }, _plain),
    Panel("rate at the epoch's end", 80, {RATE: lambda record: record.rate}, _plain),
)  # fmt: skip
"""What is drawn, from top to bottom."""


def learning_curves(runs: Mapping[str, Sequence[Record]]) -> Sheet:
    """The curves of runs by their names, which have an epoch at least.

    Raises `ValueError` for more runs than can be told apart, and for one without an epoch.
    """
    if len(runs) > len(RUNS):
        raise ValueError(f"{len(RUNS)} runs can be told apart in a drawing, not {len(runs)}")
    if empty := [name for name, records in runs.items() if not records]:
        raise ValueError(f"{empty[0]} has no epoch to draw yet")
    last = max(record.epoch for records in runs.values() for record in records)
    tiles: list[Tile] = []
    strokes: list[Stroke] = []
    top = 0.0
    for panel in PANELS:
        for piece in _Frame(panel, runs, last, top + CAPTION).pieces():
            (tiles if isinstance(piece, Tile) else strokes).append(piece)  # type: ignore[arg-type]
        top += CAPTION + panel.high + GAP
    tiles += _epochs(last, top - GAP)
    said = "; ".join(f"{name}: {_best(records)}" for name, records in runs.items())
    about = f"Share of images told right, loss and rate over {count(last, 'epoch')}. {said}"
    title, label = f"How {', '.join(runs)} went", heading(_strips(runs))
    return Sheet("curves", title, about, label, tuple(tiles), strokes=tuple(strokes))


def _best(records: Sequence[Record]) -> str:
    best = best_of(records)
    return f"{_percent(best.score)} right at best, in epoch {best.epoch} of {len(records)}"


def _strips(runs: Mapping[str, Sequence[Record]]) -> Iterator[Strip]:
    """The title; of several runs a line for each in its ink."""
    width = LEFT + WIDE + RIGHT
    if len(runs) == 1:
        ((name, records),) = runs.items()
        yield from titled(name, _best(records), width)
        return
    yield from titled(f"{len(runs)} runs", "", width)
    for ink, (name, records) in zip(RUNS, runs.items(), strict=False):
        run = Run(f"{name}: {_best(records)}", 11, ink=ink)
        yield from (words((part,)) for part in broken(run, width))


@dataclass(frozen=True)
class _Frame:
    """A panel with its curves, from `top` on."""

    panel: Panel
    runs: Mapping[str, Sequence[Record]]
    last: int
    top: float

    def pieces(self) -> Iterator[Tile | Stroke]:
        axis = axis_for([value for _, _, curve in self._curves() for _, value in curve],
                        self.panel.most)  # fmt: skip
        yield _text(self.panel.name, LEFT, self.top - CAPTION, WIDE, "start", bold=True)
        for tick in axis.ticks:
            y = self._height(axis, tick)
            yield Stroke(((LEFT, y), (LEFT + WIDE, y)), GRID, 0.8)
            yield _text(self.panel.written(tick), 0, y - ROW / 2, LEFT - 6, "end")
        for epoch in whole_ticks(self.last):
            x = _across(epoch, self.last)
            yield Stroke(((x, self.top), (x, self.top + self.panel.high)), GRID, 0.5)
        ends: Ends = []
        for part, ink, curve in self._curves():
            points = [(_across(epoch, self.last), self._height(axis, value))
                      for epoch, value in _thinned(curve)]  # fmt: skip
            yield (
                _mark(points[0], ink)
                if len(points) == 1
                else Stroke(tuple(points), ink, part.thick, part.dash)
            )
            ends.append((points[-1][1], f"{part.name} {self.panel.written(curve[-1][1])}", ink))
        yield from self._named(ends)

    def _curves(self) -> Iterator[tuple[Part, Ink, list[tuple[int, float]]]]:
        """Each curve that has points, with its ink."""
        for place, records in enumerate(self.runs.values()):
            for part, value in self.panel.values.items():
                found = ((record.epoch, value(record)) for record in records)
                curve = [
                    (epoch, each) for epoch, each in found if each is not None and isfinite(each)
                ]
                if curve:
                    yield part, part.ink if len(self.runs) == 1 else RUNS[place], curve

    def _height(self, axis: Axis, value: float) -> float:
        return self.top + self.panel.high * (1 - axis.place(value))

    def _named(self, ends: Ends) -> Iterator[Tile]:
        """What curves are called behind their ends, one below the other where these are close."""
        ranked = sorted(ends, key=lambda end: end[0])
        most = self.top + self.panel.high - ROW * (len(ranked) - 1)
        least = self.top - 2 * ROW
        for place, (y, text, ink) in enumerate(ranked):
            least = max(least + ROW, min(y, most + ROW * place))
            yield _text(text.strip(), LEFT + WIDE + 8, least - ROW / 2, RIGHT - 8, "start", ink=ink)


def _across(epoch: int, last: int) -> float:
    """Where an epoch stands: the first at the left, the last at the right."""
    return LEFT + WIDE * ((epoch - 1) / (last - 1) if last > 1 else 0.5)


def _epochs(last: int, top: float) -> Iterator[Tile]:
    """Numbers of epochs below the last panel."""
    for epoch in whole_ticks(last):
        yield _text(str(epoch), _across(epoch, last) - 30, top + 3, 60, "middle")
    yield _text("epoch", LEFT + WIDE + 16, top + 3, RIGHT - 8, "start")


def _thinned(curve: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """The lowest and the highest point of each stretch where there are many, and both ends."""
    stretch = -(-len(curve) * 2 // FINE)
    if stretch <= 2:
        return curve
    kept = {0, len(curve) - 1}
    for start in range(0, len(curve), stretch):
        places = range(start, min(start + stretch, len(curve)))
        kept |= {min(places, key=lambda i: curve[i][1]), max(places, key=lambda i: curve[i][1])}
    return [curve[place] for place in sorted(kept)]


def _mark(point: Point, ink: Ink) -> Stroke:
    """A dot for a curve of one point."""
    x, y = point
    return Stroke(((x - 3, y), (x + 3, y)), ink, 6)


def _text(
    text: str, left: float, top: float, width: float, align: str, *, bold: bool = False,
    ink: Ink | None = None,
) -> Tile:  # fmt: skip
    """Text in a box that isn't drawn."""
    run = strong(text, 11) if bold else small(text, LETTERS)
    if ink:
        run = Run(text, LETTERS, ink=ink)
    shown = Run(fit(text, run.size, width, bold=bold), run.size, run.bold, run.ink)
    cell = Cell(width, ROW, (shown,), align)  # type: ignore[arg-type]
    name = f"{text} {left:g} {top:g}"
    return Tile(name, left, top, width, ROW, (line(cell),), LOOKS["plain"], "none")
