"""How a card of an overview looks: title, branches, output shape and work."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from compiler.diagram.kernels import MIXED, Piece
from compiler.diagram.rows import Card
from compiler.diagram.style import HATCHES, filled
from compiler.diagram.text import shape
from compiler.picture.ink import FRAME, TEXT, Ink
from compiler.picture.labels import Cell, Label, Line, Run, line, room_for, small, strong
from compiler.picture.metrics import fit, fit_list

PAD = 8
HEIGHT = 62
AIR, HEAD, FOOT, BASE = 2, 17, 14, 5
"""Points above all and between, of the name's line and of the shape's, and below that."""
CHIP = 5
"""Points beside an amount on its colour."""
NARROW, WIDE = 138, 190
BAR = 12
KERNEL = 9
SEEN = 5
"""Points of the smallest piece, its outline and what is free beside it included."""
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
    amount = room_for((small(shape(card.out)), small(card.told))) + 2 * CHIP + 8
    return max(title, amount) + 2 * PAD


def _title(card: Card) -> Run:
    return strong(card.title, 12)


def _times(card: Card) -> Run:
    """Beside the name, and never cut."""
    return strong(f"\u00a0×{card.times}" if card.times > 1 else "", 12)


def _aside(card: Card) -> Run:
    return small(card.aside)


def face(card: Card, width: int, heat: Ink | None) -> Label:
    """A card's label, its amount on the colour that tells how large it is."""
    inner = width - 2 * PAD
    return (
        _space(AIR),
        _padded(_head(card, inner)),
        *(_branches(card, inner) if card.strip else _name(card, inner)),
        _space(AIR),
        _padded(_foot(card, inner, heat)),
        _space(BASE),
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


def _foot(card: Card, inner: int, heat: Ink | None) -> list[Cell]:
    amount = chip(card.told, FOOT, heat)
    left = inner - sum(cell.width for cell in amount)
    return [Cell(left, FOOT, (small(fit(shape(card.out), 10, left)),), "start"), *amount]


def chip(told: str, height: float, heat: Ink | None) -> list[Cell]:
    """An amount on its colour; nothing where there is none."""
    text = Run(told, 10, ink=TEXT)
    return [Cell(round(text.room) + 2 * CHIP, height, (text,), fill=heat)] if told else []


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


def _pieces(row: Sequence[Piece], inner: int, height: float) -> list[Cell]:
    """Branches side by side, with gaps between; what one of them is made of has none.

    A kernel stands in its piece where it fits.
    """
    parts = [(part, part is each.colours[-1]) for each in row for part in each.colours]
    cells, lengths = list[Cell](), _lengths([part.channels for part, _ in parts], inner)
    for (part, last), length in zip(parts, lengths, strict=True):
        runs = _written(part, length - 1) if height >= LOWEST else ()
        fill, mono = filled(part.bucket), HATCHES[part.bucket]
        cells += [Cell(length - last, height, runs, fill=fill, outline=FRAME, mono=mono)]
        cells += [Cell(1, height)] if last else []
    return cells


def _lengths(amounts: list[int], inner: int) -> list[int]:
    """Shares of a length that add up to it, each wide enough that its colour can be seen."""
    total, least = sum(amounts), max(2, min(SEEN, inner // len(amounts)))
    lengths = [max(least, round(inner * amount / total)) for amount in amounts]
    while (over := sum(lengths) - inner) and max(lengths) > least:
        longest = lengths.index(max(lengths))
        lengths[longest] -= min(over, lengths[longest] - least)
    return lengths


def _written(piece: Piece, length: float) -> tuple[Run, ...]:
    """A branch's kernels, or the first of several; nothing where neither fits.

    Where it has no colour these are all that tells of it, so that it has more is told, too.
    """
    said = ", ".join(piece.kernels)
    if piece.bucket == MIXED:
        cut = fit_list(said, KERNEL, length - 2)
        return (Run(cut, KERNEL, ink=TEXT),) if cut == said or cut.endswith(", …") else ()
    runs = (Run(text, KERNEL, ink=TEXT) for text in (said, *piece.kernels[:1]))
    return next(((run,) for run in runs if run.room + 2 <= length), ())
