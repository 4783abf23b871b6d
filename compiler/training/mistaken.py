"""What a network takes for what, as a drawing: the confusion matrix of an evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from compiler.diagram.heading import Strip, blank, heading, joined, remark, swatch, titled, words
from compiler.diagram.heat import Heat
from compiler.diagram.style import LOOKS
from compiler.picture.ink import FRAME, TEXT
from compiler.picture.labels import Cell, Line, Run, line, small
from compiler.picture.metrics import fit, room
from compiler.picture.sheet import Sheet, Tile
from compiler.training.evaluating import Evaluation
from dsl.text.counts import count

HEAT = Heat((0, 2, 10, 30, 70, 100))
"""Steps of a row's share, in per cent."""
COUNTED = 20
"""Of so many classes at most, each cell says how many images it stands for."""
NAMED = 60
"""So many classes at most have a row each; of more, neighbours share one."""
SHARED = 50
"""Rows of more classes than that, at most."""
LEAST = 420
"""Points that a title and what is said of the matrix may take at least."""
PAIRS = 12
"""Of so many pairs it is said how often one is taken for the other, where cells don't say it."""
NAME, LETTERS = 150, 10
"""Points that a class's name has beside its row, and the size of letters."""
WIDE, HIGH, LITTLE = 34, 22, 11
"""Points of a cell with a number, across and down, and of one without, both ways."""


@dataclass(frozen=True)
class Mistake:
    """How many of a class's images are told to be of another."""

    name: str
    told: str
    count: int
    of: int


def mistakes(found: Evaluation) -> Iterator[Mistake]:
    """What is mistaken most often first; of equals, in the order of the classes."""
    pairs = (
        (-count, i, j)
        for i, row in enumerate(found.confusion)
        for j, count in enumerate(row)
        if count and i != j
    )
    for less, i, j in sorted(pairs):
        yield Mistake(found.classes[i], found.classes[j], -less, sum(found.confusion[i]))


def confusion_matrix(found: Evaluation, name: str) -> Sheet:
    """The matrix of a network of that name: a row for what images are, a column for what is told.

    Colours are shares of a row, so that they mean the same whether a class has few images or many.
    """
    matrix = _Matrix(found)
    tiles = tuple(matrix.tiles())
    width = max(LEAST, *(tile.left + tile.width for tile in tiles))
    scores = found.scores
    about = f"{count(found.count, 'image')}, {100 * scores.top1:.2f} % right"
    strips = [*titled(name, about, width), *remark(matrix.note, width), _legend()]
    worst = next(mistakes(found), None)
    most = f" Most often {worst.name} is told to be {worst.told}." if worst else ""
    spoken = f"Confusion of {count(len(found.classes), 'class')}: {about}.{most}"
    return Sheet("confusion", f"What {name} takes for what", spoken, heading(strips), tiles)


def _legend() -> Strip:
    """What colours mean: shares of a row."""
    said = ["none", *(f"to {bound} %" for bound in HEAT.bounds[1:])]
    pieces = [words((small("of a row"),), gap=10)]
    for (ink, _), text in zip(HEAT.scale(), said, strict=True):
        pieces.append(joined(swatch(ink, FRAME), blank(5), words((small(text),), gap=10)))
    return joined(*pieces)


@dataclass(frozen=True)
class _Matrix:
    """What is drawn of an evaluation."""

    found: Evaluation

    @cached_property
    def groups(self) -> list[range]:
        """The classes of each row."""
        count = len(self.found.classes)
        size = 1 if count <= NAMED else -(-count // SHARED)
        return [range(start, min(start + size, count)) for start in range(0, count, size)]

    @cached_property
    def cells(self) -> list[list[int]]:
        """Images of each row and column."""
        rows = self.found.confusion
        return [
            [sum(rows[i][j] for i in group for j in other) for other in self.groups]
            for group in self.groups
        ]

    @property
    def counted(self) -> bool:
        """Whether cells say numbers."""
        return len(self.groups) <= COUNTED

    @property
    def size(self) -> tuple[float, float]:
        """Points of a cell."""
        if not self.counted:
            return LITTLE, LITTLE
        most = max(map(max, self.cells))
        return max(WIDE, room(f"{most:,}", LETTERS) + 8), HIGH

    @cached_property
    def numbered(self) -> bool:
        """Whether columns have the numbers of rows, as names don't fit there."""
        space = self.size[0] - 4
        return any(room(name, LETTERS) > space for name in self.found.classes)

    @property
    def note(self) -> str:
        """What has to be said of rows and columns."""
        said = "Rows are what images are, columns what they are told to be"
        if len(self.groups) < len(self.found.classes):
            size = len(self.groups[0])
            said += f"; of {len(self.found.classes):,} classes {size} neighbours share a row"
        return f"{said}."

    def named(self, group: range) -> str:
        """What stands beside a row: the class, or the first and the last of those that share it."""
        names = self.found.classes
        if len(group) == 1:
            return names[group[0]]
        return f"{names[group[0]]} … {names[group[-1]]}"

    def tiles(self) -> Iterator[Tile]:
        """The names, the matrix, and what is mistaken most often where cells don't say it."""
        _, high = self.size
        names = [self.named(group) for group in self.groups]
        letters = LETTERS if self.counted else 8
        space = min(NAME, max(room(name, letters) for name in names) + 1) + 8
        number = 8 + room(str(len(names)), letters) if self.numbered and self.counted else 0
        left, top = space + number, HIGH if self.counted else 0.0
        if self.counted:
            yield _tile("columns", left, 0, (self._columns(names),))
        yield _tile("rows", 0, top, tuple(self._rows(names, space, number, letters)))
        yield _tile("cells", left, top, tuple(self._lines()))
        if not self.counted and (pairs := [*mistakes(self.found)][:PAIRS]):
            yield _tile("mistakes", 0, top + high * len(names) + 14, tuple(_listed(pairs)))

    def _columns(self, names: Sequence[str]) -> Line:
        wide, _ = self.size
        said = [str(i + 1) for i in range(len(names))] if self.numbered else names
        return line(*(Cell(wide, HIGH, (small(text, LETTERS),)) for text in said))

    def _rows(
        self, names: Sequence[str], space: float, number: float, letters: float
    ) -> Iterator[Line]:
        _, high = self.size
        for place, name in enumerate(names):
            shown = Run(fit(name, letters, space - 8), letters, ink=TEXT)
            cells = [Cell(space - 8, high, (shown,), "end")]
            if number:
                cells.append(Cell(number, high, (small(str(place + 1), letters),), "end"))
            yield line(*cells)

    def _lines(self) -> Iterator[Line]:
        wide, high = self.size
        scale = [ink for ink, _ in HEAT.scale()]
        for i, row in enumerate(self.cells):
            whole = sum(row) or 1
            looks = [(HEAT.level(-(-100 * count // whole)), i == j, count)
                     for j, count in enumerate(row)]  # fmt: skip
            yield line(*(
                Cell(wide * len(alike), high, _count(look[2]) if self.counted else (),
                     fill=scale[look[0]], outline=FRAME if look[1] else None)
                for look, alike in _stretches(looks, whole=not self.counted)
            ))  # fmt: skip


Drawn = tuple[int, bool, int]
"""A cell: its step of heat, whether it is right, and its images."""


def _stretches(row: Sequence[Drawn], *, whole: bool) -> Iterator[tuple[Drawn, list[Drawn]]]:
    """Cells one by one, or neighbours that look the same as one."""
    if not whole:
        yield from ((cell, [cell]) for cell in row)
        return
    for _, alike in groupby(row, key=lambda cell: cell[:2]):
        cells = [*alike]
        yield cells[0], cells


def _count(count: int) -> tuple[Run, ...]:
    return (Run(f"{count:,}", LETTERS, ink=TEXT),) if count else ()


def _tile(name: str, left: float, top: float, label: tuple[Line, ...]) -> Tile:
    width = max(each.width for each in label)
    height = sum(each.height for each in label)
    return Tile(name, left, top, width, height, label, LOOKS["plain"], "none")


def _listed(pairs: Sequence[Mistake]) -> Iterator[Line]:
    """Sentences, the most frequent first."""
    yield line(Cell(420, 18, (Run("mistaken most often", 11, True, TEXT),), "start"))
    for pair in pairs:
        said = f"{pair.name} for {pair.told}: {pair.count:,} of {pair.of:,}"
        run = Run(fit(said, LETTERS, 416), LETTERS, ink=TEXT)
        yield line(Cell(420, 15, (run,), "start"))
