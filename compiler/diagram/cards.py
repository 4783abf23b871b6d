"""How a card of an overview looks: title, branches, output shape and work."""

from __future__ import annotations

from math import ceil

from compiler.diagram.kernels import Piece
from compiler.diagram.rows import Card
from compiler.diagram.style import STRIP
from compiler.diagram.text import shape
from compiler.picture.ink import FRAME
from compiler.picture.labels import Cell, Label, Line, Run, line, room_for, small, strong
from compiler.picture.metrics import fit

PAD = 8
HEIGHT = 58
NARROW, WIDE = 138, 190
BAR = 12
KERNEL = 9
GAP = 8
SPARE = 2
"""What rounding may take from either side."""
ASIDE = 40
"""What stands beside a long name keeps that many percent, if it needs them."""


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
    return small(card.told)


def face(card: Card, width: int) -> Label:
    """A card's label."""
    inner = width - 2 * PAD
    return (
        _space(4),
        _padded(_head(card, inner)),
        *(_branches(card, inner) if card.strip else _name(card, inner)),
        _padded(_foot(card, inner)),
        _space(4),
    )


def _space(height: float) -> Line:
    return Line(height, ())


def _padded(cells: list[Cell]) -> Line:
    return line(Cell(PAD, 1), *cells, Cell(PAD, 1))


def _head(card: Card, inner: int) -> list[Cell]:
    title, times, aside = _title(card), _times(card), _aside(card)
    beside = min(round(aside.room) + GAP, inner * ASIDE // 100) if aside.text else 0
    left = min(round(title.room + times.room), inner - beside)
    shown = strong(fit(title.text, title.size, left + 1 - times.room, bold=True), title.size)
    cells = [Cell(left, 18, (shown, times), "start")]
    if aside.text:
        text = small(fit(aside.text, aside.size, inner - left - 2))
        return [*cells, Cell(inner - left, 18, (text,), "end")]
    return [*cells, Cell(inner - left, 18)] if inner > left else cells


def _foot(card: Card, inner: int) -> list[Cell]:
    amount = _amount(card)
    right = round(amount.room) + 1
    left = small(fit(shape(card.out), 10, inner - right))
    return [Cell(inner - right, 16, (left,), "start"), Cell(right, 16, (amount,), "end")]


def _name(card: Card, inner: int) -> list[Line]:
    name = small(fit(card.name, 9, inner), 9) if card.name else small("")
    return [_padded([Cell(inner, 13, (name,), "start")]), _space(3)]


def _branches(card: Card, inner: int) -> list[Line]:
    """The branches' shares of the output channels as a strip, their kernels where they fit."""
    total = sum(piece.channels for piece in card.strip)
    at, end, cells = 0, 0, []
    for piece in card.strip:
        end += piece.channels
        length = max(2, round(inner * end / total) - at)
        runs = _written(piece, length - 1)
        fill = STRIP[piece.bucket]
        cells += [Cell(length - 1, BAR, runs, fill=fill, outline=FRAME), Cell(1, BAR)]
        at += length
    return [_space(2), _padded(cells), _space(2)]


def _written(piece: Piece, length: float) -> tuple[Run, ...]:
    """A branch's kernel, or the first of several; nothing where neither fits."""
    texts = (piece.written, piece.written.partition(", ")[0])
    runs = (Run(text, KERNEL) for text in texts if text)
    return next(((run,) for run in runs if run.room + 2 <= length), ())
