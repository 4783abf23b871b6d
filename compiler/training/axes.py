"""Where numbers stand along an axis, and which of them are written beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, takewhile
from math import ceil, floor, log10

FEW = 5
"""About so many numbers stand beside an axis."""
FAR = 100
"""How many times the least the most is, from which on an axis counts in powers of ten."""


@dataclass(frozen=True)
class Axis:
    """From a number to its place, 0 at the low end and 1 at the high one."""

    low: float
    high: float
    ticks: tuple[float, ...]
    powers: bool = False

    def place(self, value: float) -> float:
        """Where a number stands."""
        if self.powers:
            return log10(value / self.low) / log10(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


def axis_for(values: Sequence[float], most: float | None = None) -> Axis:
    """An axis on which all the values have a place; none is larger than `most`.

    It counts in powers of ten where values are far apart, not just the least tenth of them as at a
    cosine's end, and begins at 0 where that isn't far.
    """
    ranked = sorted(values)
    low, high = (ranked[0], ranked[-1]) if ranked else (0.0, 1.0)
    if low > 0 and most is None:
        tenth = ranked[min(-(-len(ranked) // 10), len(ranked) - 1)]
        if high / tenth >= FAR:
            return _powers(low, high)
    return _even(0.0 if 0 <= low < high / 2 else low, high, most)


def _even(low: float, high: float, most: float | None) -> Axis:
    if high <= low:
        low, high = min(low, 0.0), high if high > 0 else low + 1
    step = _step((high - low) / FEW)
    first = floor(round(low / step, 6))
    last = max(ceil(round(high / step, 6)), first + 1)
    ticks = [round(place * step, 12) for place in range(first, last + 1)]
    if most is not None and ticks[-1] > most:
        ticks = [*(tick for tick in ticks if tick < most), most]
    return Axis(ticks[0], ticks[-1], tuple(ticks))


def whole_ticks(last: int) -> tuple[int, ...]:
    """Whole numbers from 1 to about `last`, as few as an axis bears."""
    step = max(1, round(_step(last / (2 * FEW))))
    return (1, *(tick for tick in range(step, last + 1, step) if tick > 1))


def _step(least: float) -> float:
    """The round number next above: 1, 2 or 5 of a power of ten."""
    power = 10.0 ** floor(log10(least))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= least * (1 - 1e-9))


def _powers(low: float, high: float) -> Axis:
    first = 10.0 ** floor(round(log10(low), 9))
    bounds = [*takewhile(lambda power: power < high * 10, _tens(first))]
    if bounds[-2] >= high:
        bounds.pop()
    every = ceil(len(bounds) / (FEW + 1))
    return Axis(bounds[0], bounds[-1], tuple(bounds[::every]), powers=True)


def _tens(first: float) -> Iterator[float]:
    return (first * 10.0**power for power in count())
