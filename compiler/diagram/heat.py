"""Amounts as named steps of colour, in steps of 1, 2 and 5: what adds up spans many sizes."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import count

from compiler.diagram.style import HEAT
from compiler.picture.ink import Ink

ROUND = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Heat:
    """Steps by their upper bounds, rising; the first one is for nothing at all."""

    bounds: tuple[int, ...]

    @classmethod
    def over(cls, amounts: list[int]) -> Heat:
        """Steps up to just over the largest of `amounts`; what is small shares the lowest."""
        largest, bounds = max(amounts, default=0), [0]
        for place in count():
            if bounds[-1] >= largest:
                break
            bounds.append(ROUND[place % 3] * 10 ** (place // 3))
        return cls((0, *bounds[1:][-len(HEAT) + 1 :]))

    def level(self, amount: int) -> int:
        """The step that an amount falls in, from 0."""
        return bisect_left(self.bounds, amount)

    def scale(self) -> list[tuple[Ink, int]]:
        """Each step's colour and upper bound."""
        return list(zip(HEAT, self.bounds, strict=False))
