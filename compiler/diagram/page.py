"""The overview: a whole network on one page, one row per resolution."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import chain
from typing import NamedTuple

from compiler.diagram.basin import Basin
from compiler.diagram.bends import bent
from compiler.diagram.facts import sheet_name, usual
from compiler.diagram.fitting import fitted
from compiler.diagram.grid import Grid
from compiler.diagram.heading import (
    BRANCH,
    LEGEND,
    Strip,
    blank,
    brought,
    heading,
    joined,
    meanings,
    span,
    swatch,
    titled,
    words,
    wrapped,
)
from compiler.diagram.heat import Heat
from compiler.diagram.kernels import DEPTHWISE, MIXED, by_size, every
from compiler.diagram.lanes import BareColumn, CloseColumn, Column, Wide
from compiler.diagram.rows import ROW, Card, Row, cards, fewer, flowing, is_full, rows
from compiler.diagram.spacing import Spacing, even
from compiler.diagram.staging import Letters, lettered, stages
from compiler.diagram.style import HATCHES, STRIP, filled
from compiler.diagram.text import brief, shape, si
from compiler.diagram.turning import Placed, turned
from compiler.diagram.wishes import PLAIN, Wishes
from compiler.ir.measures import MEASURES, Measure
from compiler.ir.network import Network
from compiler.picture.ink import FRAME, Ink
from compiler.picture.labels import Cell, small
from compiler.picture.sheet import Sheet

PARTED = "without a gap = one branch"
STEP = 8
"""Points around the number of a step of the scale."""
MOST = 0.2
"""Of a drawing's height its legend takes no more, if a short one does."""
NARROWEST = 520
"""Legends get that much room, however narrow the grid is."""


def overview(network: Network, wishes: Wishes = PLAIN) -> Sheet:
    """The network on one page: its blocks with branches and shapes, coloured by an amount.

    Raises `ValueError` where it can't be as it is wished for.
    """
    wishes.only("an overview", "layout", "heat")
    room, ways, bends = wishes.room, _ways(network, wishes), _bends(network, wishes)
    if not room:
        return _sheet(network, wishes, next(chain(bends, ways)))
    if found := [*bends]:
        with suppress(ValueError):  # A U takes more room than a card does.
            return fitted((_sheet(network, wishes, way) for way in found), room)
    return fitted((_sheet(network, wishes, way) for way in ways), room)


class Way(NamedTuple):
    """A way to set out a network: rows of cards, and how they are drawn."""

    lines: list[Row]
    drawn: Callable[[list[Row], Heat], Grid]


def _ways(network: Network, wishes: Wishes) -> Iterator[Way]:
    """Every way that a layout has, the roomiest first."""
    measure = wishes.measure
    match wishes.layout:
        case "wide":
            yield Way(list(rows(network, measure)), partial(Wide, above=True))
        case "column":
            lines = [Row("", stages(fewer(cards(network, measure)), measure))]
            yield from (Way(lines, partial(kind, columns=n)) for kind, n in COLUMNS)
        case "snake":
            yield from _snakes(network, measure)


def _snakes(network: Network, measure: Measure) -> Iterator[Way]:
    """Rows of one resolution each, unless that leaves much room empty; then rows that are full."""
    first = list(rows(network, measure))
    for n in range(ROW, 0, -1) if is_full(first) else ():
        lines = first if n == ROW else list(rows(network, measure, n))
        yield from (Way(lines, partial(Grid, above=above)) for above in (False, True))
    for n in range(ROW, 0, -1):
        yield Way(list(flowing(network, measure, n)), partial(Grid, above=True))


def _bends(network: Network, wishes: Wishes) -> Iterator[Way]:
    """The same of a network with Us in it; none of all others."""
    for n in range(ROW, 0, -1) if wishes.layout == "snake" else ():
        lines = bent(network, wishes.measure, n)
        if lines is None:
            return
        yield from (Way(lines, partial(Basin, above=above, most=n)) for above in (False, True))


COLUMNS: tuple[tuple[type[Column], int], ...] = (
    *((Column, n) for n in (1, 2)),
    *((CloseColumn, n) for n in (1, 2)),
    (Column, 3),
    (CloseColumn, 3),
    *((BareColumn, n) for n in (1, 2, 3)),
)
"""How a column's boxes stand, and in how many columns, the roomiest first."""


def _sheet(network: Network, wishes: Wishes, way: Way) -> Sheet:
    """The overview, set out in a way."""
    lines = way.lines
    heat = Heat.over([card.amount for each in lines for card in each.cards])
    grid = way.drawn(lines, heat)
    pieces = _pieces(network, grid, (heat, wishes.measure, False), grid.width)
    needed = max(map(span, pieces), default=0)
    page = wishes.heading(grid.width, NARROWEST, needed if wishes.legend else 0)
    title = network.title or network.name
    above = titled(title, amounts(network), page, wrap=bool(wishes.fit)) if wishes.title else []
    name = sheet_name(network, "overview")
    placed = turned(*grid.placed()) if wishes.up else grid.placed()
    sheet = Sheet(name, title, amounts(network), heading(above), *placed)
    if not wishes.legend:
        return sheet
    for short in (False, True):
        told = _pieces(network, grid, (heat, wishes.measure, short), page)
        whole = replace(sheet, heading=heading([*above, *wrapped(told, page)]))
        if whole.head_height - sheet.head_height <= MOST * whole.height:
            break
    return whole


@dataclass(frozen=True)
class Schema:
    """A network as a column alone, on a page with drawings of its parts."""

    network: Network
    wishes: Wishes

    @cached_property
    def _stages(self) -> list[Card]:
        measure = self.wishes.measure
        return stages(fewer(cards(self.network, measure)), measure)

    @cached_property
    def _heat(self) -> Heat:
        return Heat.over([card.amount for card in self._stages])

    def legend(self, spacing: Spacing) -> list[Strip]:
        """What its colours and notes mean."""
        grid = self._grid({}, spacing)
        return [joined(*_steps(self._heat, self.wishes.measure)), *meanings(grid.notes)]

    def _grid(self, letters: Letters, spacing: Spacing) -> Grid:
        kind = Column if spacing.column else CloseColumn
        lines = [Row("", lettered(self._stages, letters))]
        return kind(lines, self._heat, between=spacing.between, letters=letters)

    def placed(self, letters: Letters, spacing: Spacing) -> Placed:
        """Its boxes, which say by letters where parts are drawn."""
        grid = self._grid(letters, spacing)
        return turned(*grid.placed()) if self.wishes.up else grid.placed()


def _pieces(
    network: Network, grid: Grid, heat: tuple[Heat, Measure, bool], page: float
) -> list[Strip]:
    """What is in the picture, in pieces of one line each."""
    shown, short = grid.cards, heat[2]
    notes = [
        *([brought(usual(network))] if _has_convs(shown) else []),
        *meanings(grid.notes),
        *([words((small(PARTED),))] if _is_mixed(shown) else []),
    ]
    colours = [each for each in (_branches(shown, short), _steps(*heat)) if each]
    whole = [[joined(*each)] if span(joined(*each)) <= page else each for each in colours]
    return [*chain(*whole), *notes]


def _has_convs(shown: list[Card]) -> bool:
    """Whether some card speaks of a convolution, by its kernel at least."""
    return any(card.conv or card.strip for card in shown)


def _is_mixed(shown: list[Card]) -> bool:
    return any(piece.parts for card in shown for row in card.strip for piece in row)


def amounts(network: Network) -> str:
    """What the network has and does, for its title."""
    params, macs = (sum(map(MEASURES[each].of, network.trunk)) for each in ("params", "macs"))
    amount = f"{si(params)} parameters, {si(macs)}"
    return f"{amount} multiply-accumulates at {shape(network.input)} (inference)"


def _branches(shown: list[Card], short: bool) -> list[Strip]:
    """The legend of the strips: every kernel that dominates a branch."""
    pieces = [piece for card in shown for piece in every(card.strip)]
    found = {name: {k for p in pieces if p.bucket == name for k in p.kernels} for name in STRIP}
    kernels = {name: sorted(of, key=by_size) for name, of in found.items()}
    told = {name: ", ".join(of) for name, of in kernels.items() if of}
    if DEPTHWISE in told:
        told[DEPTHWISE] = f"{DEPTHWISE} {told[DEPTHWISE]}"
    if any(piece.bucket == MIXED for piece in pieces):
        told[MIXED] = "several"
    boxes = {name: swatch(filled(name), FRAME, HATCHES[name]) for name in told}
    entries = [_entry(boxes[name], text) for name, text in told.items()]
    said = "output channels by branch"
    if any(piece.chosen for piece in pieces):
        said = f"branch = {BRANCH}" if short else f"output channels; a branch = {BRANCH}"
    caption = words((small(said),), gap=6)
    return [joined(caption, entries[0]), *entries[1:], blank(14)] if entries else []


def _steps(heat: Heat, measure: Measure, short: bool = False) -> list[Strip]:
    """The legend of the heat: a scale whose steps say up to where they reach; `short`, the last."""
    texts = [(ink, f"≤ {brief(n, measure.unit)}") for ink, n in heat.scale() if n]
    texts = [(ink, text if i in (0, len(texts) - 1) or not short else "")
             for i, (ink, text) in enumerate(texts)]  # fmt: skip
    if not texts:
        return []
    scale = joined(*(_step(*each) for each in texts), blank(14))
    return [words((small(measure.caption),), gap=6), scale]


def _step(ink: Ink, text: str) -> Strip:
    said = small(text)
    return (Cell(even(said.room) + STEP, LEGEND, (said,), fill=ink, outline=FRAME),)


def _entry(box: Strip, text: str) -> Strip:
    return joined(box, blank(5), words((small(text),), gap=12))
