"""What stands above a drawing: its title, and a legend of what occurs in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from compiler.diagram.facts import Habit
from compiler.diagram.items import Box
from compiler.diagram.kernels import by_size
from compiler.diagram.style import KERNELS, look, looks
from compiler.ops.words import CONVS
from compiler.picture.hatching import Hatch
from compiler.picture.ink import PAPER, TEXT, Ink, Look
from compiler.picture.labels import (
    Cell,
    Label,
    Line,
    Run,
    beside,
    line,
    readable,
    room_for,
    small,
    strong,
)
from compiler.picture.metrics import fit, fit_list

Strip = tuple[Cell, ...]
"""Cells of fixed sizes side by side."""

TITLE, SUBTITLE, LEGEND, REMARK = 18, 12, 14, 10
LONGEST = 1000
ENTRY, GAP, NARROW = 17, 18, 160
"""Points of a table's line, between its columns, and of the first of them at least."""
BRANCH = "its largest kernel"
"""What a branch is coloured by, in strips and in bars."""
ADDED, GATED = "+", "×"
NOTES = {
    ADDED: "a sum, its terms one over the other",
    GATED: "gated, channel by channel",
    "V": "valid padding",
    "TF": "TensorFlow's same padding",
    "ceil": "size rounded up",
    "linear": "no norm, no activation",
}
PREFIXES = {"s": "stride", "d": "dilation", "p": "padding"}


def titled(title: str, about: str, width: float, *, wrap: bool = False) -> list[Strip]:
    """The title in bold, and what is said of it: beside, or below where that is too wide.

    `wrap` breaks both into lines of that width.
    """
    name = strong(fit(title, TITLE, LONGEST, bold=True), TITLE)
    more = Run(fit_list(about, SUBTITLE, LONGEST), SUBTITLE)
    one = words(beside(name, more), 28)
    if span(one) <= width or not (about or wrap):
        return [one]
    if not wrap:
        return [words((name,), 24), words((more,), 18)]
    lines = [(words((run,), 24)) for run in broken(name, width)]
    return [*lines, *(words((run,), 18) for run in broken(more, width))]


def broken(run: Run, width: float) -> Iterator[Run]:
    """A text in lines of a width; a word that is longer is cut, a shape is one word."""
    line = ""
    for word in run.text.replace(" × ", "\u00a0×\u00a0").split(" "):
        longer = f"{line} {word}".strip()
        if line and replace(run, text=longer).room > width:
            yield replace(run, text=fit(line, run.size, width, bold=run.bold))
            longer = word
        line = longer
    if line:
        yield replace(run, text=fit(line, run.size, width, bold=run.bold))


def remark(text: str, width: float = LONGEST) -> list[Strip]:
    """Small text above the legend, in lines of that width; none for none."""
    run = small(fit_list(text, REMARK, LONGEST), REMARK)
    return [words((part,)) for part in broken(run, width)] if text else []


def words(runs: tuple[Run, ...], height: float = LEGEND, gap: float = 0) -> Strip:
    """Text at the left of a cell as wide as it needs, and a gap."""
    return (Cell(round(room_for(runs) + gap), height, runs, "start"),)


def saying(text: str) -> Strip:
    """A piece of a legend: small text, and a gap before the next."""
    return words((small(text),), gap=14)


def key(found: Look, text: str) -> Strip:
    """A piece of a legend that says what a look stands for."""
    return joined(swatch(found.fill, found.line), blank(6), saying(text))


def blank(width: int) -> Strip:
    """Nothing, `width` wide."""
    return (Cell(width, LEGEND),)


def swatch(fill: Ink, outline: Ink | None = None, mono: Hatch | None = None) -> Strip:
    """A little box in a family's colours."""
    return (Cell(16, LEGEND - 3, fill=fill, outline=outline, mono=mono),)


def joined(*strips: Strip) -> Strip:
    """Strips side by side."""
    return tuple(cell for strip in strips for cell in strip)


def span(strip: Strip) -> float:
    """Points that a strip takes."""
    return sum(cell.width for cell in strip)


def families(boxes: Iterable[Box]) -> dict[str, str]:
    """What the colours that occur stand for, in the order of the palette."""
    known, sizes, found = looks(), dict[str, set[str]](), set[str]()
    for box in boxes:
        name, kernel = box.kernel
        if name:
            sizes.setdefault(name, set()).add(kernel)
        else:
            found.add(box.family if box.family in known else "other")
    told = {name: f"{', '.join(sorted(sizes[name], key=by_size))} conv"
            for name in KERNELS if name in sizes}  # fmt: skip
    return told | {name: known[name].legend for name in known if name in found}


def branched(boxes: Iterable[Box]) -> list[Strip]:
    """What cells of bars have their colours from, where branches have kernels of several sizes."""
    telling = any(branch.chosen for box in boxes for branch in box.branches)
    return [saying(f"a branch = {BRANCH}")] if telling else []


def meaning(note: str) -> str:
    """What a note stands for; nothing if it speaks for itself."""
    if note[:1] == "g" and note[1:].isdigit():
        return f"{note[1:]} groups"
    if note[:1] in PREFIXES and note[1:2].isdigit():
        return f"{PREFIXES[note[0]]} {note[1:]}"
    return NOTES.get(note, "")


def brought(common: Habit) -> Strip:
    """What every convolution brings: `conv = convolution, batch norm, ReLU`."""
    return saying(f"conv = {common.words}")


def legend(boxes: list[Box], common: Habit, letters: Iterable[str] = ()) -> list[Strip]:
    """Pieces that say what colours, notes and letters mean."""
    pieces = [brought(common)] if any(box.family in CONVS for box in boxes) else []
    pieces += [key(look(name), text) for name, text in families(boxes).items() if text]
    pieces += branched(boxes)
    pieces += meanings(note for box in boxes for note in box.notes)
    return [*pieces, *map(saying, dict.fromkeys(letters))]


def meanings(notes: Iterable[str]) -> list[Strip]:
    """What each of the notes stands for: `s2 = stride 2`."""
    told = {note: meaning(note) for note in notes}
    return [saying(f"{note} = {text}") for note, text in told.items() if text]


def wrapped(pieces: list[Strip], width: float) -> Iterator[Strip]:
    """Pieces in strips no wider than `width`."""
    current: list[Strip] = []
    for piece in pieces:
        if current and span(joined(*current, piece)) > width:
            yield joined(*current)
            current = []
        current.append(piece)
    if current:
        yield joined(*current)


def heading(strips: Iterable[Strip]) -> Label:
    """Strips one above the other as a drawing's label, with air between and below."""
    rows = [each for strip in strips if strip for each in (line(*strip), Line(5, ()))]
    return readable((*rows, Line(5, ())), PAPER)


def listing_table(rows: list[list[str]], most: float) -> tuple[Label, tuple[float, float]]:
    """Aligned text in columns, its head muted, and the size that it takes.

    The first column is broken into lines, where all would be wider than that.
    """
    first, *others = _widths(rows)
    space = max(most - sum(others), NARROW)
    if first > space:
        rows = [each for row in rows for each in _in_lines(row, space - GAP)]
    widths = _widths(rows)
    lines = tuple(
        line(
            *(
                Cell(width, ENTRY, (_entry(text, i),), "middle" if j else "start")
                for j, (text, width) in enumerate(zip(texts, widths, strict=True))
            )
        )
        for i, texts in enumerate(rows)
    )
    return lines, (sum(widths), ENTRY * len(rows))


def _widths(rows: list[list[str]]) -> list[int]:
    columns = zip(*rows, strict=True)
    return [round(max(Run(text, 10).room for text in column) + GAP) for column in columns]


def _in_lines(row: list[str], space: float) -> Iterator[list[str]]:
    """A row, and what is left of its first text in rows of their own."""
    first, *rest = row
    for i, run in enumerate(broken(Run(first, 10), space)) if first else ((0, Run("")),):
        yield [run.text, *(["" for _ in rest] if i else rest)]


def _entry(text: str, i: int) -> Run:
    return Run(text, 10, ink=TEXT) if i else Run(text, 10)
