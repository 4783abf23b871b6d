"""Lines that end in an arrow, as the writers draw them that have no arrows of their own."""

from __future__ import annotations

from compiler.picture.sheet import Edge
from compiler.picture.strokes import Point

TIP, HALF = 6.0, 2.4
"""An arrow's length, and half its width."""


def way(edge: Edge) -> tuple[Point, ...]:
    """The points of a line, which ends where its arrow begins, so that it doesn't blunt the tip."""
    *rest, end = edge.points
    return (*rest, _towards(end, rest[-1], TIP - 1))


def tip(edge: Edge) -> tuple[Point, ...]:
    """A triangle at the end of a line that is upright or level there."""
    *_, before, end = edge.points
    x, y = _towards(end, before, TIP)
    upright = end[0] == before[0]
    return (end, *([(x - HALF, y), (x + HALF, y)] if upright else [(x, y - HALF), (x, y + HALF)]))


def _towards(start: Point, goal: Point, length: float) -> Point:
    """The point some way from a start, on an upright or level line to a goal."""
    return tuple(a + max(-length, min(length, b - a)) for a, b in zip(start, goal, strict=True))  # type: ignore[return-value]  # it has two numbers
