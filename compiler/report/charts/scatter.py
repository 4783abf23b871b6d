"""Networks by what they cost: parameters across, MACs upwards, memory as the size of a dot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

from compiler.cost.footer import short_size
from compiler.report.charts.marks import chart, circle, line, text, ticks
from dsl.text.counts import count

LEFT, WIDE, HIGH, TOP, BELOW, RIGHT = 80, 620, 320, 24, 44, 120
LARGEST = 26
"""Radius of the dot of the most memory; areas are as the bytes."""
HUES = 6
ROOM, LETTERS = 20, 13
"""What a number takes, across and upwards."""


@dataclass(frozen=True)
class Dot:
    """One network, under the number that its name has on the page."""

    label: str
    params: int
    macs: int
    peak: int

    @property
    def says(self) -> str:
        """What the pointer is told."""
        amounts = f"{self.params:,} parameters, {self.macs:,} MACs"
        return f"{self.label}: {amounts}, {short_size(self.peak)} at the peak"


def scatter(name: str, dots: Sequence[Dot]) -> str:
    """The chart, large dots behind small ones."""
    about = f"Parameters, MACs and peak memory of {count(len(dots), 'network')}"
    return chart(name, about, (LEFT + WIDE + RIGHT, TOP + HIGH + BELOW), _drawn(dots))


def _drawn(dots: Sequence[Dot]) -> Iterator[str]:
    across = [*ticks(max((dot.params for dot in dots), default=0))]
    upwards = [*ticks(max((dot.macs for dot in dots), default=0))]
    most = max((dot.peak for dot in dots), default=0) or 1

    def place(params: float, macs: float) -> tuple[float, float]:
        return LEFT + WIDE * params / across[-1], TOP + HIGH * (1 - macs / upwards[-1])

    for tick in across:
        yield line([place(tick, 0), place(tick, upwards[-1])], "grid")
        yield text((place(tick, 0)[0], TOP + HIGH + 12), f"{tick:,}", "amount", "middle")
    for tick in upwards:
        yield line([place(0, tick), place(across[-1], tick)], "grid")
        yield text((LEFT - 6, place(0, tick)[1]), _short(tick), "amount", "end")
    yield text((LEFT + WIDE, TOP + HIGH + 30), "parameters", anchor="end")
    yield text((LEFT, TOP - 14), "MACs", anchor="end")
    ordered = sorted(enumerate(dots), key=lambda each: -each[1].peak)
    for hue, dot in ordered:
        radius = max(4, LARGEST * sqrt(dot.peak / most))
        yield circle(place(dot.params, dot.macs), radius, f"dot hue{hue % HUES}", dot.says)
    yield from _labels([(place(dot.params, dot.macs), dot.label) for _, dot in ordered])


def _labels(wanted: Sequence[tuple[tuple[float, float], str]]) -> Iterator[str]:
    """Each beside its dot, and above what stands there already."""
    taken: list[tuple[float, float]] = []
    for (x, middle), label in wanted:
        y = middle
        while any(abs(x - left) < ROOM and abs(y - top) < LETTERS for left, top in taken):
            y -= LETTERS
        taken.append((x, y))
        yield text((x, y), label, "strong", "middle")


def _short(count: int) -> str:
    """A round number of MACs: `5 G`."""
    for unit, letter in ((10**9, " G"), (10**6, " M"), (10**3, " k")):
        if count >= unit:
            return f"{count / unit:g}{letter}"
    return str(count)
