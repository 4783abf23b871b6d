"""Where a U's cards stand in an overview: a row for each level, one side down and one up.

Both sides of a level end on one line, so that what goes past what is below is level, and the ways
down and up are each on a side of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from compiler.diagram.bends import Side
from compiler.diagram.cards import HEIGHT
from compiler.diagram.grid import BELOW, BESIDE, Grid
from compiler.diagram.heat import Heat
from compiler.diagram.rows import Card, Row
from compiler.diagram.style import LOOKS
from compiler.picture.ink import EDGE, WRAP
from compiler.picture.labels import Cell, line, small
from compiler.picture.sheet import Edge, End, Tile

PITCH = HEIGHT + 2 * BELOW
"""Points from one line of cards to the next."""
SKIP = "skip"
"""What a line is called that goes past all below, as it is in papers."""
GUTTER, SAID, AIR = 48, 12, 3
"""Points between both sides, where that stands, its height, and how far above its line."""
ASIDE = 8
"""Points from the cards to the line that leads on below a U."""


@dataclass(slots=True)
class Stretch:
    """One level where it stands: its top, the line on which both sides end, and its cards."""

    side: Side
    top: float
    foot: float
    down: list[Tile]
    up: list[Tile]
    past: list[Tile]


class Basin(Grid):
    """Rows of cards, and Us among them, no wider than `most` cards where that can be."""

    def __init__(self, lines: list[Row], heat: Heat, *, above: bool = False, most: int) -> None:
        self._most = most
        self._here = 0.0
        self._last: Tile | None = None
        self._around = False
        super().__init__(lines, heat, above=above)

    @property
    def _right(self) -> float:
        """Points to the right of the last card."""
        there = (tile for tile in self._nodes.values() if tile.outline != "none")
        return max(tile.left + tile.width for tile in there)

    def _draw(self) -> None:
        sides: list[Side] = []
        for each in self.lines:
            if isinstance(each, Side):
                sides.append(each)
                if each.lowest:
                    self._basin(sides)
                    sides = []
                continue
            top = self._here
            cards, below = self._row(each, top)
            self._lead(cards[0], top - BELOW)
            self._last, self._around, self._here = cards[-1], False, below + 2 * BELOW

    def _basin(self, sides: list[Side]) -> None:
        """Cards in the order in which they run, then the lines between them."""
        start = self._here
        left = min(max(len(each.down) for each in sides[:-1]), max(1, self._most // 2))
        right = min(max(len(each.up) for each in sides), max(1, self._most - left))
        gutter = self._width + BESIDE if any(each.past for each in sides) else GUTTER - BESIDE
        found = [self._stretch(each, left, right) for each in sides]
        for each in found:
            each.down = self._stand(_downward(each, left), 0.0)
            if each.side.past:
                each.past = [self._card(each.side.past, left, each.foot)]
        for each in reversed(found):
            each.up = self._stand(_upward(each, left, right), gutter)
        self._lead(found[0].down[0], start - BELOW)
        self._join(found)
        self._last, self._around = found[0].up[-1], True

    def _stretch(self, side: Side, left: int, right: int) -> Stretch:
        top = self._here
        begin = self._named(side.label, 0, top)
        rows = max(-(-len(side.down) // left), -(-len(side.up) // right))
        foot = begin + PITCH * (rows - 1)
        self._here = foot + PITCH
        return Stretch(side, top, foot, [], [], [])

    def _stand(self, places: list[tuple[Card, int, float]], shift: float) -> list[Tile]:
        return [self._card(card, column, top, shift) for card, column, top in places]

    def _join(self, found: list[Stretch]) -> None:
        """The lines of a U."""
        for each in found:
            for one, other in pairwise(each.down):
                self._next(one, other, other.top - BELOW)
            if each.up:
                along = [*each.down[-1:], *each.past, each.up[0]]
                for one, other in pairwise(along):
                    self._level(one, other)
                if not each.side.lowest and not each.past:
                    self._called(along[0], along[1])
            for one, other in pairwise(each.up):
                self._next(one, other, one.top - BELOW)
        for each, below in pairwise(found):
            y = below.top - BELOW
            if below.down:
                self._next(each.down[-1], below.down[0], y)
            else:
                self._into(each.down[-1], below.up[0])
            self._next(below.up[-1], each.up[0], y)

    def _called(self, one: Tile, other: Tile) -> None:
        """Say above a line between two cards that what it brings goes past all below."""
        left = one.left + one.width
        label = (line(Cell(other.left - left, SAID, (small(SKIP),))),)
        top = one.top + one.height / 2 - SAID - AIR
        size = other.left - left, SAID
        self._add(Tile(SKIP, left, top, *size, label, LOOKS["plain"], "none"))

    def _next(self, one: Tile, other: Tile, y: float) -> None:
        """A line to the next card: level, or down or up by way of a height."""
        if one.top == other.top:
            self._level(one, other)
        elif one.top < other.top:
            self._way(one, other, y, EDGE)
        else:
            ends = [tile.left + tile.width / 2 for tile in (one, other)]
            tail = End(one.name, (ends[0], one.top), side="n")
            head = End(other.name, (ends[1], other.top + HEIGHT), side="s")
            corners = tuple((x, y) for x in ends) if ends[0] != ends[1] else ()
            self._edges.append(Edge(tail, head, corners))

    def _into(self, one: Tile, other: Tile) -> None:
        """Down, and into the left of a card that stands alone below all others."""
        x, y = one.left + one.width / 2, other.top + HEIGHT / 2
        tail = End(one.name, (x, one.top + HEIGHT), side="s")
        self._edges.append(Edge(tail, End(other.name, (other.left, y)), ((x, y),)))

    def _lead(self, first: Tile, y: float) -> None:
        """From what was drawn last to a row below it; around a U, which ends at its top."""
        last = self._last
        if last is None:
            return
        if not self._around:
            self._way(last, first, y)
            return
        right, middle = self._right + ASIDE, last.top + HEIGHT / 2
        x = first.left + first.width / 2
        self._add(Tile("room", right, middle, 1, 1, (), LOOKS["plain"], "none"))
        tail = End(last.name, (last.left + last.width, middle))
        corners = ((right, middle), (right, y), (x, y))
        self._edges.append(Edge(tail, End(first.name, (x, first.top), side="n"), corners, WRAP))


def _downward(each: Stretch, columns: int) -> list[tuple[Card, int, float]]:
    """Cards from the left to the right in lines, the last of which is at the foot."""
    cards = each.side.down
    lines = -(-len(cards) // columns)
    return [
        (card, i % columns, each.foot - (lines - 1 - i // columns) * PITCH)
        for i, card in enumerate(cards)
    ]


def _upward(each: Stretch, left: int, columns: int) -> list[tuple[Card, int, float]]:
    """The same from the foot on, behind the columns that lead down."""
    return [
        (card, left + i % columns, each.foot - i // columns * PITCH)
        for i, card in enumerate(each.side.up)
    ]
