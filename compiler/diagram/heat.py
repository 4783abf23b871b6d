"""Amounts as named steps of colour, in steps of 1, 2 and 5: what adds up spans many sizes."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, dropwhile, takewhile

from compiler.diagram.style import HEAT
from compiler.picture.ink import Ink


@dataclass(frozen=True, slots=True)
class Heat:
    """Steps by their upper bounds, rising; the first one is for nothing at all."""

    bounds: tuple[int, ...]

    @classmethod
    def over(cls, amounts: list[int]) -> Heat:
        """Steps from the least of `amounts` to the largest, the ends shared where that is far."""
        there = sorted(filter(None, amounts))
        if not there:
            return cls((0,))
        cuts = [*takewhile(lambda bound: bound < there[-1], _rounds())]
        cuts = _cut(cuts[bisect_left(cuts, there[0]) :], there, len(HEAT) - 2)
        return cls((0, *cuts, next(_rounds(there[-1]))))

    def level(self, amount: int) -> int:
        """The step that an amount falls in, from 0."""
        return bisect_left(self.bounds, amount)

    def scale(self) -> list[tuple[Ink, int]]:
        """Each step's colour and upper bound; few steps are as far apart as many."""
        last, most = len(self.bounds) - 1, len(HEAT) - 1
        return [(HEAT[-(-i * most // max(last, 1))], bound) for i, bound in enumerate(self.bounds)]


def _cut(cuts: list[int], there: list[int], most: int) -> list[int]:
    """So many neighbours of the cuts that amounts are told apart best, the highest of equals."""

    def crowd(some: list[int]) -> int:
        return sum(n * n for n in Counter(bisect_left(some, amount) for amount in there).values())

    last = max(0, len(cuts) - most)
    return min((cuts[i : i + most] for i in range(last, -1, -1)), key=crowd)


def _rounds(least: int = 1) -> Iterator[int]:
    """1, 2, 5, 10, 20…: those that are no less than that."""
    every = (step * 10**place for place in count() for step in (1, 2, 5))
    return dropwhile(lambda bound: bound < least, every)
