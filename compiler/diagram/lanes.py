"""An overview in one line: all cards side by side, or one below the other as a few wide boxes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import pairwise

from compiler.diagram.cards import HEIGHT, chip
from compiler.diagram.grid import BESIDE, TAP_HEIGHT, Grid
from compiler.diagram.heat import Heat
from compiler.diagram.rows import Card, Row
from compiler.diagram.spacing import ROOMY, even
from compiler.diagram.staging import step_key
from compiler.ir.nodes import Tap
from compiler.picture.labels import Cell, Label, Run, beside, line, room_for, small, strong
from compiler.picture.metrics import fit, fit_list
from compiler.picture.sheet import Edge, End, Tile

PAD = 10
CHANNEL = 30
"""Points between columns, where the line from one to the next goes."""
TIGHT = 6
"""How much lower boxes are where little is between them."""
CHIP_HEIGHT, BARE = 16, 14
"""Points of an amount's colour from top to bottom, and from left to right where it is alone."""
MOST = 300
"""Longer names are cut."""


class Wide(Grid):
    """All cards in one row, each resolution called where it begins, heads below."""

    def _draw(self) -> None:
        top = max(self._named(each.label, self._left(i), 0) for i, each in self._starts())
        tiles = [self._card(card, column, top) for column, card in enumerate(self.cards)]
        for left, right in pairwise(tiles):
            self._level(left, right)
        self._taps_below(self.cards, tiles, top + HEIGHT)

    def _starts(self) -> Iterator[tuple[int, Row]]:
        """Each row with the number of its first card."""
        column = 0
        for each in self.lines:
            yield column, each
            column += len(each.cards)


class Column(Grid):
    """A box for each stage, as papers draw it: `4 × A`, and what comes out of it.

    Past the last box of a column the next one begins, where there are more `columns`. `letters`
    are the panels of heads.
    """

    def __init__(
        self,
        lines: list[Row],
        heat: Heat,
        *,
        columns: int = 1,
        between: float = ROOMY.between,
        letters: Mapping[str, str] | None = None,
    ) -> None:
        self._columns, self._between, self._letters = columns, between, letters or {}
        self._height = ROOMY.height - (TIGHT if between < ROOMY.between else 0)
        super().__init__(lines, heat, above=True)

    def _draw(self) -> None:
        self._width = self._aside([tap for card in self.cards for tap in card.taps])
        left = 0.0
        before: Tile | None = None
        for group in _columns(self.cards, self._columns):
            tiles = self._column(group, left)
            if before:
                self._next(before, tiles[0], left - CHANNEL / 2)
            before, left = tiles[-1], self.width + CHANNEL

    def _column(self, cards: list[Card], begin: float) -> list[Tile]:
        """Boxes one below the other, and their heads beside them."""
        top, wide = 0.0, self._wide
        tiles: list[Tile] = []
        for card in cards:
            place = (begin, top, wide, self._height)
            tiles.append(self._box(card, place, self._stage(card)))
            left = tiles[-1]
            for i, tap in enumerate(card.taps):
                at = begin + wide + BESIDE + i * (self._width + BESIDE)
                head = self._tap(tap, at, top + (self._height - TAP_HEIGHT) / 2)
                self._level(left, head, dashed=True)
                left = head
            top += self._height + self._between
        for above, below in pairwise(tiles):
            self._upright(above, below, dashed=False)
        return tiles

    def _next(self, last: Tile, first: Tile, channel: float) -> None:
        """From the right of a column's last box up to the left of the next one's first."""
        tail, head = last.top + last.height / 2, first.top + first.height / 2
        ends = End(last.name, (last.left + last.width, tail)), End(first.name, (first.left, head))
        self._edges.append(Edge(*ends, ((channel, tail), (channel, head))))

    def _aside(self, taps: list[Tap]) -> int:
        """The width of the heads beside it."""
        return even(max((room_for(self._told(tap)) for tap in taps), default=0) + 2 * PAD)

    def _told(self, tap: Tap) -> tuple[Run, ...]:
        return beside(*self._name(tap), small("train only"))

    def _name(self, tap: Tap) -> tuple[Run, Run]:
        letter = self._letters.get(step_key(tap.name), "")
        name = strong(fit(tap.name, 11, MOST, bold=True), 11)
        return name, Run(f"({letter})" if letter else "")

    @cached_property
    def _costs(self) -> float:
        """Points for the widest of what stages cost."""
        chips = (chip(card.told, CHIP_HEIGHT, None) for card in self.cards)
        return max(sum(cell.width for cell in each) for each in chips)

    @cached_property
    def _shapes(self) -> float:
        """Points for the widest of what comes out of them."""
        return max(small(card.shape).room for card in self.cards)

    @cached_property
    def _wide(self) -> int:
        return even(max(map(self._need, self.cards)))

    def _need(self, card: Card) -> float:
        return room_for(_told(card)) + 2 * (max(self._costs, self._shapes) + 2 * PAD)

    def _stage(self, card: Card) -> Label:
        """What it costs, what it is, and what comes out."""
        side, high = max(self._costs, self._shapes), self._height
        cost, right = self._cost(card), self._out(card, side)
        rest = Cell(side - sum(cell.width for cell in cost), high)
        middle = Cell(self._wide - 2 * (side + PAD), high, _told(card))
        return (line(Cell(PAD, 1), *cost, rest, middle, right, Cell(PAD, 1)),)

    def _cost(self, card: Card) -> list[Cell]:
        return chip(card.told, CHIP_HEIGHT, self._colour(card))

    def _out(self, card: Card, width: float) -> Cell:
        return Cell(width, self._height, (small(card.shape),), "end")


class CloseColumn(Column):
    """The same where there is little room: no names of steps, what they cost beside their shape."""

    telling = False

    def _told(self, tap: Tap) -> tuple[Run, ...]:
        return beside(*self._name(tap))

    def _need(self, card: Card) -> float:
        return room_for(_called(card)) + self._costs + self._shapes + 4 * PAD

    def _stage(self, card: Card) -> Label:
        cost, right = self._cost(card), self._out(card, self._shapes + PAD)
        rest = self._wide - sum(cell.width for cell in cost) - right.width - 2 * PAD
        title = Cell(rest, self._height, _called(card), "start")
        return (line(Cell(PAD, 1), title, *cost, right, Cell(PAD, 1)),)


class BareColumn(CloseColumn):
    """The same where there is less: costs are told by colours alone."""

    def _need(self, card: Card) -> float:
        return room_for(_called(card)) + BARE + self._shapes + 5 * PAD

    def _cost(self, card: Card) -> list[Cell]:
        return [Cell(BARE, CHIP_HEIGHT, fill=self._colour(card))]


def _columns(cards: list[Card], count: int) -> Iterator[list[Card]]:
    """Columns of about equal length, none of which ends in a card with heads beside it."""
    while cards:
        size = -(-len(cards) // count)
        free = (n for n in range(size, len(cards)) if not cards[n - 1].taps)
        n = next(free, len(cards)) if count > 1 else len(cards)
        yield cards[:n]
        cards, count = cards[n:], count - 1


def _called(card: Card) -> tuple[Run, ...]:
    return beside(_title(card), Run(card.letter))


def _told(card: Card) -> tuple[Run, ...]:
    """What a stage is called, where it is drawn out, and the names of its steps."""
    return beside(_title(card), Run(card.letter), Run(fit_list(card.aside, 11, MOST)))


def _title(card: Card) -> Run:
    title = f"{card.times} × {card.title}" if card.times > 1 else card.title
    return strong(fit(title, 12, MOST, bold=True))
