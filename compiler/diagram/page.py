"""The overview: a whole network on one page, one row per resolution."""

from __future__ import annotations

from compiler.diagram.facts import has_convs, sheet_name, usual
from compiler.diagram.grid import Grid
from compiler.diagram.heading import (
    Strip,
    blank,
    brought,
    heading,
    joined,
    meanings,
    swatch,
    titled,
    words,
    wrapped,
)
from compiler.diagram.heat import Heat
from compiler.diagram.kernels import DEPTHWISE, by_size, every
from compiler.diagram.rows import Row, rows
from compiler.diagram.style import STRIP
from compiler.diagram.text import brief, shape, si
from compiler.diagram.wishes import PLAIN, Wishes
from compiler.ir.measures import Measure
from compiler.ir.network import Network
from compiler.ir.nodes import macs, params
from compiler.picture.ink import FRAME
from compiler.picture.labels import small
from compiler.picture.sheet import Sheet

MIXED = "without a gap = one branch, of several kernels"
NARROWEST = 520
"""Legends get that much room, however narrow the grid is."""


def overview(network: Network, wishes: Wishes = PLAIN) -> Sheet:
    """The network on one page: its blocks with branches and shapes, coloured by an amount."""
    measure = wishes.measure
    lines = list(rows(network, measure))
    heat = Heat.over([card.amount for each in lines for card in each.cards])
    grid = Grid(lines, heat)
    page = max(grid.width, NARROWEST)
    notes = [
        *([brought(usual(network))] if has_convs(network) else []),
        *meanings(note for each in lines for card in each.cards for note in card.notes),
        *([words((small(MIXED),))] if _is_mixed(lines) else []),
    ]
    legend = [*wrapped([_branches(lines), _steps(heat, measure)], page), *wrapped(notes, page)]
    title = titled(network.title or network.name, _amounts(network), page)
    return Sheet(
        sheet_name(network, "overview"),
        network.title or network.name,
        _amounts(network),
        heading([*(title if wishes.title else []), *(legend if wishes.legend else [])]),
        *grid.placed(),
    )


def _is_mixed(lines: list[Row]) -> bool:
    strips = (card.strip for each in lines for card in each.cards)
    return any(piece.parts for rows in strips for row in rows for piece in row)


def _amounts(network: Network) -> str:
    nodes = network.trunk
    amount = f"{si(sum(map(params, nodes)))} parameters, {si(sum(map(macs, nodes)))}"
    return f"{amount} multiply-accumulates at {shape(network.input)} (inference)"


def _branches(lines: list[Row]) -> Strip:
    """The legend of the strips: every kernel that dominates a branch."""
    strips = [card.strip for each in lines for card in each.cards]
    pieces = [piece for rows in strips for piece in every(rows)]
    found = {name: {k for p in pieces if p.bucket == name for k in p.kernels} for name in STRIP}
    kernels = {name: sorted(of, key=by_size) for name, of in found.items()}
    told = {name: ", ".join(of) for name, of in kernels.items() if of}
    if DEPTHWISE in told:
        told[DEPTHWISE] = f"{DEPTHWISE} {told[DEPTHWISE]}"
    entries = [_entry(swatch(STRIP[name], FRAME), text) for name, text in told.items()]
    caption = words((small("output channels by branch"),), gap=6)
    return joined(caption, *entries, blank(14)) if entries else blank(0)


def _steps(heat: Heat, measure: Measure) -> Strip:
    """The legend of the heat: each step's colour and upper bound."""
    scale = heat.scale()
    texts = [(ink, f"≤ {brief(n, measure.unit)}" if n else "0") for ink, n in scale]
    entries = [_entry(swatch(ink, FRAME), text) for ink, text in texts]
    return joined(words((small(measure.caption),), gap=6), *entries)


def _entry(box: Strip, text: str) -> Strip:
    return joined(box, blank(5), words((small(text),), gap=12))
