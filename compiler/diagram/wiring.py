"""Boxes at their places, and the edges between their ports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from compiler.diagram.items import Box
from compiler.diagram.style import look
from compiler.diagram.turning import turned
from compiler.picture.ink import EDGE, PAPER, WRAP, Ink, Look
from compiler.picture.labels import Label
from compiler.picture.sheet import Edge, End, Outline, Tile, distinct
from compiler.picture.strokes import Point

Size = tuple[float, float]
FRAMED = Look(PAPER, WRAP)


class Place(NamedTuple):
    """Where something begins, in points from the left and from the top."""

    left: float
    top: float


@dataclass(frozen=True, slots=True)
class Named:
    """A box that was placed."""

    tile: Tile

    @property
    def bottom(self) -> float:
        """Where it ends, in points from the top."""
        return self.tile.top + self.tile.height

    def entry(self, x: float, port: str = "") -> End:
        """Where edges arrive at its top, so many points from its left."""
        return End(self.tile.name, (self.tile.left + x, self.tile.top), port, "n")

    def exits(self, places: Iterable[float]) -> list[End]:
        """Where edges leave its bottom: by a port at each of these places."""
        pairs, left = enumerate(places), self.tile.left
        return [End(self.tile.name, (left + x, self.bottom), f"b{i}", "s") for i, x in pairs]


class Wiring:
    """Collects boxes and edges."""

    def __init__(self) -> None:
        self._tiles: dict[str, Tile] = {}
        self._edges: list[Edge] = []

    def box(self, box: Box, place: Place, size: Size, label: Label, outline: Outline) -> Named:
        """Place a box in its family's looks."""
        colours, name = look(box.colour), box.path or box.family
        tile = Tile(name, *place, *size, label, colours, outline, box.family, box.tooltip)
        return self.place(tile)

    def frame(self, title: Box, place: Place, size: Size) -> None:
        """Place the frame that a title stands on; what is in it is there already."""
        name = f"{title.path}.frame"
        self.place(Tile(name, *place, *size, (), FRAMED, "frame"))

    def place(self, tile: Tile) -> Named:
        """Place a box; its name becomes one of its own."""
        tile = replace(tile, name=distinct(tile.name, self._tiles))
        self._tiles[tile.name] = tile
        return Named(tile)

    def join(self, tails: list[End], head: End, ink: Ink = EDGE) -> None:
        """Draw an edge from each tail to a head."""
        self._edges += [Edge(tail, head, ink=ink) for tail in tails]

    @property
    def bottom(self) -> float:
        """Where the lowest box ends, in points from the top."""
        return self.bottom_of(0)

    def bottom_of(self, left: float) -> float:
        """The same of the boxes that begin no further left."""
        there = (tile for tile in self._tiles.values() if tile.left >= left)
        return max((tile.top + tile.height for tile in there), default=0)

    def turn(self) -> None:
        """Let all that is placed begin at the bottom."""
        tiles, edges = turned(self._tiles.values(), self._edges)
        self._tiles, self._edges = {tile.name: tile for tile in tiles}, list(edges)

    def there(self, name: str) -> Tile | None:
        """A box by its name."""
        return self._tiles.get(name)

    def lead(self, tail: End, head: End, *corners: Point) -> None:
        """Draw a dashed edge by way of corners: to what isn't on the trunk."""
        self._edges.append(Edge(tail, head, corners, dashed=True))

    def placed(self) -> tuple[tuple[Tile, ...], tuple[Edge, ...]]:
        """Everything."""
        return tuple(self._tiles.values()), tuple(self._edges)
