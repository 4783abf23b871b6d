"""Where an overview's cards stand: a snake on a grid.

The way from a row to the next bends at two points in a rank of their own, so that it passes
below auxiliary heads instead of through them. With every column kept in line, straight
edges suffice: `ortho` would route around what is not in the way.
"""

from __future__ import annotations

from itertools import pairwise

from compiler.diagram.canvas import Canvas
from compiler.diagram.cards import HEIGHT, face, width
from compiler.diagram.facts import amounts
from compiler.diagram.heat import Heat
from compiler.diagram.labels import Run, beside, cell, line, small, stack, strong
from compiler.diagram.metrics import fit
from compiler.diagram.rows import Card, Row
from compiler.diagram.style import FRAME, LOOKS, MUTED, WRAP, Look
from compiler.diagram.text import place
from compiler.ir.nodes import Tap

SETTINGS = {"splines": "line", "nodesep": "0.25", "ranksep": "0.17"}
TAP_HEIGHT = 28
FIRM = {"weight": "100"}
PALE = {"color": WRAP.light, "tailclip": "false"}


class Grid:
    """Rows of cards on a canvas."""

    def __init__(self, canvas: Canvas, lines: list[Row], heat: Heat) -> None:
        self._canvas = canvas
        self._lines = lines
        self._heat = heat
        self._width = width([card for each in lines for card in each.cards])
        label = max(Run(each.label, 12, True).room for each in lines)
        self._label = 2 * round((label + 8) / 2)
        self._above: dict[int, str] = {}
        """The lowest node so far of each column, labels being column 0."""

    @property
    def width(self) -> float:
        """Points from the labels' left to the right of the longest row."""
        columns = max(len(each.cards) + len(each.cards[-1].taps) for each in self._lines)
        return self._label + columns * (self._width + 18)

    def draw(self) -> None:
        """Add every row, and the way from each to the next."""
        way = ""
        for each in self._lines:
            names = self._row(each)
            if way:
                self._canvas.edge(way, f"{names[1]}:n", **FIRM, **PALE)
            taps = self._taps_below(each, names)
            way = "" if each is self._lines[-1] else self._way(names[: len(each.cards) + 1], taps)

    def _row(self, each: Row) -> list[str]:
        """A row's label and cards, and the heads of its last card at their right."""
        names = [self._text(each.label), *map(self._card, each.cards)]
        self._canvas.edge(names[0], names[1], style="invis")
        for left, right in pairwise(names[1:]):
            self._canvas.edge(left, right)
        for tap in each.cards[-1].taps:
            names.append(self._tap(tap, names[-1]))
        self._canvas.rank(names)
        for column, name in enumerate(names):
            self._align(column, name)
        return names

    def _align(self, column: int, name: str) -> None:
        """Keep a node below what is above it in its column."""
        if column in self._above:
            self._canvas.edge(self._above[column], name, style="invis", **FIRM)
        self._above[column] = name

    def _text(self, text: str) -> str:
        run = Run(text, 12, True, MUTED)
        label = stack([(HEIGHT, [cell(self._label, HEIGHT, run.html())])], self._label)
        size = (self._label, HEIGHT)
        return self._canvas.node(label, size, LOOKS["plain"], style="", shape="none")

    def _card(self, card: Card) -> str:
        level = self._heat.level(card.macs)
        look = Look(self._heat.scale()[level][0], FRAME)
        size, style = (self._width, HEIGHT), {"class": f"heat{level}"}
        label = face(card, self._width)
        return self._canvas.node(label, size, look, tooltip=card.tooltip, **style)

    def _taps_below(self, each: Row, names: list[str]) -> list[str]:
        """The heads of all cards but the last, whose way down must stay free."""
        found = []
        for column, card in enumerate(each.cards[:-1], 1):
            for tap in card.taps:
                found.append(self._tap(tap, names[column], **FIRM))
                names[column] = self._above[column] = found[-1]
        return found

    def _tap(self, tap: Tap, source: str, **attributes: str) -> str:
        space = self._width - 80
        runs = beside(strong(fit(tap.name, 11, space, bold=True), 11), small("train only"))
        size = (self._width, TAP_HEIGHT)
        about = f"{tap.name}: auxiliary head after {tap.source}, loss × {tap.weight:g}"
        name = self._canvas.node(
            stack([(TAP_HEIGHT, [cell(*size, line(runs))])], self._width),
            size,
            LOOKS["plain"],
            tooltip="\n".join([about, amounts(tap), place(tap.span)]),
            style="rounded,filled,dashed",
        )
        self._canvas.edge(source, name, style="dashed", **attributes)
        return name

    def _way(self, names: list[str], taps: list[str]) -> str:
        """Down from the last card, and back to the first column; returns where that ends."""
        column = len(names) - 1
        if column == 1:
            return names[1]
        down, back = self._canvas.bend(), self._canvas.bend()
        self._canvas.rank([back, down])
        self._canvas.edge(f"{names[column]}:s", down, arrowhead="none", **FIRM, **PALE)
        self._canvas.edge(back, down, arrowhead="none", **PALE)
        self._align(1, back)
        self._above[column] = down
        for tap in taps:
            self._canvas.edge(tap, back, style="invis", weight="0")
        return back
