"""Many networks by two quantities, and which of them no other one beats."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from compiler.cost.footer import short_size
from compiler.picture.words import number
from compiler.report.charts.marks import chart, circle, line, text
from dsl.text.counts import count

LEFT, WIDE, HIGH, TOP, BELOW, RIGHT = 92, 620, 360, 34, 68, 24
ROOM, LETTERS = 9, 14
"""What a digit takes across, and a line upwards."""
MOST = 4_000
"""Spots that are drawn beside the best: more would be one another's."""
Kind = Literal["best", "fits", "beyond"]
Unit = Literal["count", "bytes", "plain"]
KINDS: dict[Kind, str] = {
    "beyond": "breaks a constraint",
    "fits": "keeps the constraints",
    "best": "none is better",
}
"""What spots are, in the order in which they are drawn."""
STYLE = """
.chart { background: #ffffff; font-family: Helvetica, Arial, "Liberation Sans", sans-serif; }
.chart text { font-size: 12px; fill: #1f2933; }
.chart .amount { fill: #52606d; }
.chart .strong { font-weight: bold; paint-order: stroke; stroke: #ffffff; stroke-width: 3px; }
.chart .grid { stroke: #d3d9e0; fill: none; }
.chart .bound { stroke: #b35c00; stroke-dasharray: 6 4; stroke-width: 1.5; fill: none; }
.chart .best { fill: #b35c00; }
.chart .fits { fill: #2f6db5; fill-opacity: .6; }
.chart .beyond { fill: none; stroke: #8a96a3; }
"""
"""Colours of a chart that is a file of its own."""


@dataclass(frozen=True)
class Spot:
    """One network."""

    x: float
    y: float
    label: str
    says: str
    kind: Kind


@dataclass(frozen=True)
class Scale:
    """What an axis is of, and how its numbers are written."""

    words: str
    unit: Unit = "plain"

    def says(self, value: float) -> str:
        """A number on the axis."""
        if self.unit == "bytes":
            return short_size(round(value))
        for size, letter in ((1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k")):
            if self.unit == "count" and abs(value) >= size:
                return f"{value / size:g}{letter}"
        return f"{value:g}"

    def ticks(self, low: float, high: float) -> list[float]:
        """Round numbers from `low` or below to `high` or above."""
        if self.unit == "bytes":
            unit = 2.0 ** (10 * int(math.log(max(high, 1), 1024)))
            return [tick * unit for tick in between(low / unit, high / unit)]
        return between(low, high)


def between(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers, about so many, the first at or below `low`, the last at or above `high`.

    >>> between(93, 208), between(0.911, 0.934), between(5, 5)
    ([50, 100, 150, 200, 250], [0.91, 0.915, 0.92, 0.925, 0.93, 0.935], [4, 5, 6])
    """
    if high <= low:
        low, high = (low - abs(low) / 5, high + abs(high) / 5) if low else (0.0, 1.0)
    rough = (high - low) / count
    scale = 10.0 ** math.floor(math.log10(rough))
    step = next(digit * scale for digit in (1, 2, 5, 10) if digit * scale >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [_short(place * step) for place in range(first, last + 1)]


def _short(value: float) -> float:
    found = float(f"{value:.10g}")
    return int(found) if found.is_integer() else found


def pareto(name: str, spots: Sequence[Spot], across: Scale, upwards: Scale, title: str = "") -> str:
    """The chart; what no other one beats is numbered, and joined by a line."""
    about = f"{across.words} and {upwards.words} of {count(len(spots), 'network')}"
    size = (LEFT + WIDE + RIGHT, TOP + HIGH + BELOW)
    return chart(name, about, size, _drawn(spots, across, upwards, title))


def alone(svg: str) -> str:
    """A chart as a file: with its colours."""
    head, bracket, rest = svg.partition(">\n")
    return f"{head}{bracket}<style>{STYLE}</style>\n{rest}\n"


def _drawn(spots: Sequence[Spot], across: Scale, upwards: Scale, title: str) -> Iterator[str]:
    xs = across.ticks(*_ends(spot.x for spot in spots))
    ys = upwards.ticks(*_ends(spot.y for spot in spots))

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            LEFT + WIDE * (x - xs[0]) / (xs[-1] - xs[0]),
            TOP + HIGH * (1 - (y - ys[0]) / (ys[-1] - ys[0])),
        )

    for tick in xs:
        yield line([place(tick, ys[0]), place(tick, ys[-1])], "grid")
        yield text((place(tick, ys[0])[0], TOP + HIGH + 12), across.says(tick), "amount", "middle")
    for tick in ys:
        yield line([place(xs[0], tick), place(xs[-1], tick)], "grid")
        yield text((LEFT - 6, place(xs[0], tick)[1]), upwards.says(tick), "amount", "end")
    yield text((LEFT + WIDE, TOP + HIGH + 32), across.words, anchor="end")
    yield text((8, TOP - 20), upwards.words)
    yield text((LEFT + WIDE, TOP - 20), title, "strong", "end")
    best = sorted((spot for spot in spots if spot.kind == "best"), key=lambda spot: spot.x)
    others = sorted((s for s in spots if s.kind != "best"), key=lambda s: [*KINDS].index(s.kind))
    shown = [*_thinned(others), *best]
    yield line([place(spot.x, spot.y) for spot in best], "bound")
    yield from (_spot(spot, place(spot.x, spot.y)) for spot in shown)
    yield from _labels([(place(spot.x, spot.y), spot.label) for spot in best])
    yield from _legend({spot.kind for spot in spots}, len(spots) - len(shown))


def _thinned(spots: Sequence[Spot]) -> Sequence[Spot]:
    """No more than can be seen, each so many apart."""
    return spots[:: max(1, -(-len(spots) // MOST))]


def _ends(values: Iterable[float]) -> tuple[float, float]:
    found = [*values]
    return min(found, default=0.0), max(found, default=1.0)


def _spot(spot: Spot, at: tuple[float, float]) -> str:
    return circle(at, 5 if spot.kind == "best" else 3.5, spot.kind, spot.says)


def _labels(wanted: Sequence[tuple[tuple[float, float], str]]) -> Iterator[str]:
    """Each above its spot, as far as there is room."""
    taken: list[tuple[float, float, float]] = []
    for (x, middle), label in wanted:
        wide, y = ROOM * len(label), middle - LETTERS
        if any(abs(x - other) < (wide + its) / 2 and abs(y - top) < LETTERS
               for other, top, its in taken):  # fmt: skip
            continue
        taken.append((x, y, wide))
        yield text((x, y), label, "strong", "middle")


def _legend(kinds: set[Kind], hidden: int) -> Iterator[str]:
    x, y = float(LEFT), TOP + HIGH + 54.0
    for kind, words in KINDS.items():
        if kind in kinds:
            yield f'<circle cx="{number(x + 4)}" cy="{number(y)}" r="4" class="{kind}"/>'
            yield text((x + 14, y), words)
            x += 40 + 7 * len(words)
    if hidden:
        yield text((x, y), f"and {hidden:,} more, not drawn", "amount")
