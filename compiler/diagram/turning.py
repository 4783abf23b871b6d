"""Drawings that begin at the bottom, as many papers have them, or stand at another place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby

from compiler.picture.labels import Label, Line
from compiler.picture.sheet import Edge, End, Side, Tile

Placed = tuple[tuple[Tile, ...], tuple[Edge, ...]]
OTHER: dict[Side | None, Side | None] = {"n": "s", "s": "n", None: None}


def turned(tiles: Iterable[Tile], edges: Iterable[Edge]) -> Placed:
    """All boxes and edges with the first at the bottom, and texts as they were."""
    there = tuple(tiles)
    bottom = max((tile.top + tile.height for tile in there), default=0)

    def end(old: End) -> End:
        x, y = old.at
        return replace(old, at=(x, bottom - y), side=OTHER[old.side])

    def edge(old: Edge) -> Edge:
        corners = tuple((x, bottom - y) for x, y in old.corners)
        return replace(old, tail=end(old.tail), head=end(old.head), corners=corners)

    def tile(old: Tile) -> Tile:
        return replace(old, top=bottom - old.top - old.height, label=_label(old.label))

    return tuple(map(tile, there)), tuple(map(edge, edges))


def _label(label: Label) -> Label:
    """Where edges come and go changes sides; lines of text stay in order."""
    if not any(map(_is_side, label)):
        return label
    parts = [list(group) for _, group in groupby(label, key=_is_side)]
    return tuple(line for part in reversed(parts) for line in part)


def _is_side(line: Line) -> bool:
    """Whether edges come or go there."""
    return any(cell.port for cell in line.cells)


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
