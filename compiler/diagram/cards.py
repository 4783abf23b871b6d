"""How a card of an overview looks: title, branches, output shape and work."""

from __future__ import annotations

from math import ceil

from compiler.diagram.labels import Run, cell, lifted, line, room_for, small, stack, strong
from compiler.diagram.metrics import fit
from compiler.diagram.rows import Card
from compiler.diagram.style import STRIP
from compiler.diagram.text import shape, si

PAD = 8
HEIGHT = 58
NARROW, WIDE = 138, 190
BAR = 9
GAP = 8
SPARE = 2
"""What rounding may take from either side."""
ASIDE = 40
"""What stands beside a long name keeps that many percent, if it needs them."""

Line = tuple[float, list[str]]
"""A row's height and its cells."""


def width(cards: list[Card]) -> int:
    """The width of all cards: the most that one needs, within limits."""
    return min(2 * ceil(max(NARROW, *map(_need, cards)) / 2), WIDE)


def _need(card: Card) -> float:
    title = room_for((_title(card), _times(card), _aside(card)))
    title += GAP + SPARE if card.aside else 0
    amount = room_for((small(shape(card.out)), _amount(card))) + 10
    return max(title, amount) + 2 * PAD


def _title(card: Card) -> Run:
    return strong(card.title, 12)


def _times(card: Card) -> Run:
    """Beside the name, and never cut."""
    return strong(f"\u00a0×{card.times}" if card.times > 1 else "", 12)


def _aside(card: Card) -> Run:
    return small(card.aside)


def _amount(card: Card) -> Run:
    return small(si(card.macs) if card.macs else "")


def face(card: Card, width: int) -> str:
    """A card's label."""
    inner = width - 2 * PAD
    rows = [
        _space(4, width),
        _padded(18, _head(card, inner)),
        *(_branches(card, inner) if card.strip else _name(card, inner)),
        _padded(16, _foot(card, inner)),
        _space(4, width),
    ]
    return stack(rows, width)


def _space(height: float, width: float) -> Line:
    return height, [cell(width, height)]


def _padded(height: float, cells: list[str]) -> Line:
    return height, [cell(PAD, height), *cells, cell(PAD, height)]


def _head(card: Card, inner: int) -> list[str]:
    title, times, aside = _title(card), _times(card), _aside(card)
    beside = min(round(aside.room) + GAP, inner * ASIDE // 100) if aside.text else 0
    left = min(round(title.room + times.room), inner - beside)
    shown = strong(fit(title.text, title.size, left + 1 - times.room, bold=True), title.size)
    cells = [cell(left, 18, line((shown, times)), align="LEFT")]
    if aside.text:
        text = small(fit(aside.text, aside.size, inner - left - 2))
        return [*cells, lifted(inner - left, 18, text, "RIGHT")]
    return [*cells, cell(inner - left, 18)] if inner > left else cells


def _foot(card: Card, inner: int) -> list[str]:
    amount = _amount(card)
    right = round(amount.room) + 1
    left = small(fit(shape(card.out), 10, inner - right))
    left_cell = cell(inner - right, 16, left.html(), align="LEFT")
    return [left_cell, cell(right, 16, amount.html(), align="RIGHT")]


def _name(card: Card, inner: int) -> list[Line]:
    name = small(fit(card.name, 9, inner), 9) if card.name else small("")
    return [_padded(13, [cell(inner, 13, name.html(), align="LEFT")]), _space(3, inner)]


def _branches(card: Card, inner: int) -> list[Line]:
    """The branches' shares of the output channels as a strip."""
    total = sum(piece.channels for piece in card.strip)
    at, end, cells = 0, 0, []
    for piece in card.strip:
        end += piece.channels
        length = max(2, round(inner * end / total) - at)
        cells += [cell(length - 1, BAR, fill=STRIP[piece.bucket]), cell(1, BAR)]
        at += length
    return [_space(3, inner), _padded(BAR, cells), _space(4, inner)]
