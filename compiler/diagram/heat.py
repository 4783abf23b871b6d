"""Multiply-accumulates as named steps of colour."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.diagram.style import HEAT
from compiler.picture.ink import Ink

_NICE = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True, slots=True)
class Heat:
    """Steps of `step` multiply-accumulates each; the first one is for none at all."""

    step: int

    @classmethod
    def over(cls, amounts: list[int]) -> Heat:
        """Steps that reach just over the largest of `amounts`."""
        return cls(nice(max(amounts, default=0) / (len(HEAT) - 1)))

    def level(self, amount: int) -> int:
        """The step that an amount falls in, from 0."""
        return min(-(-amount // self.step), len(HEAT) - 1)

    def scale(self) -> list[tuple[Ink, int]]:
        """Each step's colour and upper bound."""
        return [(ink, i * self.step) for i, ink in enumerate(HEAT)]


def nice(least: float) -> int:
    """The next round number.

    >>> nice(72_253_440), nice(0)
    (80000000, 1)
    """
    magnitude = 1
    while magnitude * 10 <= least:
        magnitude *= 10
    return next(int(n * magnitude) for n in _NICE if n * magnitude >= least and n * magnitude >= 1)
