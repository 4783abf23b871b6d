"""An overview in one line: all cards side by side, or one below the other as a few wide boxes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from compiler.diagram.cards import HEIGHT
from compiler.diagram.grid import BESIDE, TAP_HEIGHT, Grid
from compiler.diagram.rows import Card, Row
from compiler.diagram.spacing import even
from compiler.diagram.text import counted, shape
from compiler.ir.measures import Measure
from compiler.ir.nodes import Tap
from compiler.picture.labels import Cell, Label, Run, beside, line, room_for, small, strong
from compiler.picture.metrics import fit
from compiler.picture.sheet import Tile

STAGE, BETWEEN = 30, 14
"""Points of a box in a column, and between two."""
PAD = 10
MOST = 300
"""Longer names are cut."""
INPUT = "input"


class Wide(Grid):
    """All cards in one row, each resolution called where it begins, heads below."""

    @property
    def width(self) -> float:
        """Points from the first card's left to the last one's right."""
        return self._left(sum(len(each.cards) for each in self._lines)) - BESIDE

    def _draw(self) -> None:
        cards = [card for each in self._lines for card in each.cards]
        top = max(self._named(each.label, self._left(i), 0) for i, each in self._starts())
        tiles = [self._card(card, column, top) for column, card in enumerate(cards)]
        for left, right in pairwise(tiles):
            self._level(left, right)
        self._taps_below(cards, tiles, top + HEIGHT)

    def _starts(self) -> Iterator[tuple[int, Row]]:
        """Each row with the number of its first card."""
        column = 0
        for each in self._lines:
            yield column, each
            column += len(each.cards)


class Column(Grid):
    """A box for each stage, as papers draw it: `4 × A`, and what comes out of it."""

    @property
    def width(self) -> float:
        """Points from the boxes' left to the right of the heads."""
        return max(tile.left + tile.width for tile in self._nodes)

    def _draw(self) -> None:
        cards = [card for each in self._lines for card in each.cards]
        self._width = self._aside([tap for card in cards for tap in card.taps])
        wide, top = even(max(map(self._need, cards))), 0.0
        tiles: list[Tile] = []
        for card in cards:
            tiles.append(self._box(card, (0, top, wide, STAGE), self._stage(card, wide)))
            left = tiles[-1]
            for i, tap in enumerate(card.taps):
                at = wide + BESIDE + i * (self._width + BESIDE)
                head = self._tap(tap, at, top + (STAGE - TAP_HEIGHT) / 2)
                self._level(left, head, dashed=True)
                left = head
            top += STAGE + BETWEEN
        for above, below in pairwise(tiles):
            self._upright(above, below, dashed=False)

    def _aside(self, taps: list[Tap]) -> int:
        """The width of the heads beside it."""
        return even(max((room_for(self._told(tap)) for tap in taps), default=0) + 2 * PAD)

    def _need(self, card: Card) -> float:
        side = max(run.room for run in _sides(card)) + 2 * PAD
        return room_for(_told(card)) + 2 * side

    def _stage(self, card: Card, wide: float) -> Label:
        """What it costs, what it is, and what comes out."""
        left, right = _sides(card)
        side = max(left.room, right.room)
        middle = Cell(wide - 2 * (side + PAD), STAGE, _told(card))
        ends = Cell(side, STAGE, (left,), "start"), Cell(side, STAGE, (right,), "end")
        return (line(Cell(PAD, 1), ends[0], middle, ends[1], Cell(PAD, 1)),)


class CloseColumn(Column):
    """The same where there is little room: what each stage is called, and what comes out."""

    def _told(self, tap: Tap) -> tuple[Run, ...]:
        return (strong(fit(tap.name, 11, MOST, bold=True), 11),)

    def _need(self, card: Card) -> float:
        return room_for(_told(card)[:1]) + _sides(card)[1].room + 4 * PAD

    def _stage(self, card: Card, wide: float) -> Label:
        right = _sides(card)[1]
        title = Cell(wide - right.room - 2 * PAD, STAGE, _told(card)[:1], "start")
        return (line(Cell(PAD, 1), title, Cell(right.room, STAGE, (right,), "end"), Cell(PAD, 1)),)


def _sides(card: Card) -> tuple[Run, Run]:
    """What stands at the left and at the right: what it costs, and what comes out."""
    return small(card.told), small(shape(card.out))


def _told(card: Card) -> tuple[Run, ...]:
    title = f"{card.times} × {card.title}" if card.times > 1 else card.title
    told = fit(title, 12, MOST, bold=True)
    return beside(strong(told), Run(fit(card.aside, 11, MOST)))


def stages(cards: list[Card], measure: Measure) -> list[Card]:
    """The cards as papers put them together: the stem, and one block several times in a row."""
    return [_together(list(group), measure) for group in _groups(cards)]


def _groups(cards: list[Card]) -> Iterator[list[Card]]:
    """Cards that belong together: nothing leaves the trunk between them."""
    group: list[Card] = []
    for card in cards:
        if group and (group[-1].taps or _sort(group[-1]) != _sort(card) or not _sort(card)):
            yield group
            group = []
        group.append(card)
    yield group


def _sort(card: Card) -> str:
    """What puts a card together with others; nothing for one that stands alone."""
    if card.section == "stem" and card.path != INPUT:
        return "stem"
    return f"block {card.block}" if card.block else ""


def _together(group: list[Card], measure: Measure) -> Card:
    first, last = group[0], group[-1]
    times = sum(card.times for card in group)
    names = first.path if len(group) == 1 else f"{first.path} … {last.path}"
    if first.block:
        title, aside = first.block, names if names != first.block else ""
    elif len(group) > 1:
        title, aside, times = "stem", "", 1
    else:
        title, aside = first.title, first.aside or ("" if first.name == first.title else first.name)
    amount = (sum if measure.adds else max)(card.amount for card in group)
    tooltip = "\n".join(card.tooltip for card in group)
    made = replace(last, title=title, aside=aside, times=times, strip=[], tooltip=tooltip)
    notes = last.notes if len(group) == 1 else ()
    return replace(made, amount=amount, told=_added(group, amount, measure), notes=notes)


def _added(group: list[Card], amount: int, measure: Measure) -> str:
    """What several cards have, as a sum that says so; of one card, what that says."""
    if len(group) == 1 or not amount:
        return group[0].told
    sign = "Σ" if measure.adds else "≤"
    return f"{sign} {counted(amount, measure.unit)}"
