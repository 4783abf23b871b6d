"""Branches as columns, bars across them: where every box of a detail stands.

`dot` has no freedom left here: widths are fixed, every edge leaves a bar by a port right
above the box that it leads to, so that the one layout without slanted edges is optimal.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from compiler.diagram.canvas import Canvas
from compiler.diagram.chains import Box, Chain, Item, Split, ending
from compiler.diagram.labels import (
    Run,
    beside,
    cell,
    exits,
    lifted,
    line,
    room_for,
    row,
    stack,
    strong,
    table,
)
from compiler.diagram.metrics import fit
from compiler.diagram.style import TEXT, look

GAP = 16
"""Between columns: `nodesep`, in points."""
COLUMN = 116
SHORTCUT = 48
BOX_HEIGHT = 30
BAR_HEIGHT = 41
CELL_HEIGHT = 16
PAD = 8
NAME = 9
FORK = line([strong("split")])
SETTINGS = {"splines": "line", "ordering": "out", "nodesep": f"{GAP / 72:.4f}", "ranksep": "0.2"}


def even(points: float) -> int:
    """Rounded up to an even number, so that a middle falls on a point."""
    return 2 * ceil(points / 2)


def need(box: Box) -> int:
    """The least width at which a box's text fits, its middle in the middle."""
    side = box.right.room + PAD if box.right.text else 0
    return even(room_for(box.text) + 2 * (side + PAD))


def cell_text(text: str, name: str = "") -> tuple[Run, ...]:
    """What a join bar says of a branch: its name discreetly, and its channels."""
    return beside(Run(name, NAME), Run(text, 10, ink=TEXT))


def widest(chain: Chain, inside: bool = False) -> int:
    """The width of a plain column: the most that a box in a branch needs."""
    most = COLUMN
    for item in chain:
        if isinstance(item, Split):
            branched = not bypassed(item)
            most = max([most, *(widest(branch, branched) for branch in item.branches)])
        elif inside:
            most = max(most, need(item))
    return most


def bypassed(split: Split) -> bool:
    """Whether it is a residual sum: one branch is the shortcut, the other like a trunk."""
    return () in split.branches


@dataclass(frozen=True, slots=True)
class Ruler:
    """Widths and offsets, for a plain column of `unit` points."""

    unit: int

    def chain(self, chain: Chain) -> int:
        """The width that a chain takes."""
        return max((self.item(item) for item in chain), default=SHORTCUT)

    def item(self, item: Item) -> int:
        """The width that a box or a split takes by itself."""
        if isinstance(item, Box):
            return max(self.unit, need(item))
        widths = self._branches(item)
        columns = sum(widths) + GAP * (len(widths) - 1) + 2 * self._margin(item)
        return max(columns, need(item.bar))

    def _branches(self, split: Split) -> list[int]:
        said = zip(split.cells, split.shares or split.cells, strict=True)
        texts = (even(max(room_for(cell_text(text)) for text in each) + PAD) for each in said)
        pairs = zip(split.branches, texts, strict=True)
        return [max(self.chain(branch), text) for branch, text in pairs]

    def _margin(self, split: Split) -> int:
        """Half of what balances a shortcut, so that what it bypasses stays in the middle."""
        return (SHORTCUT + GAP) // 2 if bypassed(split) else 0

    def columns(self, split: Split, width: float) -> list[tuple[float, int]]:
        """Each branch's left end and width, in a split that is `width` wide."""
        widths = self._branches(split)
        total = sum(widths) + GAP * (len(widths) - 1)
        left = (width - total) / 2 + self._margin(split)
        out = []
        for column in widths:
            out.append((left, column))
            left += column + GAP
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


class Columns:
    """Draws a chain on a canvas."""

    def __init__(self, canvas: Canvas, trunk: Chain) -> None:
        self._canvas = canvas
        self._ruler = Ruler(widest(trunk))
        self.width = self._ruler.chain(trunk)
        self.last = self._chain(trunk, [self.width] * len(trunk), [], "c")

    def _chain(self, chain: Chain, widths: list[int], sources: list[str], group: str) -> list[str]:
        """Draw items below `sources`; returns where edges leave the last of them."""
        for i, item in enumerate(chain):
            follower = chain[i + 1 : i + 2]
            ports = self._ruler.entries(follower, widths[i])
            if isinstance(item, Box):
                sources = self._box(item, widths[i], sources, ports, group)
            else:
                sources = self._split(item, widths[i], sources, ports, group)
        return sources

    def _box(
        self, box: Box, width: int, sources: list[str], ports: list[float], group: str
    ) -> list[str]:
        label = stack([face(box, width, BOX_HEIGHT - 1), exits(ports, width)], width)
        size = (width, BOX_HEIGHT)
        attributes = {"group": group, "class": box.family}
        name = self._canvas.node(label, size, look(box.family), tooltip=box.tooltip, **attributes)
        for source in sources:
            self._canvas.edge(source, f"{name}:n", weight="100")
        return leaving(name, ports)

    def _split(
        self, split: Split, width: int, sources: list[str], ports: list[float], group: str
    ) -> list[str]:
        columns = self._ruler.columns(split, width)
        if split.shares:
            sources = self._fork(split, width, columns, sources, group)
        ends = []
        for i, (branch, (_, own)) in enumerate(zip(split.branches, columns, strict=True)):
            n = len(self._ruler.entries(branch, own))
            mine, sources = sources[:n], sources[n:]
            widths = self._ruler.spread(branch, own, bypassed(split))
            ends += self._chain(branch, widths, mine, f"{group}{i}")
        name = self._bar(split, width, columns, ports, group)
        for i, end in enumerate(ends):
            self._canvas.edge(end, f"{name}:t{i}:n", weight="1")
        return leaving(name, ports)

    def _fork(
        self,
        split: Split,
        width: int,
        columns: list[tuple[float, int]],
        sources: list[str],
        group: str,
    ) -> list[str]:
        """The bar that shares channels out: its cells say how many each branch gets."""
        ports = self._ruler.beginnings(split, width)
        rows = [
            (BAR_HEIGHT - CELL_HEIGHT - 2, [cell(width, BAR_HEIGHT - CELL_HEIGHT - 2, FORK)]),
            (CELL_HEIGHT, departures(split, columns, width)),
            exits(ports, width),
        ]
        attributes = {"group": group, "class": "join", "style": "filled"}
        told = f"split {', '.join(split.shares)}"
        size, label = (width, BAR_HEIGHT), stack(rows, width)
        name = self._canvas.node(label, size, look("join"), tooltip=told, **attributes)
        for source in sources:
            self._canvas.edge(source, f"{name}:n", weight="100")
        return leaving(name, ports)

    def _bar(
        self,
        split: Split,
        width: int,
        columns: list[tuple[float, int]],
        ports: list[float],
        group: str,
    ) -> str:
        rows = [
            (1, [cell(width, 1)]),
            (CELL_HEIGHT, arrivals(split, columns, width)),
            face(split.bar, width, BAR_HEIGHT - CELL_HEIGHT - 2),
            exits(ports, width),
        ]
        size = (width, BAR_HEIGHT)
        family = split.bar.family
        attributes = {"group": group, "class": family, "style": "filled"}
        label, tooltip = stack(rows, width), split.bar.tooltip
        return self._canvas.node(label, size, look(family), tooltip=tooltip, **attributes)


def face(box: Box, width: float, height: float) -> tuple[float, list[str]]:
    """The row with a box's text in the middle and its shape at the right."""
    if not box.right.text:
        return height, [cell(width, height, line(box.text))]
    side = ceil(box.right.room + PAD)
    text = lifted(side - PAD, height, box.right, "RIGHT")
    right = table([row([text, cell(PAD, height)])])
    middle = cell(width - 2 * side, height, line(box.text))
    return height, [cell(side, height), middle, cell(side, height, right)]


def leaving(name: str, ports: list[float]) -> list[str]:
    """The ends of edges that leave by those ports."""
    return [f"{name}:b{i}:s" for i in range(len(ports))]


def arrivals(split: Split, columns: list[tuple[float, int]], width: float) -> list[str]:
    """The row on top of a bar: a cell for each branch, in its colour."""
    at, cells = 0.0, []
    pairs = zip(split.branches, split.cells, split.names, columns, strict=True)
    for i, (branch, text, name, (left, own)) in enumerate(pairs):
        fill = look(ending(branch)).fill
        space = own - PAD - room_for(cell_text(text, " ")[1:])
        said = line(cell_text(text, fit(name, NAME, space) if name else ""))
        shown = cell(own - 2, CELL_HEIGHT, said, fill=fill, port=f"t{i}")
        cells += [*gap(left + 1 - at), shown]
        at = left + own - 1
    return [*cells, *gap(width - at)]


def departures(split: Split, columns: list[tuple[float, int]], width: float) -> list[str]:
    """The row below a bar that shares channels out: a cell for each branch."""
    at, cells = 0.0, []
    for share, (left, own) in zip(split.shares, columns, strict=True):
        said = line(cell_text(share))
        shown = cell(own - 2, CELL_HEIGHT, said, fill=look("input").fill)
        cells += [*gap(left + 1 - at), shown]
        at = left + own - 1
    return [*cells, *gap(width - at)]


def gap(width: float) -> list[str]:
    """An empty cell, where there is room for one."""
    return [cell(width, CELL_HEIGHT)] if width > 0 else []
