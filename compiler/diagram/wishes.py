"""What can be asked of a drawing, beside what it shows."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, get_args

from compiler.diagram.fitting import Room, room_of
from compiler.ir.measures import MEASURES, Counted, Measure

Layout = Literal["snake", "column", "wide"]
"""Where an overview's boxes stand: in rows, one below the other, or in one row."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a drawing is wanted. Raises `ValueError` for what can't be understood.

    `fit` is a width, `17cm`, that and a height, `17x12cm`, or a page by its name: `slide`, `a4`,
    `letter`. Without one, a drawing is as wide as its boxes need.
    `shapes` tells every output shape inside branches too, `fold` draws what repeats once, `up`
    begins at the bottom. `title` and `legend` can be left out, `heat` is what an overview's colours
    tell.
    """

    layout: Layout = "snake"
    fit: str = ""
    shapes: bool = False
    fold: bool = False
    up: bool = False
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

    def __post_init__(self) -> None:
        """Refuse words that mean nothing."""
        if self.layout not in get_args(Layout):
            raise ValueError(f"a layout is one of {', '.join(get_args(Layout))}: {self.layout!r}")
        self.room  # noqa: B018  # it raises

    @property
    def room(self) -> Room | None:
        """Where it has to fit."""
        return room_of(self.fit) if self.fit else None

    def heading(self, drawn: float, comfort: float, needed: float) -> float:
        """How wide a heading is: as a drawing, or more where that is narrow.

        In a room of its own that would be white beside the drawing, so it takes what it needs.
        """
        return max(drawn, min(needed, self.room.widest) if self.room else comfort)

    def only(self, what: str, *meant: str) -> None:
        """Raise `ValueError` where something is wished for that only other drawings can be."""
        for each in fields(self):
            odd = each.name in WHOSE and getattr(self, each.name) != each.default
            if odd and each.name not in meant:
                raise ValueError(f"{what} takes no {each.name}; {WHOSE[each.name]} does")


WHOSE = {
    "layout": "an overview",
    "fold": "what has its branches drawn out",
    "heat": "an overview",
    "shapes": "what has its branches drawn out",
}
"""What can be wished to be so."""
PLAIN = Wishes()
