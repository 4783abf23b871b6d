"""Drawings beside each other on one page: each a panel with its letter and its caption."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from string import ascii_lowercase

from compiler.diagram.heading import broken
from compiler.diagram.style import LOOKS
from compiler.diagram.turning import Placed, shifted
from compiler.picture.labels import Cell, Line, Run, line, strong
from compiler.picture.metrics import fit_list
from compiler.picture.sheet import Edge, Tile

CAPTION, NAMED, ROW = 13, 18, 14
"""The size of a panel's name, and points that its line takes and one of what is said of it."""
MOST, FEWER = 3, 2
"""Lines that are said below a panel's name, and where there is little room."""
AIR = 4
"""Points between a caption and what it is of."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Boxes and edges at their places on a sheet of their own, below a caption."""

    name: str
    tiles: tuple[Tile, ...]
    edges: tuple[Edge, ...]
    caption: Tile

    @property
    def width(self) -> float:
        """Points from the left to the right of the last box."""
        return max(tile.left + tile.width for tile in (self.caption, *self.tiles))

    @property
    def head(self) -> float:
        """Points from the top of the caption to the top of the first box."""
        return self.caption.height + AIR

    @property
    def height(self) -> float:
        """Points from the top of the caption to the bottom of the last box."""
        return self.head + max(tile.top + tile.height for tile in self.tiles)

    def at(self, left: float, top: float, head: float) -> Placed:
        """Its boxes at a place on a page, where each is called by the panel, too.

        They begin `head` below its top, as those of the panels beside it do.
        """
        before = f"{self.name}/"
        caption, _ = shifted(((self.caption,), ()), left, top, before)
        tiles, edges = shifted((self.tiles, self.edges), left, top + head, before)
        return (*caption, *tiles), edges


def letter(number: int) -> str:
    """`a`, `b`, … `z`, `aa`: what a panel is called in the text of a paper.

    >>> letter(0), letter(25), letter(26), letter(52)
    ('a', 'z', 'aa', 'ba')
    """
    more, last = divmod(number, len(ascii_lowercase))
    return f"{letter(more - 1) if more else ''}{ascii_lowercase[last]}"


def panel(name: str, called: str, about: str, placed: Placed, most: int = MOST) -> Panel:
    """A drawing with what it is called above it, and what is said of it."""
    tiles, edges = placed
    width = max(tile.left + tile.width for tile in tiles)
    label = tuple(_caption(called, about, width, most))
    size = max(each.width for each in label), sum(each.height for each in label)
    caption = Tile("caption", 0, 0, *size, label, LOOKS["plain"], "none")
    return Panel(name, tiles, edges, caption)


def _caption(called: str, about: str, width: float, most: int) -> Iterator[Line]:
    yield from (_line(run, width, NAMED) for run in broken(strong(called, CAPTION), width))
    lines = [*broken(Run(about, 10), width)] if about else []
    if len(lines) > most:
        rest = " ".join(run.text for run in lines[most - 1 :])
        lines = [*lines[: most - 1], replace(lines[0], text=fit_list(rest, 10, width))]
    yield from (_line(run, width) for run in lines)


def _line(run: Run, width: float, high: float = ROW) -> Line:
    return line(Cell(width, high, (run,), "start"))
