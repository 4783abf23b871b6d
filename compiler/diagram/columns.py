"""Branches as columns, bars across them: where every box of a detail stands.

Widths are fixed, and every edge leaves a bar by a port right above the box that it leads to, so
that no edge is slanted. Branches begin at one height, and their bar stands below the longest.
"""

from __future__ import annotations

from typing import NamedTuple

from compiler.diagram.bars import (
    CELL_HEIGHT,
    bar_label,
    departures,
)
from compiler.diagram.items import Box, Chain, Frame, Split
from compiler.diagram.ruler import Ruler, bypassed, widest
from compiler.diagram.spacing import ROOMY, Spacing
from compiler.diagram.wiring import Named, Place, Wiring
from compiler.picture.labels import Cell, Line, exits, strong
from compiler.picture.sheet import End

BETWEEN = ROOMY.between
"""Points between what stands one below the other."""
FORK = (strong("split"),)
ORIGIN = Place(0, 0)


class Reached(NamedTuple):
    """Where edges leave what was placed, and where what follows begins."""

    ends: list[End]
    top: float


class Columns:
    """Places a chain."""

    def __init__(
        self, wiring: Wiring, trunk: Chain, spacing: Spacing = ROOMY, at: Place = ORIGIN
    ) -> None:
        self._wiring, self._spacing = wiring, spacing
        self._ruler = Ruler(widest(trunk, spacing) if spacing.column else 0, spacing)
        self.width = self._ruler.chain(trunk)
        widths = self._ruler.spread(trunk, self.width, stretch=True)
        self._chain(trunk, widths, [], Place(at.left + (self.width - max(widths)) / 2, at.top))

    def _chain(
        self,
        chain: Chain,
        widths: list[int],
        sources: list[End],
        place: Place,
        leaving: list[float] | None = None,
    ) -> Reached:
        """Place items below `sources`, each in the middle of a column of the widest's width.

        Edges leave the last in its middle unless told where (`leaving`).
        """
        column, top = max(widths, default=0), place.top
        for i, item in enumerate(chain):
            here = Place(place.left + (column - widths[i]) / 2, top)
            ports = self._ruler.entries(chain[i + 1 : i + 2], widths[i])
            if leaving and i == len(chain) - 1:
                ports = leaving
            match item:
                case Box():
                    sources, top = self._box(item, widths[i], sources, ports, here)
                case Frame():
                    sources, top = self._frame(item, widths[i], sources, ports, here)
                case Split():
                    sources, top = self._split(item, widths[i], sources, ports, here)
        return Reached(sources, top)

    def _frame(
        self, frame: Frame, width: int, sources: list[End], ports: list[float], place: Place
    ) -> Reached:
        """A title, and what is in the frame as in a trunk of its own."""
        air = self._spacing.air
        within, inner = width - 2 * air, Place(place.left + air, place.top + air)
        entries = self._ruler.entries(frame.chain, within)
        named = self._title(frame.title, within, entries, inner)
        self._wiring.join(sources, named.entry(within / 2))
        widths = self._ruler.spread(frame.chain, within, stretch=True)
        if len(ports) > 1:  # Edges go straight down from it to several columns.
            widths[-1] = within
        shift = (within - max(widths)) / 2
        below = Place(inner.left + shift, named.bottom + self._spacing.between)
        leaving = [x - air - (within - widths[-1]) / 2 for x in ports]
        reached = self._chain(frame.chain, widths, named.exits(entries), below, leaving)
        bottom = reached.top - self._spacing.between + air
        self._wiring.frame(frame.title, place, (width, bottom - place.top))
        return Reached(reached.ends, bottom + self._spacing.between)

    def _title(self, title: Box, width: int, ports: list[float], place: Place) -> Named:
        height = self._spacing.tall(title, width, self._spacing.title)
        label = (*self._spacing.face(title, width, height - 1), exits(ports, width))
        return self._wiring.box(title, place, (width, height), label, title.outline)

    def _box(
        self, box: Box, width: int, sources: list[End], ports: list[float], place: Place
    ) -> Reached:
        height = self._spacing.tall(box, width, self._spacing.height)
        label = (*self._spacing.face(box, width, height - 1), exits(ports, width))
        named = self._wiring.box(box, place, (width, height), label, box.outline)
        self._wiring.join(sources, named.entry(width / 2))
        return Reached(named.exits(ports), named.bottom + self._spacing.between)

    def _split(
        self, split: Split, width: int, sources: list[End], ports: list[float], place: Place
    ) -> Reached:
        columns, top = self._ruler.columns(split, width), place.top
        if split.shares:
            sources, top = self._fork(split, width, columns, sources, place)
        ends: list[list[End]] = []
        bar = top
        for branch, (left, own) in zip(split.branches, columns, strict=True):
            n = len(self._ruler.entries(branch, own))
            mine, sources = sources[:n], sources[n:]
            widths = self._ruler.spread(branch, own, bypassed(split))
            shift = (own - max(widths, default=own)) / 2
            found = self._chain(branch, widths, mine, Place(place.left + left + shift, top))
            ends.append(found.ends)
            bar = max(bar, found.top)
        label = bar_label(split, columns, width, ports, self._spacing)
        size, under = (width, self._spacing.bar), Place(place.left, bar)
        named = self._wiring.box(split.bar, under, size, label, "square")
        for i, (each, (left, own)) in enumerate(zip(ends, columns, strict=True)):
            self._wiring.join(each, named.entry(left + own / 2, f"t{i}"))
        return Reached(named.exits(ports), named.bottom + self._spacing.between)

    def _fork(
        self,
        split: Split,
        width: int,
        columns: list[tuple[float, int]],
        sources: list[End],
        place: Place,
    ) -> Reached:
        """The bar that shares channels out: its cells say how many each branch gets."""
        ports = self._ruler.beginnings(split, width)
        height = self._spacing.bar - CELL_HEIGHT - 2
        label = (
            Line(height, (Cell(width, height, FORK),)),
            departures(split, columns, width),
            exits(ports, width),
        )
        told, path = f"split {', '.join(split.shares)}", f"{split.bar.path}.split"
        fork = Box(FORK, "join", told, path=path)
        size = (width, self._spacing.bar)
        named = self._wiring.box(fork, place, size, label, "square")
        self._wiring.join(sources, named.entry(width / 2))
        return Reached(named.exits(ports), named.bottom + self._spacing.between)
