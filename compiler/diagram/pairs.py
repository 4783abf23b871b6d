"""How a pair of cards looks: what steps are on either side, and line by line what differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from compiler.diagram.entries import BOUND, Entry
from compiler.diagram.style import LOOKS
from compiler.diagram.text import shape
from compiler.diagram.versus import Fate, Told
from compiler.ir.nodes import Node
from compiler.picture.ink import GRID, PAPER, TEXT, Ink, Look
from compiler.picture.labels import Cell, Label, Line, Run, exits, line, room_for, small, strong
from compiler.picture.metrics import fit, fit_list, room
from compiler.picture.sheet import Outline


@dataclass(frozen=True, slots=True)
class Mark:
    """How it is seen what became of a step: by a sign, an outline and a colour, each enough."""

    sign: str
    outline: Outline
    look: Look


MARKS: dict[Fate, Mark] = {
    "changed": Mark(
        "~", "rounded", Look(Ink("#fff3cf", "#3b3214"), Ink("#a8821b", "#cdb057"), "changed")
    ),
    "removed": Mark(
        "\u2212", "dashed", Look(Ink("#fde4da", "#45241a"), Ink("#b5522f", "#e69a7c"), "gone")
    ),
    "added": Mark(
        "+", "square", Look(Ink("#d9efe9", "#143831"), Ink("#2f7f6c", "#6cc4ae"), "added")
    ),
    "rewritten": Mark(
        "=", "rounded", replace(LOOKS["join"], legend="the same, written differently")
    ),
    "alike": Mark("", "square", Look(PAPER, GRID)),
    "left out": Mark("⋮", "square", Look(PAPER, GRID)),
}
PAD, SIGN = 10, 14
HEAD, TEXT_LINE, ENTRY_LINE, NOTE = 18, 14, 14, 16
FOLD = 24
FOLDED = 90
"""Points that a folded stretch needs on either side, beside its names."""
NARROWEST, NARROW, WIDE = 160, 190, 330
"""The least and the most that a card is wide; the very least where the drawing must be narrow."""
ASIDE = 30
"""Points by which auxiliary heads stand beside the trunk's line."""
TRUNK, HEADS = 14, 50
"""Points from the left of a card at which the trunk, and a line to its heads, leave it."""
SIZE = 10
LINES = 2

Side = Literal[0, 1]


def wrapped(text: str, space: float, size: float = SIZE) -> list[str]:
    """A text in lines of some width, broken at its gaps; a word that is wider is cut.

    What no break is (U+00A0) becomes a space, so that it can be searched.
    """
    lines: list[str] = []
    if not text:
        return lines
    for word in text.replace(" → ", f"{BOUND}→{BOUND}").split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and room(longer, size) <= space:
            lines[-1] = longer
        else:
            lines.append(fit(word, size, space))
    return [line.replace(BOUND, " ") for line in lines]


def width_of(rows: Sequence[Told], heads: Iterable[Sequence[str]]) -> int:
    """The width of all cards: the most that one needs, or what stands above, within limits."""
    needs = [run.room for texts in heads for run in above(texts)]
    needs += [need for row in rows for need in _needs(row)]
    return 2 * round(min(WIDE, max([NARROW, *needs])) / 2)


def _needs(row: Told) -> Iterator[float]:
    if row.is_folded:
        yield sum(room(title, SIZE) for title in row.titles) / 2 + FOLDED
        return
    aside = ASIDE * row.aside + 2 * PAD + 2
    for title, text, nodes in zip(row.titles, row.texts, (row.ones, row.others), strict=True):
        yield aside + room_for((strong(title), small(_amount(nodes), SIZE))) + PAD
        yield aside + room(text, SIZE)
    for entry in row.entries:
        yield aside + SIGN + max(room(entry.one, SIZE), room(entry.other, SIZE))


def _amount(nodes: Sequence[Node]) -> str:
    """What comes out of the last step."""
    return shape(nodes[-1].out) if nodes else ""


def faces(row: Told, width: float) -> tuple[Label, Label]:
    """Both cards' labels, whose lines stand at the same heights."""
    inner = width - 2 * PAD
    texts = [_short(wrapped(text, inner), inner) for text in row.texts]
    deep = max(map(len, texts))
    sides: list[list[Line]] = []
    for title, nodes, told in zip(row.titles, (row.ones, row.others), texts, strict=True):
        filled = [*told, *[""] * (deep - len(told))]
        body = [_line((small(each, SIZE),), width, TEXT_LINE) for each in filled]
        sides.append([_head(title, _amount(nodes), width), *body])
    for side in sides if row.entries else ():
        side.append(Line(3, ()))
    for entry in row.entries:
        for side, more in zip(sides, _entry(entry, width), strict=True):
            side.extend(more)
    one, other = (_framed(side, width, row.aside) for side in sides)
    return one, other


def _short(lines: list[str], space: float) -> list[str]:
    """At most `LINES` of what steps are, which for a long repeat are many."""
    if len(lines) <= LINES:
        return lines
    return [*lines[: LINES - 1], fit_list(" ".join(lines[LINES - 1 :]), SIZE, space)]


def _head(title: str, amount: str, width: float) -> Line:
    """A card's name, and a shape where it isn't cut for its sake; nor more for one that is long."""
    inner = width - 2 * PAD
    left = inner - room(title, 12, bold=True) - PAD
    amount = amount if room(amount, SIZE) <= (left if left > 0 else inner * 0.6) else ""
    right = round(room(amount, SIZE)) + 2
    name = strong(fit(title, 12, inner - right - 4, bold=True))
    told = Cell(right, HEAD, (small(amount, SIZE),), "end")
    return line(Cell(PAD, 1), Cell(inner - right, HEAD, (name,), "start"), told, Cell(PAD, 1))


def _line(runs: tuple[Run, ...], width: float, height: float, sign: str = "") -> Line:
    left = SIGN if sign else 0
    lead = Cell(left, height, (Run(sign.strip(), SIZE, ink=TEXT),), "start")
    text = Cell(width - 2 * PAD - left, height, runs, "start")
    return line(Cell(PAD, 1), lead, text, Cell(PAD, 1), height=height)


def _entry(entry: Entry, width: float) -> tuple[list[Line], list[Line]]:
    """One difference on either side, in as many lines as the longer one takes."""
    inner = width - 2 * PAD - SIGN
    texts = [wrapped(text, inner) for text in (entry.one, entry.other)]
    deep = max(map(len, texts))
    found: tuple[list[Line], list[Line]] = ([], [])
    for lines, out in zip(texts, found, strict=True):
        for i in range(deep):
            text = lines[i] if i < len(lines) else ""
            sign = MARKS[entry.kind].sign if not i and lines else " "
            out.append(_line((Run(text, SIZE, ink=TEXT),), width, ENTRY_LINE, sign))
    return found


def _framed(lines: list[Line], width: float, aside: bool) -> Label:
    """Lines with the ports of edges above and below."""
    places = (HEADS - ASIDE,) if aside else (TRUNK, HEADS)
    return (entries(places, width), Line(4, ()), *lines, Line(6, ()), exits(places, width))


def entries(places: Sequence[float], width: float) -> Line:
    """A thin line at the top with a port, `t0`, `t1`…, around each of these places."""
    below = exits(places, width)
    cells = (replace(cell, port=cell.port.replace("b", "t")) for cell in below.cells)
    return Line(below.height, tuple(cells))


def notes(texts: Sequence[str], width: float) -> Label:
    """Lines across both networks."""
    inner = width - 2 * PAD
    body = [
        line(Cell(PAD, 1), Cell(inner, NOTE, (Run(each, 11, ink=TEXT),), "start"), Cell(PAD, 1))
        for text in texts
        for each in wrapped(text, inner, 11)
    ]
    return (Line(4, ()), *body, Line(4, ()))


def column(texts: Sequence[str], width: float) -> Label:
    """What stands above one of the networks, its name first."""
    runs = (
        replace(run, text=fit(run.text, run.size, width, bold=run.bold)) for run in above(texts)
    )
    return tuple(line(Cell(width, NOTE, (run,), "start")) for run in runs)


def above(texts: Sequence[str]) -> list[Run]:
    """The same before it is cut."""
    name, *about = texts
    return [strong(name), *(small(each, SIZE) for each in about)]


def fold(names: tuple[str, str], told: str, width: float, places: Sequence[float]) -> Label:
    """A stretch of steps as one line: what they are called on either side, and how many."""
    middle = min(round(room(told, 11)) + 16, width * 0.7)
    side = (width - middle) / 2 - PAD
    left, right = (small(fit(name, SIZE, side - 4), SIZE) for name in names)
    text = line(
        Cell(PAD, 1),
        Cell(side, FOLD - 2, (left,), "start"),
        Cell(middle, FOLD - 2, (Run(fit(told, 11, middle), 11, ink=TEXT),)),
        Cell(side, FOLD - 2, (right,), "end"),
        Cell(PAD, 1),
    )
    return (entries(places, width), text, exits(places, width))
