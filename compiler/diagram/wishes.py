"""What can be asked of a drawing, beside what it shows."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

from compiler.ir.measures import MEASURES, Counted, Measure

Layout = Literal["snake", "column", "wide"]
"""Where an overview's boxes stand: in rows, one below the other, or in one row."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a drawing is wanted; without any, it is as wide as its boxes need.

    `shapes` tells every output shape inside branches too, `title` and `legend` can be left out.
    `heat` is what an overview's colours tell.
    """

    shapes: bool = False
    title: bool = True
    legend: bool = True
    heat: Counted | Measure = "macs"

    @property
    def measure(self) -> Measure:
        """What the colours tell. Raises `ValueError` for a word that there is no amount of."""
        if isinstance(self.heat, Measure):
            return self.heat
        if self.heat not in MEASURES:
            known = f"{', '.join(MEASURES)}, or what compiler.cost.measure gives"
            raise ValueError(f"{self.heat} is nothing that a step has by itself: {known}")
        return MEASURES[self.heat]

    def only(self, *names: str) -> None:
        """Raise `ValueError` where something is wished for that isn't among these."""
        odd = [
            each.name
            for each in fields(self)
            if each.name not in names and getattr(self, each.name) != each.default
        ]
        if odd:
            raise ValueError(f"this drawing has no {' and no '.join(odd)}")


PLAIN = Wishes()
