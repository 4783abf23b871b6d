"""How a card of an overview looks: title, branches, output shape and work."""

from __future__ import annotations

from math import ceil

from compiler.diagram.kernels import Piece
from compiler.diagram.rows import Card
from compiler.diagram.style import HATCHES, STRIP
from compiler.diagram.text import shape
from compiler.picture.ink import FRAME
from compiler.picture.labels import Cell, Label, Line, Run, line, room_for, small, strong
from compiler.picture.metrics import fit, fit_list

PAD = 8
HEIGHT = 58
AIR, HEAD, FOOT = 2, 17, 15
"""Points above and below all, of the name's line and of the shape's."""
NARROW, WIDE = 138, 190
BAR = 12
KERNEL = 9
STRIP_ROOM = 22
"""Points for a strip and the air around it."""
LOWEST = 11
"""Points of a strip that a kernel can be written in."""
MOST_TERMS = 4
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
        _space(AIR),
        _padded(_head(card, inner)),
        *(_branches(card, inner) if card.strip else _name(card, inner)),
        _padded(_foot(card, inner)),
        _space(AIR),
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
    cells = [Cell(left, HEAD, (shown, times), "start")]
    if aside.text:
        text = small(fit_list(aside.text, aside.size, inner - left - 2))
        return [*cells, Cell(inner - left, HEAD, (text,), "end")]
    return [*cells, Cell(inner - left, HEAD)] if inner > left else cells


def _foot(card: Card, inner: int) -> list[Cell]:
    amount = _amount(card)
    right = round(amount.room) + 1
    left = small(fit(shape(card.out), 10, inner - right))
    return [Cell(inner - right, FOOT, (left,), "start"), Cell(right, FOOT, (amount,), "end")]


def _name(card: Card, inner: int) -> list[Line]:
    name = small(fit_list(card.name, 9, inner), 9) if card.name else small("")
    return [_padded([Cell(inner, 14, (name,), "start")]), _space(STRIP_ROOM - 14)]


def _branches(card: Card, inner: int) -> list[Line]:
    """Where the output channels come from; what is added up stands one over the other."""
    shown = card.strip[:MOST_TERMS]
    gap = int(len(shown) > 2)  # Two rows fill the room, so that kernels can be read in them.
    height = min(BAR, (STRIP_ROOM - gap * (len(shown) - 1)) // len(shown))
    lines = [_padded(_pieces(row, inner, height)) for row in shown]
    spaced = [each for one in lines for each in (one, _space(gap))][:-1]
    free = STRIP_ROOM - sum(line.height for line in spaced)
    found = [_space(free // 2), *spaced, _space(free - free // 2)]
    return [line for line in found if line.height]


def _pieces(row: list[Piece], inner: int, height: float) -> list[Cell]:
    """Branches side by side, with gaps between; what one of them is made of has none.

    A kernel stands in its piece where it fits.
    """
    parts = [(part, part is each.colours[-1]) for each in row for part in each.colours]
    cells, lengths = list[Cell](), _lengths([part.channels for part, _ in parts], inner)
    for (part, last), length in zip(parts, lengths, strict=True):
        runs = _written(part, length - 1) if height >= LOWEST else ()
        fill, mono = STRIP[part.bucket], HATCHES[part.bucket]
        cells += [Cell(length - last, height, runs, fill=fill, outline=FRAME, mono=mono)]
        cells += [Cell(1, height)] if last else []
    return cells


def _lengths(amounts: list[int], inner: int) -> list[int]:
    """Shares of a length that add up to it, two points at least each."""
    total = sum(amounts)
    lengths = [max(2, round(inner * amount / total)) for amount in amounts]
    while (over := sum(lengths) - inner) and max(lengths) > 2:
        longest = lengths.index(max(lengths))
        lengths[longest] -= min(over, lengths[longest] - 2)
    return lengths


def _written(piece: Piece, length: float) -> tuple[Run, ...]:
    """A branch's kernels, or the first of several; nothing where neither fits."""
    runs = (Run(", ".join(names), KERNEL) for names in (piece.kernels, piece.kernels[:1]))
    return next(((run,) for run in runs if run.room + 2 <= length), ())
