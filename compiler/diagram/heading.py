"""What stands above a drawing: its title, and a legend of what occurs in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from compiler.diagram.chains import Box
from compiler.diagram.labels import Run, beside, cell, line, room_for, row, small, strong, table
from compiler.diagram.metrics import fit
from compiler.diagram.style import TEXT, Ink, kernels, look, looks
from compiler.ops.words import CONVS

Strip = tuple[list[str], int]
"""Cells of fixed sizes side by side, and the width that they take."""

TITLE, SUBTITLE, LEGEND, REMARK = 18, 12, 14, 10
LONGEST = 1000
GATED = "×"
NOTES = {
    GATED: "gated, channel by channel",
    "V": "valid padding",
    "TF": "TensorFlow's same padding",
    "ceil": "size rounded up",
    "linear": "no activation",
}
PREFIXES = {"s": "stride", "d": "dilation", "p": "padding"}


def titled(title: str, about: str, width: float) -> list[Strip]:
    """The title in bold, and what is said of it: beside, or below where that is too wide."""
    name = strong(fit(title, TITLE, LONGEST, bold=True), TITLE)
    more = Run(fit(about, SUBTITLE, LONGEST), SUBTITLE)
    one = words(beside(name, more), 28)
    if one[1] <= width or not about:
        return [one]
    return [words((name,), 24), words((more,), 18)]


def remark(text: str) -> list[Strip]:
    """A line of small text above the legend; none for none."""
    return [words((small(fit(text, REMARK, LONGEST), REMARK),))] if text else []


def words(runs: tuple[Run, ...], height: float = LEGEND, gap: float = 0) -> Strip:
    """Text at the left of a cell as wide as it needs, and a gap."""
    width = round(room_for(runs) + gap)
    return [cell(width, height, line(runs), align="LEFT")], width


def blank(width: int) -> Strip:
    """Nothing, `width` wide."""
    return [cell(width, LEGEND)], width


def swatch(fill: Ink, outline: Ink | None = None, width: int = 16) -> Strip:
    """A little box in a family's colours."""
    return [cell(width, LEGEND - 3, fill=fill, outline=outline)], width


def joined(*strips: Strip) -> Strip:
    """Strips side by side."""
    return [each for cells, _ in strips for each in cells], sum(width for _, width in strips)


def families(boxes: Iterable[Box]) -> list[str]:
    """The families that occur, in the order of the palette."""
    known = looks()
    found = {box.family if box.family in known else "other" for box in boxes}
    return [name for name in known if name in found and known[name].legend]


def meaning(note: str) -> str:
    """What a note stands for; nothing if it speaks for itself."""
    if note[:1] == "g" and note[1:].isdigit():
        return f"{note[1:]} groups"
    if note[:1] in PREFIXES and note[1:2].isdigit():
        return f"{PREFIXES[note[0]]} {note[1:]}"
    return NOTES.get(note, "")


def legend(boxes: list[Box], rank: int, width: float) -> Iterator[Strip]:
    """Strips that say what colours and notes mean, as wide as the drawing at most."""
    pieces = []
    for name in families(boxes):
        found = look(name)
        told = kernels(found.legend, rank) if name in CONVS else found.legend
        text = words((small(told),), gap=14)
        pieces.append(joined(swatch(found.fill, found.line), blank(6), text))
    pieces += meanings(note for box in boxes for note in box.notes)
    return wrapped(pieces, width)


def meanings(notes: Iterable[str]) -> list[Strip]:
    """What each of the notes stands for: `s2 = stride 2`."""
    told = {note: meaning(note) for note in notes}
    return [words((small(f"{note} = {text}"),), gap=14) for note, text in told.items() if text]


def wrapped(pieces: list[Strip], width: float) -> Iterator[Strip]:
    """Pieces in strips no wider than `width`."""
    current: list[Strip] = []
    for piece in pieces:
        if current and joined(*current, piece)[1] > width:
            yield joined(*current)
            current = []
        current.append(piece)
    if current:
        yield joined(*current)


def heading(strips: Iterable[Strip]) -> str:
    """Strips one above the other as a drawing's label, with air between and below."""
    rows = list(strips)
    full = max(width for _, width in rows)
    lines = []
    for cells, width in rows:
        filler = [cell(full - width, 1)] if width < full else []
        lines += [row([_holder(table([row([*cells, *filler])]))]), row([cell(full, 5)])]
    return table([*lines, row([cell(full, 5)])])


def _holder(content: str) -> str:
    return f'<TD ALIGN="LEFT">{content}</TD>'


def listing_table(rows: list[list[str]]) -> tuple[str, tuple[float, float]]:
    """Aligned text in columns, its head muted, and the size that it takes."""
    widths = [
        round(max(Run(t, 10).room for t in column) + 18) for column in zip(*rows, strict=True)
    ]
    lines = (
        row(
            cell(width, 17, _entry(text, i).html(), align="" if j else "LEFT")
            for j, (text, width) in enumerate(zip(texts, widths, strict=True))
        )
        for i, texts in enumerate(rows)
    )
    return table(lines), (sum(widths), 17 * len(rows))


def _entry(text: str, i: int) -> Run:
    return Run(text, 10, ink=TEXT) if i else Run(text, 10)
