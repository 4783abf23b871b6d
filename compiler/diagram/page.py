"""The overview: a whole network on one page, one row per resolution."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.diagram.facts import has_convs, sheet_name, usual
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
from compiler.diagram.kernels import DEPTHWISE, by_size, every
from compiler.diagram.lanes import CloseColumn, Column, Wide, stages
from compiler.diagram.rows import ROW, Row, cards, fewer, rows
from compiler.diagram.spacing import even
from compiler.diagram.style import HATCHES, STRIP
from compiler.diagram.text import brief, shape, si
from compiler.diagram.turning import Placed, turned
from compiler.diagram.wishes import PLAIN, Layout, Wishes
from compiler.ir.measures import Measure
from compiler.ir.network import Network
from compiler.ir.nodes import macs, params
from compiler.picture.ink import FRAME, Ink
from compiler.picture.labels import Cell, small
from compiler.picture.sheet import Sheet

MIXED = "without a gap = one branch, of several kernels"
STEP = 8
"""Points around the number of a step of the scale."""
NARROWEST = 520
"""Legends get that much room, however narrow the grid is."""


def overview(network: Network, wishes: Wishes = PLAIN) -> Sheet:
    """The network on one page: its blocks with branches and shapes, coloured by an amount.

    Raises `ValueError` where it can't be as it is wished for.
    """
    wishes.only("an overview", "layout", "heat")
    room, kinds = wishes.room, LAYOUTS[wishes.layout]
    if not room:
        return _sheet(network, wishes, kinds[0], ROW)
    found = [(kind, ROW, False) for kind in kinds]
    if wishes.layout == "snake":
        found = [(Grid, n, above) for n in range(ROW, 0, -1) for above in (False, True)]
    return fitted((_sheet(network, wishes, *each) for each in found), room)


LAYOUTS: dict[Layout, tuple[type[Grid], ...]] = {
    "snake": (Grid,),
    "column": (Column, CloseColumn),
    "wide": (Wide,),
}
"""How boxes stand in each layout, the roomiest first."""


def _sheet(
    network: Network, wishes: Wishes, kind: type[Grid], columns: int, above: bool = False
) -> Sheet:
    """The overview, a snake in so many columns, its labels above its rows or beside."""
    lines = list(rows(network, wishes.measure, columns))
    if wishes.layout == "column":
        lines = [Row("", stages(fewer(cards(network, wishes.measure)), wishes.measure))]
    heat = Heat.over([card.amount for each in lines for card in each.cards])
    grid = kind(lines, heat, above=above or wishes.layout != "snake")
    page, title = max(grid.width, wishes.narrowest(NARROWEST)), network.title or network.name
    head = [
        *(titled(title, amounts(network), page, wrap=bool(wishes.fit)) if wishes.title else []),
        *(_legend(network, lines, (heat, wishes.measure), page) if wishes.legend else []),
    ]
    name = sheet_name(network, "overview")
    placed = turned(*grid.placed()) if wishes.up else grid.placed()
    return Sheet(name, title, amounts(network), heading(head), *placed)


def schema(network: Network, wishes: Wishes) -> tuple[Placed, list[Strip]]:
    """The network as a column alone, and what its colours mean."""
    found = stages(fewer(cards(network, wishes.measure)), wishes.measure)
    heat = Heat.over([card.amount for card in found])
    grid = Column([Row("", found)], heat, above=True)
    return turned(*grid.placed()) if wishes.up else grid.placed(), _steps(heat, wishes.measure)


def _legend(
    network: Network, lines: list[Row], heat: tuple[Heat, Measure], page: float
) -> Iterator[Strip]:
    notes = [
        *([brought(usual(network))] if has_convs(network) else []),
        *meanings(note for each in lines for card in each.cards for note in card.notes),
        *([words((small(MIXED),))] if _is_mixed(lines) else []),
    ]
    colours = [each for each in (_branches(lines), _steps(*heat)) if each]
    if all(span(joined(*each)) <= page for each in colours):
        yield from wrapped([joined(*each) for each in colours], page)
    else:
        for each in colours:
            yield from wrapped(each, page)
    yield from wrapped(notes, page)


def _is_mixed(lines: list[Row]) -> bool:
    strips = (card.strip for each in lines for card in each.cards)
    return any(piece.parts for rows in strips for row in rows for piece in row)


def amounts(network: Network) -> str:
    """What the network has and does, for its title."""
    nodes = network.trunk
    amount = f"{si(sum(map(params, nodes)))} parameters, {si(sum(map(macs, nodes)))}"
    return f"{amount} multiply-accumulates at {shape(network.input)} (inference)"


def _branches(lines: list[Row]) -> list[Strip]:
    """The legend of the strips: every kernel that dominates a branch."""
    strips = [card.strip for each in lines for card in each.cards]
    pieces = [piece for rows in strips for piece in every(rows)]
    found = {name: {k for p in pieces if p.bucket == name for k in p.kernels} for name in STRIP}
    kernels = {name: sorted(of, key=by_size) for name, of in found.items()}
    told = {name: ", ".join(of) for name, of in kernels.items() if of}
    if DEPTHWISE in told:
        told[DEPTHWISE] = f"{DEPTHWISE} {told[DEPTHWISE]}"
    boxes = {name: swatch(STRIP[name], FRAME, HATCHES[name]) for name in told}
    entries = [_entry(boxes[name], text) for name, text in told.items()]
    caption = words((small(f"output channels; a branch = {BRANCH}"),), gap=6)
    return [joined(caption, entries[0]), *entries[1:], blank(14)] if entries else []


def _steps(heat: Heat, measure: Measure) -> list[Strip]:
    """The legend of the heat: a scale whose steps say up to where they reach."""
    texts = [(ink, f"≤ {brief(n, measure.unit)}" if n else "0") for ink, n in heat.scale()]
    return [words((small(measure.caption),), gap=6), joined(*(_step(*each) for each in texts))]


def _step(ink: Ink, text: str) -> Strip:
    said = small(text)
    return (Cell(even(said.room) + STEP, LEGEND, (said,), fill=ink, outline=FRAME),)


def _entry(box: Strip, text: str) -> Strip:
    return joined(box, blank(5), words((small(text),), gap=12))
