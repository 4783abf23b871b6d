"""From what a detail shows to its sheet: boxes at their places, a heading, a table of uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from compiler.diagram.columns import BETWEEN, Columns
from compiler.diagram.facts import Habit
from compiler.diagram.fitting import fitted
from compiler.diagram.heading import (
    LONGEST,
    SUBTITLE,
    Strip,
    heading,
    legend,
    listing_table,
    remark,
    span,
    titled,
    wrapped,
)
from compiler.diagram.items import Box, Chain, boxes
from compiler.diagram.naming import count, listing
from compiler.diagram.spacing import Spacing, spacings
from compiler.diagram.style import LOOKS
from compiler.diagram.trimming import ends, more
from compiler.diagram.turning import Placed
from compiler.diagram.uses import Use
from compiler.diagram.wiring import Place, Wiring
from compiler.diagram.wishes import Wishes
from compiler.picture.labels import Run
from compiler.picture.sheet import End, Sheet, Tile

LINE = 620
"""A list of uses longer than that and wider than its drawing becomes a table."""
ENTRIES = 100
"""Lines of such a table."""
CHANNEL = 28
"""Points between the trunk and its heads, where lines lead to them."""
NARROWEST = 380
"""Legends get that much room, however narrow a drawing is."""


@dataclass(frozen=True, slots=True)
class Head:
    """What is taken from the trunk behind one of its boxes."""

    source: str
    chain: Chain


@dataclass(frozen=True, slots=True)
class Plan:
    """What a detail shows; `common` is in its legend, too.

    Uses (`places`) that are too many for a line stand in a table below, and `heads` beside the
    boxes that they are taken from. `letters` says what those of its shapes mean.
    """

    name: str
    title: str
    about: str
    chain: Chain
    common: Habit
    places: tuple[Use, ...] = ()
    note: str = ""
    letters: tuple[str, ...] = ()
    heads: tuple[Head, ...] = ()

    @property
    def boxes(self) -> list[Box]:
        """All that it shows."""
        chains = (self.chain, *(head.chain for head in self.heads))
        return [box for chain in chains for box in boxes(chain)]


def laid(plan: Plan, wishes: Wishes) -> Sheet:
    """The drawing of a plan, as it is wished for: closer where it has to be, then without table."""
    room, spaces = wishes.room, spacings(wishes.shapes)
    if not room:
        return _sheet(plan, wishes, spaces[0])
    bare = replace(plan, about=count(list(plan.places)) if plan.places else plan.about, places=())
    closer = [(each, space) for each in (plan, bare) for space in spaces]
    return fitted((_sheet(each, wishes, space) for each, space in closer), room)


def placed(plan: Plan, wishes: Wishes, spacing: Spacing) -> Placed:
    """The boxes of a plan alone, without heads and table."""
    wiring = Wiring()
    Columns(wiring, plan.chain, spacing)
    if wishes.up:
        wiring.turn()
    return wiring.placed()


def _sheet(plan: Plan, wishes: Wishes, spacing: Spacing) -> Sheet:
    wiring = Wiring()
    columns = Columns(wiring, plan.chain, spacing)
    right = _heads(wiring, plan.heads, columns.width, spacing)
    if wishes.up:
        wiring.turn()
    needed = max(map(span, legend(plan.boxes, plan.common, plan.letters)), default=0)
    width = wishes.heading(right, NARROWEST, needed if wishes.legend else 0)
    listed = bool(plan.places) and Run(plan.about, SUBTITLE).room > _longest(width, wishes)
    about = count(list(plan.places)) if listed else plan.about
    if listed:
        _table(wiring, listing(list(plan.places)), width)
    head = heading(_head(plan, about, width, wishes))
    return Sheet(plan.name, plan.title, plan.about, head, *wiring.placed())


def _heads(wiring: Wiring, heads: tuple[Head, ...], right: float, spacing: Spacing) -> float:
    """Place heads at the right of the trunk, one below the other; how far right they reach."""
    left, below, reached = right + CHANNEL, 0.0, right
    for head in heads:
        source = wiring.there(head.source)
        if source is None:
            continue  # It was left out.
        level = source.top + source.height / 2
        top = max(below, level + BETWEEN)
        width = Columns(wiring, head.chain, spacing, Place(left, top)).width
        first = wiring.there(head.chain[0].path) if isinstance(head.chain[0], Box) else None
        assert first, head
        ends = (source.left + source.width, level), (left + width / 2, top)
        channel = right + CHANNEL / 2
        corners = [(channel, level), (channel, top - BETWEEN), (ends[1][0], top - BETWEEN)]
        corners = corners if top > level + BETWEEN else [(ends[1][0], level)]
        wiring.lead(End(source.name, ends[0]), End(first.name, ends[1], side="n"), *corners)
        below, reached = wiring.bottom_of(left) + 2 * BETWEEN, max(reached, left + width)
    return reached


def _longest(width: float, wishes: Wishes) -> float:
    """How long a list of uses may be before it becomes a table: more, where it can be broken."""
    return 2 * width if wishes.fit else min(max(width, LINE), LONGEST)


def _head(plan: Plan, about: str, width: float, wishes: Wishes) -> Iterator[Strip]:
    if wishes.title:
        yield from titled(plan.title, about, width, wrap=bool(wishes.fit))
        yield from remark(plan.note, width if wishes.fit else LONGEST)
    if wishes.legend:
        yield from wrapped(legend(plan.boxes, plan.common, plan.letters), width)


def _table(wiring: Wiring, places: list[list[str]], width: float) -> None:
    """A table of uses below all, their names in as many lines as that takes."""
    head, *rows = places
    first, last = ends(rows, lambda _: 1, ENTRIES)
    if gone := len(rows) - first - last:
        told = more(gone).text[0].text
        rows[first : len(rows) - last] = [[told, *[""] * (len(head) - 1)]]
    label, size = listing_table([head, *rows], width)
    place = (0, wiring.bottom + BETWEEN)
    wiring.place(Tile("uses", *place, *size, label, LOOKS["plain"], "none"))
