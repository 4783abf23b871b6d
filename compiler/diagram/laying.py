"""From what a detail shows to its sheet: boxes at their places, a heading, a table of uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from compiler.diagram.chains import Chain, boxes
from compiler.diagram.columns import BETWEEN, Columns
from compiler.diagram.facts import Habit
from compiler.diagram.heading import (
    LONGEST,
    SUBTITLE,
    Strip,
    heading,
    legend,
    listing_table,
    remark,
    titled,
)
from compiler.diagram.naming import count, listing
from compiler.diagram.spacing import Spacing, spacings
from compiler.diagram.style import LOOKS
from compiler.diagram.trimming import ends, more
from compiler.diagram.uses import Use
from compiler.diagram.wiring import Wiring
from compiler.diagram.wishes import Wishes
from compiler.picture.labels import Run
from compiler.picture.sheet import Sheet, Tile

LINE = 620
"""A list of uses longer than that and wider than its drawing becomes a table."""
ENTRIES = 100
"""Lines of such a table."""
NARROWEST = 380
"""Legends get that much room, however narrow a drawing is."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a detail shows. Kernels in its legend have `rank` numbers, `common` is in it, too.

    Uses (`places`) that are too many for a line stand in a table below.
    """

    name: str
    title: str
    about: str
    chain: Chain
    rank: int
    common: Habit
    places: tuple[Use, ...] = ()
    note: str = ""


def laid(plan: Plan, wishes: Wishes) -> Sheet:
    """The drawing of a plan, as it is wished for."""
    return _sheet(plan, wishes, spacings(wishes.shapes)[0])


def _sheet(plan: Plan, wishes: Wishes, spacing: Spacing) -> Sheet:
    wiring = Wiring()
    columns = Columns(wiring, plan.chain, spacing)
    width = max(columns.width, NARROWEST)
    room = min(max(width, LINE), LONGEST)
    listed = bool(plan.places) and Run(plan.about, SUBTITLE).room > room
    about = count(list(plan.places)) if listed else plan.about
    if listed:
        _table(wiring, listing(list(plan.places)))
    head = heading(_head(plan, about, width, wishes))
    return Sheet(plan.name, plan.title, plan.about, head, *wiring.placed())


def _head(plan: Plan, about: str, width: float, wishes: Wishes) -> Iterator[Strip]:
    if wishes.title:
        yield from titled(plan.title, about, width)
        yield from remark(plan.note)
    if wishes.legend:
        yield from legend(list(boxes(plan.chain)), plan.rank, width, plan.common)


def _table(wiring: Wiring, places: list[list[str]]) -> None:
    head, *rows = places
    first, last = ends(rows, lambda _: 1, ENTRIES)
    if gone := len(rows) - first - last:
        told = more(gone).text[0].text
        rows[first : len(rows) - last] = [[told, *[""] * (len(head) - 1)]]
    label, size = listing_table([head, *rows])
    place = (0, wiring.bottom + BETWEEN)
    wiring.place(Tile("uses", *place, *size, label, LOOKS["plain"], "none"))
