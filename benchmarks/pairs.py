"""Timing in pairs: ours and a peer in turns, so that what slows the machine slows both."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import comb
from statistics import median

from dsl.text.memory import forget

Work = Callable[[], object]
Clock = Callable[[], float]


@dataclass(frozen=True)
class Estimate:
    """A median over rounds, and the `interval` that it lies in."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Estimate:
        """What one value from each round says."""
        return cls(median(values), *interval(values))

    @classmethod
    def exactly(cls, value: float) -> Estimate:
        """A figure that doesn't vary."""
        return cls(value, value, value)

    @property
    def cells(self) -> tuple[str, str]:
        """The value and its spread."""
        spread = f"{self.low:.3f} to {self.high:.3f}" if self.low != self.high else "exact"
        return f"{self.value:.3f}", spread

    def verdict(self, aim: float | None) -> str:
        """Whether it is at most the aim; nothing where there is none."""
        if aim is None:
            return ""
        if self.value <= aim:
            return "yes"
        return "within noise" if self.low <= aim else "no"


@dataclass(frozen=True)
class Row:
    """One pair: what each took, ours over the peer's, and what that should be at most."""

    what: str
    ours: str
    peer: str
    ratio: Estimate
    aim: float | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        """The line of the table."""
        aim = "" if self.aim is None else f"{self.aim:.2f}"
        verdict = self.ratio.verdict(self.aim)
        return self.what, self.ours, self.peer, *self.ratio.cells, aim, verdict


HEADING = ("what", "ours", "peer", "ratio", "95 %", "aim", "met")


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Where the median lies with 95 % confidence, whatever the distribution.

    Fewer than six values can't say that: then all of them, from the least to the largest.

    >>> interval(range(20))
    (5, 14)
    """
    ranked = sorted(values)
    count, outside, tail = len(ranked), 0, 0.0
    while (tail := tail + comb(count, outside) / 2**count) <= 0.025:
        outside += 1
    first = max(outside - 1, 0)
    return ranked[first], ranked[count - 1 - first]


def alternate(
    contenders: Mapping[str, Work], rounds: int, clock: Clock = time.perf_counter
) -> dict[str, list[float]]:
    """Seconds of each contender in each round, after one that isn't counted.

    Every other round goes backwards, so that nobody always follows the same neighbour.
    """
    for work in contenders.values():
        work()
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        order = list(contenders) if number % 2 == 0 else list(contenders)[::-1]
        for name in order:
            seconds[name].append(timed(contenders[name], clock))
    return seconds


def timed(work: Work, clock: Clock = time.perf_counter) -> float:
    """Seconds of one call, beginning without garbage and without memories from before."""
    forget()
    gc.collect()
    start = clock()
    work()
    return clock() - start


def compared(
    what: str, seconds: Mapping[str, Sequence[float]], ours: str, peer: str, aim: float | None
) -> Row:
    """The row of one pair among what `alternate` timed together."""
    mine, theirs = seconds[ours], seconds[peer]
    return Row(
        what,
        f"{ours} {shown(median(mine))}",
        f"{peer} {shown(median(theirs))}",
        Estimate.of([one / other for one, other in zip(mine, theirs, strict=True)]),
        aim,
    )


def shown(seconds: float) -> str:
    """Three digits and a unit.

    >>> shown(1.234), shown(0.0123), shown(0.0000456)
    ('1.23 s', '12.3 ms', '45.6 µs')
    """
    for scale, unit in ((1, "s"), (1e3, "ms")):
        if seconds * scale >= 1:
            return f"{seconds * scale:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"


def table(rows: Iterable[Row]) -> Iterator[str]:
    """Rows under a heading."""
    return aligned([HEADING, *(row.cells for row in rows)])


def aligned(lines: Sequence[Sequence[str]]) -> Iterator[str]:
    """Cells in columns, two spaces apart.

    >>> list(aligned([("a", "b"), ("100", "2")]))
    ['a    b', '100  2']
    """
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        yield "  ".join(cells).rstrip()
