"""Where an overview's cards stand: a snake on a grid.

The way from a row to the next goes down below the row's auxiliary heads, not through them, and
back to the first column.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from compiler.diagram.cards import HEIGHT, face, width
from compiler.diagram.facts import amounts
from compiler.diagram.heat import Heat
from compiler.diagram.rows import Card, Row
from compiler.diagram.style import LOOKS
from compiler.diagram.text import place
from compiler.ir.nodes import Tap
from compiler.picture.ink import FRAME, MUTED, WRAP, Look
from compiler.picture.labels import Cell, Label, Run, beside, line, small, strong
from compiler.picture.metrics import fit
from compiler.picture.sheet import Edge, End, Tile, distinct

TAP_HEIGHT = 28
BESIDE, BELOW = 18, 12
"""Points between columns, and between what stands one below the other."""


class Grid:
    """Rows of cards."""

    def __init__(self, lines: list[Row], heat: Heat) -> None:
        self._lines = lines
        self._heat = heat
        self._width = width([card for each in lines for card in each.cards])
        self._label = max(Run(each.label, 12, True).room for each in lines) + 12
        self._nodes: list[Tile] = []
        self._edges: list[Edge] = []
        self._draw()

    @property
    def width(self) -> float:
        """Points from the labels' left to the right of the longest row."""
        columns = max(len(each.cards) + len(each.cards[-1].taps) for each in self._lines)
        return self._left(columns) - BESIDE

    def placed(self) -> tuple[tuple[Tile, ...], tuple[Edge, ...]]:
        """Every box, and every line."""
        return tuple(self._nodes), tuple(self._edges)

    def _left(self, column: int) -> float:
        return self._label + BESIDE + column * (self._width + BESIDE)

    def _draw(self) -> None:
        top = 0.0
        last: Tile | None = None
        for each in self._lines:
            cards, below = self._row(each, top)
            if last:
                self._way(last, cards[0], top - BELOW)
            last, top = cards[-1], below + 2 * BELOW

    def _row(self, each: Row, top: float) -> tuple[list[Tile], float]:
        """A row's label, its cards and their heads, and how far down they reach."""
        run = Run(each.label, 12, True, MUTED)
        label = (line(Cell(self._label, HEIGHT, (run,), "start")),)
        if each.label:
            self._add(Tile("row", 0, top, self._label, HEIGHT, label, LOOKS["plain"], "none"))
        cards = [self._card(card, column, top) for column, card in enumerate(each.cards)]
        for left, right in pairwise(cards):
            self._level(left, right)
        beside = cards[-1]
        for column, tap in enumerate(each.cards[-1].taps, len(cards)):
            middle = top + (HEIGHT - TAP_HEIGHT) / 2
            head = self._tap(tap, column, middle)
            self._level(beside, head, dashed=True)
            beside = head
        return cards, self._taps_below(each, cards, top + HEIGHT)

    def _taps_below(self, each: Row, cards: list[Tile], bottom: float) -> float:
        """The heads of all cards but the last, whose way down must stay free."""
        deepest = bottom
        for column, card in enumerate(each.cards[:-1]):
            hanging = [cards[column]]
            for tap in card.taps:
                lowest = hanging[-1]
                hanging.append(self._tap(tap, column, lowest.top + lowest.height + BELOW))
                self._upright(lowest, hanging[-1])
            deepest = max(deepest, hanging[-1].top + hanging[-1].height)
        return deepest

    def _add(self, node: Tile) -> Tile:
        """Keep a box; its name becomes one of its own."""
        name = distinct(node.name, {each.name for each in self._nodes})
        self._nodes.append(replace(node, name=name))
        return self._nodes[-1]

    def _card(self, card: Card, column: int, top: float) -> Tile:
        level = self._heat.level(card.amount)
        look, left = Look(self._heat.scale()[level][0], FRAME), self._left(column)
        label = face(card, self._width)
        return self._add(
            Tile(card.path, left, top, self._width, HEIGHT, label, look,
                 kind=f"heat{level}", tooltip=card.tooltip)
        )  # fmt: skip

    def _tap(self, tap: Tap, column: int, top: float) -> Tile:
        about = f"{tap.name}: auxiliary head after {tap.source}, loss × {tap.weight:g}"
        tooltip = "\n".join([about, amounts(tap), place(tap.span)])
        return self._add(
            Tile(tap.name, self._left(column), top, self._width, TAP_HEIGHT, self._head(tap),
                 LOOKS["plain"], "dashed", tooltip=tooltip)
        )  # fmt: skip

    def _head(self, tap: Tap) -> Label:
        name = fit(tap.name, 11, self._width - 80, bold=True)
        runs = beside(strong(name, 11), small("train only"))
        return (line(Cell(self._width, TAP_HEIGHT, runs)),)

    def _level(self, left: Tile, right: Tile, *, dashed: bool = False) -> None:
        y = left.top + left.height / 2
        ends = End(left.name, (left.left + left.width, y)), End(right.name, (right.left, y))
        self._edges.append(Edge(*ends, dashed=dashed))

    def _upright(self, above: Tile, below: Tile) -> None:
        x = above.left + above.width / 2
        tail = End(above.name, (x, above.top + above.height), side="s")
        self._edges.append(Edge(tail, End(below.name, (x, below.top), side="n"), dashed=True))

    def _way(self, last: Tile, first: Tile, y: float) -> None:
        """Down from the last card of a row, and back to the first column."""
        ends = [node.left + node.width / 2 for node in (last, first)]
        tail = End(last.name, (ends[0], last.top + HEIGHT), side="s")
        head = End(first.name, (ends[1], first.top), side="n")
        corners = tuple((x, y) for x in ends) if ends[0] != ends[1] else ()
        self._edges.append(Edge(tail, head, corners, WRAP))
