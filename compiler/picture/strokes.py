"""Lines that lead from nothing to nothing: axes and curves, and what dashes leave of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle, pairwise
from math import dist
from typing import Literal

from compiler.picture.ink import EDGE, Ink

Point = tuple[float, float]
Dash = Literal["solid", "dashed", "dotted"]
DASHES: Mapping[Dash, tuple[float, ...]] = {"solid": (), "dashed": (6, 3), "dotted": (1.5, 2.5)}
"""Points that are drawn and left out in turn."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line through points."""

    points: tuple[Point, ...]
    ink: Ink = EDGE
    thick: float = 1.1
    dash: Dash = "solid"


def pieces(stroke: Stroke) -> Iterator[tuple[Point, ...]]:
    """What is drawn of a line, for formats that would begin each stretch with a new dash."""
    if stroke.dash == "solid":
        yield stroke.points
        return
    lengths = cycle(DASHES[stroke.dash])
    drawn, left = [stroke.points[0]], next(lengths)
    on = True
    for start, end in pairwise(stroke.points):
        whole = dist(start, end)
        gone = 0.0
        while whole - gone > left:
            gone += left
            share = gone / whole
            place = start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
            if on:
                yield (*drawn, place)
            on, left, drawn = not on, next(lengths), [place]
        left -= whole - gone
        drawn.append(end)
    if on and len(drawn) > 1:
        yield tuple(drawn)
