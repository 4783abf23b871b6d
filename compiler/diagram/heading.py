"""What stands above a drawing: its title, and a legend of what occurs in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from compiler.diagram.labels import Run, beside, cell, line, room_for, row, small, strong, table
from compiler.diagram.metrics import fit
from compiler.diagram.style import LOOKS, TEXT, Look
from compiler.diagram.tree import Box

TITLE = 18
SWATCH = (16, 11)
NOTES = {"V": "valid padding", "TF": "TensorFlow's same padding", "linear": "no activation"}
PREFIXES = {"s": "stride", "d": "dilation", "g": "groups"}


def title_row(title: str, *more: str, limit: float = 900) -> str:
    """The title in bold, what is said of it beside."""
    name = strong(fit(title, TITLE, limit, bold=True), TITLE)
    runs = beside(name, *(Run(text, 11.5) for text in more))
    return left(runs, 26)


def left(runs: tuple[Run, ...], height: float) -> str:
    """A row with text at its left end, in a cell of the width that it needs."""
    width = room_for(runs) + 2
    return row([cell(round(width), height, line(runs), align="LEFT")])


def swatch(looks: Look) -> str:
    """A little box in a family's colours."""
    width, height = SWATCH
    inner = table(
        [row([cell(width, height)])],
        BORDER="1",
        COLOR=looks.line.light,
        BGCOLOR=looks.fill.light,
    )
    return cell(width + 8, height + 3, inner, align="LEFT")


def caption(text: str, gap: float = 14) -> str:
    """A legend's text, and the gap after it."""
    run = small(text)
    return cell(round(run.room + gap), SWATCH[1] + 3, run.html(), align="LEFT")


def families(boxes: Iterable[Box]) -> list[str]:
    """The families that occur, in the order of the palette."""
    found = {box.family if box.family in LOOKS else "other" for box in boxes}
    return [name for name in LOOKS if name in found and LOOKS[name].legend]


def explained(boxes: Iterable[Box]) -> list[str]:
    """The short notes that occur, with what they mean."""
    notes = dict.fromkeys(note for box in boxes for note in box.notes)
    meanings = ((note, meaning(note)) for note in notes)
    return [f"{note} {text}" for note, text in meanings if text]


def meaning(note: str) -> str:
    """What a note stands for; nothing if it speaks for itself."""
    if note[:1] in PREFIXES and note[1:2].isdigit():
        return f"{PREFIXES[note[0]]} {note[1:]}"
    return NOTES.get(note, "")


def legend(boxes: list[Box], width: float) -> Iterator[str]:
    """Rows that say what colours and notes mean, as wide as the drawing at most."""
    pieces = [
        (swatch(LOOKS[name]) + caption(LOOKS[name].legend), small(LOOKS[name].legend).room + 38)
        for name in families(boxes)
    ]
    pieces += [(caption(text), small(text).room + 14) for text in explained(boxes)]
    for cells in wrapped(pieces, max(width, 420)):
        yield row([cell_of(table([row(cells)]))])


def cell_of(content: str) -> str:
    """A cell that is as large as what it holds."""
    return f'<TD ALIGN="LEFT">{content}</TD>'


def wrapped(pieces: list[tuple[str, float]], width: float) -> list[list[str]]:
    """Pieces in rows no wider than `width`."""
    rows: list[list[str]] = [[]]
    used = 0.0
    for piece, own in pieces:
        if used + own > width and rows[-1]:
            rows.append([])
            used = 0.0
        rows[-1].append(piece)
        used += own
    return rows


def heading(*rows: str) -> str:
    """Rows as a drawing's label, with air below."""
    return table([*rows, row([cell(1, 8)])])


def listing_table(rows: list[list[str]]) -> tuple[str, tuple[float, float]]:
    """Aligned text in columns, its head muted, and the size that it takes."""
    columns = list(zip(*rows, strict=True))
    widths = [max(room_for([Run(text, 10)]) for text in column) + 18 for column in columns]
    lines = [
        row(
            cell(round(w), 17, _entry(text, i == 0, j == 0).html(), align="LEFT" if j == 0 else "")
            for j, (text, w) in enumerate(zip(texts, widths, strict=True))
        )
        for i, texts in enumerate(rows)
    ]
    return table(lines), (sum(round(w) for w in widths), 17 * len(rows))


def _entry(text: str, head: bool, first: bool) -> Run:
    return Run(text, 10) if head else Run(text, 10, bold=first, ink=TEXT)
