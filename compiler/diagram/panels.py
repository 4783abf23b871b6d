"""Drawings beside each other on one page: each a panel with its caption."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from math import log
from typing import NamedTuple

from compiler.diagram.heading import broken
from compiler.diagram.style import LOOKS
from compiler.diagram.turning import Placed
from compiler.picture.labels import Cell, Line, Run, line, strong
from compiler.picture.metrics import fit
from compiler.picture.sheet import Edge, End, Tile

GUTTER, BELOW = 34, 30
"""Points between panels, side by side and one below the other."""
CAPTION, ROW = 13, 18
"""The size of a panel's name, and points from one line of its caption to the next."""
STEP = 20
"""How finely a page's width is tried."""
MOST = 3
"""Lines that are said below a panel's name."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Boxes and edges at their places on a sheet of their own."""

    name: str
    tiles: tuple[Tile, ...]
    edges: tuple[Edge, ...]

    @property
    def width(self) -> float:
        """Points from the left to the right of the last box."""
        return max(tile.left + tile.width for tile in self.tiles)

    @property
    def height(self) -> float:
        """Points from the top to the bottom of the last box."""
        return max(tile.top + tile.height for tile in self.tiles)

    def at(self, left: float, top: float) -> Placed:
        """Its boxes at a place on a page, where each is called by the panel, too."""
        return shifted((self.tiles, self.edges), left, top, f"{self.name}/")


def shifted(placed: Placed, left: float, top: float, before: str = "") -> Placed:
    """Boxes and edges at another place, with something before their names."""

    def end(old: End) -> End:
        return replace(old, tile=before + old.tile, at=(old.at[0] + left, old.at[1] + top))

    def edge(old: Edge) -> Edge:
        corners = tuple((x + left, y + top) for x, y in old.corners)
        return replace(old, tail=end(old.tail), head=end(old.head), corners=corners)

    def tile(old: Tile) -> Tile:
        return replace(old, name=before + old.name, left=old.left + left, top=old.top + top)

    tiles, edges = placed
    return tuple(map(tile, tiles)), tuple(map(edge, edges))


def panel(name: str, about: str, placed: Placed) -> Panel:
    """A drawing with its name above it, and what is said of it."""
    bare = Panel(name, *placed)
    label = tuple(_caption(name, about, bare.width))
    size = (max(each.width for each in label), float(ROW * len(label)))
    caption = Tile("caption", 0, 0, *size, label, LOOKS["plain"], "none")
    tiles, edges = shifted(placed, 0, size[1] + 4)
    return Panel(name, (caption, *tiles), edges)


def _caption(name: str, about: str, width: float) -> Iterator[Line]:
    yield from (_line(run, width) for run in broken(strong(name, CAPTION), width))
    lines = [*broken(Run(about, 10), width)] if about else []
    if len(lines) > MOST:
        last = replace(lines[MOST - 1], text=fit(f"{lines[MOST - 1].text} …", 10, width))
        lines = [*lines[: MOST - 1], last]
    yield from (_line(run, width) for run in lines)


def _line(run: Run, width: float) -> Line:
    return line(Cell(width, ROW, (run,), "start"))


def arranged(panels: Sequence[Panel], widest: float, aspect: float) -> Placed:
    """The first at the left, the others where there is room, beside it and below.

    As wide as makes the page most like `aspect`, but no wider than `widest`, if that can be.
    """
    least = max(each.width for each in panels)
    most = sum(GUTTER + each.width for each in panels)
    widths = [least, *(w for w in range(int(least), int(most) + STEP, STEP) if w <= widest)]
    found = (_packed(panels, width) for width in widths)
    best = min(found, key=lambda blocks: abs(log(_aspect(blocks) / aspect)))
    placed = [each.at(left, top) for each, (left, top, *_) in zip(panels, best, strict=True)]
    tiles, edges = zip(*placed, strict=True)
    return tuple(chain(*tiles)), tuple(chain(*edges))


class _Block(NamedTuple):
    """Room that is taken."""

    left: float
    top: float
    width: float
    height: float


def _aspect(blocks: list[_Block]) -> float:
    width = max(block.left + block.width for block in blocks)
    return width / max(block.top + block.height for block in blocks)


def _packed(panels: Sequence[Panel], width: float) -> list[_Block]:
    """Each panel as high up as there is room in a width, then as far left."""
    first, *others = panels
    blocks = [_Block(0, 0, first.width, first.height)]
    taken = [_Block(tile.left, tile.top, tile.width, tile.height) for tile in first.tiles]
    for each in others:
        lefts = {0.0, *(block.left + block.width + GUTTER for block in taken)}
        free = [left for left in sorted(lefts) if left + each.width <= width] or [0.0]
        top, left = min((_top(taken, left, each.width), left) for left in free)
        blocks.append(_Block(left, top, each.width, each.height))
        taken.append(blocks[-1])
    return blocks


def _top(taken: list[_Block], left: float, width: float) -> float:
    """Where a panel can begin: below all that stands there already."""
    over = [block for block in taken if _meet(block, left, width)]
    return max((block.top + block.height + BELOW for block in over), default=0.0)


def _meet(block: _Block, left: float, width: float) -> bool:
    """Whether a panel would be above or below, with too little between to stand beside."""
    return block.left < left + width + GUTTER and left < block.left + block.width + GUTTER
