"""Branches as columns, bars across them: where every box of a detail stands.

Widths are fixed, and every edge leaves a bar by a port right above the box that it leads to, so
that no edge is slanted. Branches begin at one height, and their bar stands below the longest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from compiler.diagram.bars import (
    BAR_HEIGHT,
    CELL_HEIGHT,
    PAD,
    bar_label,
    cell_text,
    departures,
)
from compiler.diagram.chains import Box, Chain, Item, Split
from compiler.diagram.spacing import ROOMY, Spacing, even
from compiler.diagram.wiring import Place, Wiring
from compiler.picture.labels import Cell, Line, exits, room_for, strong
from compiler.picture.sheet import End

BETWEEN = 14
"""Points between what stands one below the other."""
FORK = (strong("split"),)
ORIGIN = Place(0, 0)


def widest(chain: Chain, spacing: Spacing, inside: bool = False) -> int:
    """The width of a plain column: the most that a box in a branch needs."""
    most = spacing.column
    for item in chain:
        if isinstance(item, Split):
            branched = not bypassed(item)
            most = max([most, *(widest(branch, spacing, branched) for branch in item.branches)])
        elif inside:
            most = max(most, spacing.need(item))
    return most


def bypassed(split: Split) -> bool:
    """Whether the input goes past one branch, which is like a trunk then."""
    return len(split.branches) == 2 and () in split.branches


@dataclass(frozen=True, slots=True)
class Ruler:
    """Widths and offsets, for a plain column of `unit` points."""

    unit: int
    spacing: Spacing

    def chain(self, chain: Chain) -> int:
        """The width that a chain takes."""
        return max((self.item(item) for item in chain), default=self.spacing.shortcut)

    def item(self, item: Item) -> int:
        """The width that a box or a split takes by itself."""
        if isinstance(item, Box):
            return max(self.unit, self.spacing.need(item))
        widths = self._branches(item)
        columns = sum(widths) + self.spacing.gap * (len(widths) - 1) + 2 * self._margin(item)
        return max(columns, self.spacing.alone(item.bar))

    def _branches(self, split: Split) -> list[int]:
        past = zip(split.branches, split.names, strict=True)
        names = ["" if chain else name for chain, name in past]  # Others have room in their column.
        said = zip(split.cells, split.shares or split.cells, names, strict=True)
        texts = (
            even(max(room_for(cell_text(told, name)), room_for(cell_text(share))) + PAD)
            for told, share, name in said
        )
        pairs = zip(split.branches, texts, strict=True)
        return [max(self.chain(branch), text) for branch, text in pairs]

    def _margin(self, split: Split) -> int:
        """Half of what balances a shortcut, so that what it bypasses stays in the middle."""
        if not bypassed(split):
            return 0
        return (min(self._branches(split)) + self.spacing.gap) // 2

    def columns(self, split: Split, width: float) -> list[tuple[float, int]]:
        """Each branch's left end and width, in a split that is `width` wide."""
        widths = self._branches(split)
        total = sum(widths) + self.spacing.gap * (len(widths) - 1)
        margin = self._margin(split)
        left = (width - total) / 2 + (margin if split.branches[-1] == () else -margin)
        out = []
        for column in widths:
            out.append((left, column))
            left += column + self.spacing.gap
        return out

    def entries(self, chain: Chain, width: float) -> list[float]:
        """Where edges enter a chain from above: one for each column of an opening split."""
        if not chain or isinstance(chain[0], Box) or chain[0].shares:
            return [width / 2]
        return self.beginnings(chain[0], width)

    def beginnings(self, split: Split, width: float) -> list[float]:
        """Where edges enter the branches of a split."""
        own = self.item(split)
        shift = (width - own) / 2
        columns = zip(split.branches, self.columns(split, own), strict=True)
        return [shift + left + x for branch, (left, w) in columns for x in self.entries(branch, w)]

    def spread(self, chain: Chain, width: int, stretch: bool) -> list[int]:
        """The width of each item of a branch: what opens a split is as wide as the split.

        `stretch` makes all as wide as the branch, as in a trunk.
        """
        if stretch:
            return [width] * len(chain)
        own = [self.item(item) for item in chain]
        after = [own[i + 1] if isinstance(item, Split) else 0 for i, item in enumerate(chain[1:])]
        return [max(pair) for pair in zip(own, [*after, 0], strict=False)]


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
        self._chain(trunk, [self.width] * len(trunk), [], at)

    def _chain(self, chain: Chain, widths: list[int], sources: list[End], place: Place) -> Reached:
        """Place items below `sources`, each in the middle of a column of the widest's width."""
        column, top = max(widths, default=0), place.top
        for i, item in enumerate(chain):
            here = Place(place.left + (column - widths[i]) / 2, top)
            ports = self._ruler.entries(chain[i + 1 : i + 2], widths[i])
            if isinstance(item, Box):
                sources, top = self._box(item, widths[i], sources, ports, here)
            else:
                sources, top = self._split(item, widths[i], sources, ports, here)
        return Reached(sources, top)

    def _box(
        self, box: Box, width: int, sources: list[End], ports: list[float], place: Place
    ) -> Reached:
        height = self._spacing.height
        label = (*self._spacing.face(box, width, height - 1), exits(ports, width))
        named = self._wiring.box(box, place, (width, height), label, box.outline)
        self._wiring.join(sources, named.entry(width / 2))
        return Reached(named.exits(ports), named.bottom + BETWEEN)

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
        size, under = (width, BAR_HEIGHT), Place(place.left, bar)
        named = self._wiring.box(split.bar, under, size, label, "square")
        for i, (each, (left, own)) in enumerate(zip(ends, columns, strict=True)):
            self._wiring.join(each, named.entry(left + own / 2, f"t{i}"))
        return Reached(named.exits(ports), named.bottom + BETWEEN)

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
        height = BAR_HEIGHT - CELL_HEIGHT - 2
        label = (
            Line(height, (Cell(width, height, FORK),)),
            departures(split, columns, width),
            exits(ports, width),
        )
        told, path = f"split {', '.join(split.shares)}", f"{split.bar.path}.split"
        fork = Box(FORK, "join", told, path=path)
        size = (width, BAR_HEIGHT)
        named = self._wiring.box(fork, place, size, label, "square")
        self._wiring.join(sources, named.entry(width / 2))
        return Reached(named.exits(ports), named.bottom + BETWEEN)
