"""Where an overview's cards stand: a snake on a grid.

The way from a row to the next goes down below the row's auxiliary heads, not through them, and
back to the first column.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from compiler.diagram.cards import HEIGHT, NARROW, face, width
from compiler.diagram.facts import amounts
from compiler.diagram.heat import Heat
from compiler.diagram.rows import Card, Row
from compiler.diagram.style import LOOKS
from compiler.diagram.text import place
from compiler.ir.nodes import Tap
from compiler.picture.ink import MUTED, WRAP, Ink
from compiler.picture.labels import Cell, Label, Run, beside, line, small, strong
from compiler.picture.metrics import fit
from compiler.picture.sheet import Edge, End, Tile, distinct

TAP_HEIGHT = 28
LABEL = 16
BESIDE, BELOW = 18, 12
"""Points between columns, and between what stands one below the other."""


class Grid:
    """Rows of cards. `above` sets the rows' labels above them instead of at their left."""

    telling = True
    """Whether cards show what is noted of them."""

    def __init__(self, lines: list[Row], heat: Heat, *, above: bool = False) -> None:
        self.lines = lines
        self._heat = heat
        self._above = above
        self.cards = [card for each in lines for card in each.cards]
        self._width = width(self.cards)
        self._label = max(Run(each.label, 12, True).room for each in lines) + 8
        self._nodes: dict[str, Tile] = {}
        self._edges: list[Edge] = []
        self._draw()

    @property
    def width(self) -> float:
        """Points from the labels' left to the right of all."""
        return max(tile.left + tile.width for tile in self._nodes.values())

    @property
    def notes(self) -> Iterator[str]:
        """What cards show beside their names, of which a legend tells."""
        return (note for card in self.cards if self.telling for note in card.notes)

    def placed(self) -> tuple[tuple[Tile, ...], tuple[Edge, ...]]:
        """Every box, and every line."""
        return tuple(self._nodes.values()), tuple(self._edges)

    def _left(self, column: int) -> float:
        return (0 if self._above else self._label + BESIDE) + column * (self._width + BESIDE)

    def _draw(self) -> None:
        top = 0.0
        last: Tile | None = None
        for each in self.lines:
            cards, below = self._row(each, top)
            if last:
                self._way(last, cards[0], top - BELOW)
            last, top = cards[-1], below + 2 * BELOW

    def _row(self, each: Row, top: float) -> tuple[list[Tile], float]:
        """A row's label, its cards and their heads, and how far down they reach."""
        begin = self._named(each.label, 0, top)
        for column, text in each.marks.items():
            begin = self._named(text, self._left(column), top)
        top = begin
        cards = [self._card(card, column, top) for column, card in enumerate(each.cards)]
        for left, right in pairwise(cards):
            self._level(left, right)
        beside = cards[-1]
        for column, tap in enumerate(each.cards[-1].taps, len(cards)):
            middle = top + (HEIGHT - TAP_HEIGHT) / 2
            head = self._tap(tap, self._left(column), middle)
            self._level(beside, head, dashed=True)
            beside = head
        return cards, self._taps_below(each.cards[:-1], cards, top + HEIGHT)

    def _named(self, text: str, left: float, top: float) -> float:
        """Write a row's label at its left, or above it; and where its cards begin then."""
        if not text:
            return top
        if self._above:
            most = self._width / 2 - BESIDE  # Beside the line that comes from the row before.
            run = small(fit(text, 10, most))
            size, below = (most, LABEL), top + LABEL
        else:
            run = Run(text, 12, True, MUTED)
            size, below = (self._label, HEIGHT), top
        label = (line(Cell(*size, (run,), "start")),)
        self._add(Tile("row", left, top, *size, label, LOOKS["plain"], "none"))
        return below

    def _taps_below(self, cards: list[Card], tiles: list[Tile], bottom: float) -> float:
        """The heads of cards whose way down is free, and how far down they reach."""
        deepest = bottom
        for column, card in enumerate(cards):
            hanging = [tiles[column]]
            for tap in card.taps:
                lowest = hanging[-1]
                hanging.append(
                    self._tap(tap, tiles[column].left, lowest.top + lowest.height + BELOW)
                )
                self._upright(lowest, hanging[-1])
            deepest = max(deepest, hanging[-1].top + hanging[-1].height)
        return deepest

    def _add(self, node: Tile) -> Tile:
        """Keep a box; its name becomes one of its own."""
        if node.name in self._nodes:
            node = replace(node, name=distinct(node.name, self._nodes))
        self._nodes[node.name] = node
        return node

    def _card(self, card: Card, column: int, top: float, shift: float = 0) -> Tile:
        place = (self._left(column) + shift, top, self._width, HEIGHT)
        return self._box(card, place, face(card, self._width, self._colour(card)))

    def _box(self, card: Card, place: tuple[float, ...], label: Label) -> Tile:
        """A card's box: at its left, its top, so wide and high."""
        kind, (left, top, width, height) = f"heat{self._heat.level(card.amount)}", place
        return self._add(
            Tile(card.path, left, top, width, height, label, LOOKS["plain"],
                 kind=kind, tooltip=card.tooltip)
        )  # fmt: skip

    def _colour(self, card: Card) -> Ink | None:
        """The colour of what a card costs; none of nothing."""
        level = self._heat.level(card.amount)
        return self._heat.scale()[level][0] if level else None

    def _tap(self, tap: Tap, left: float, top: float) -> Tile:
        about = f"{tap.name}: auxiliary head after {tap.source}, loss × {tap.weight:g}"
        tooltip = "\n".join([about, amounts(tap), place(tap.span)])
        return self._add(
            Tile(tap.name, left, top, self._width, TAP_HEIGHT, self._head(tap),
                 LOOKS["plain"], "dashed", tooltip=tooltip)
        )  # fmt: skip

    def _head(self, tap: Tap) -> Label:
        return (line(Cell(self._width, TAP_HEIGHT, self._told(tap))),)

    def _told(self, tap: Tap) -> tuple[Run, ...]:
        name = fit(tap.name, 11, max(self._width, NARROW) - 80, bold=True)
        return beside(strong(name, 11), small("train only"))

    def _level(self, left: Tile, right: Tile, *, dashed: bool = False) -> None:
        y = left.top + left.height / 2
        ends = End(left.name, (left.left + left.width, y)), End(right.name, (right.left, y))
        self._edges.append(Edge(*ends, dashed=dashed))

    def _upright(self, above: Tile, below: Tile, *, dashed: bool = True) -> None:
        x = above.left + above.width / 2
        tail = End(above.name, (x, above.top + above.height), side="s")
        self._edges.append(Edge(tail, End(below.name, (x, below.top), side="n"), dashed=dashed))

    def _way(self, last: Tile, first: Tile, y: float, ink: Ink = WRAP) -> None:
        """Down from a card, and along a height to one below: to the first column, as a rule."""
        ends = [node.left + node.width / 2 for node in (last, first)]
        tail = End(last.name, (ends[0], last.top + HEIGHT), side="s")
        head = End(first.name, (ends[1], first.top), side="n")
        corners = tuple((x, y) for x in ends) if ends[0] != ends[1] else ()
        self._edges.append(Edge(tail, head, corners, ink))
