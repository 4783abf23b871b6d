"""A drawing before it is a file: boxes and lines at their places, in points, y downwards."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Literal

from compiler.picture.ink import EDGE, PAPER, Ink, Look
from compiler.picture.labels import Cell, Label, readable
from compiler.picture.strokes import Point, Stroke

Outline = Literal["rounded", "square", "dashed", "frame", "none"]
"""A frame is around other boxes, which can be seen through it."""
Side = Literal["n", "s"]
MARGIN = 18
"""Points around a drawing, unless it is made for a place that has margins of its own."""


def distinct(name: str, taken: Container[str]) -> str:
    """A name that no other box has: with a number behind it where it is taken."""
    numbered = (f"{name}-{i}" for i in count(2))
    return next(each for each in chain([name], numbered) if each not in taken)


@dataclass(frozen=True, slots=True)
class Tile:
    """A box at its place. `name` is its own on a sheet; a style sheet may call its like `kind`.

    Its text can be read whatever the colours that it was made with.
    """

    name: str
    left: float
    top: float
    width: float
    height: float
    label: Label
    look: Look
    outline: Outline = "rounded"
    kind: str = ""
    tooltip: str = ""

    def __post_init__(self) -> None:
        """Take inks that can be read on what is below them."""
        object.__setattr__(self, "label", readable(self.label, self.look.fill))


@dataclass(frozen=True, slots=True)
class End:
    """Where an edge begins or ends: a box, one of its ports and a side of that, and the point."""

    tile: str
    at: Point
    port: str = ""
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """A line from one end to the other, by way of corners."""

    tail: End
    head: End
    corners: tuple[Point, ...] = ()
    ink: Ink = EDGE
    dashed: bool = False

    @property
    def points(self) -> tuple[Point, ...]:
        """All the points that it goes through."""
        return (self.tail.at, *self.corners, self.head.at)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole drawing. `name` tells it from others on one page; `about` says it to who can't see.

    Strokes lie below everything else. `heading` stands above at the left; boxes count their places
    from below it. `scale` is how large all of it is put on its page, `across` and `down` are the
    margins there, before that.
    """

    name: str
    title: str
    about: str
    heading: Label
    tiles: tuple[Tile, ...] = ()
    edges: tuple[Edge, ...] = field(default=())
    strokes: tuple[Stroke, ...] = ()
    paper: Ink = PAPER
    scale: float = 1
    across: float = MARGIN
    down: float = MARGIN

    @property
    def page(self) -> tuple[float, float]:
        """Points that a file takes from left to right and from top to bottom, all included."""
        width, height = self.unscaled
        return width * self.scale, height * self.scale

    @property
    def unscaled(self) -> tuple[float, float]:
        """The same before it is scaled."""
        return self.width + 2 * self.across, self.height + 2 * self.down

    @property
    def cells(self) -> Iterator[Cell]:
        """Every cell, those of the heading first."""
        lines = [*self.heading, *(line for tile in self.tiles for line in tile.label)]
        return (cell for line in lines for cell in line.cells)

    @property
    def head_height(self) -> float:
        """Points that the heading takes."""
        return sum(line.height for line in self.heading)

    @property
    def width(self) -> float:
        """Points from left to right, without a margin."""
        head = max((line.width for line in self.heading), default=0)
        return max([head, *(tile.left + tile.width for tile in self.tiles)])

    @property
    def height(self) -> float:
        """Points from top to bottom, heading included, without a margin."""
        return self.head_height + max((tile.top + tile.height for tile in self.tiles), default=0)
