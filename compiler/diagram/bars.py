"""Where branches come together: what a bar says of each, and where edges come and go."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.diagram.items import Split
from compiler.diagram.spacing import NAME, Spacing
from compiler.diagram.style import filled, look
from compiler.picture.ink import TEXT
from compiler.picture.labels import Cell, Line, Run, beside, exits, room_for
from compiler.picture.metrics import fit

CELL_HEIGHT = 16
PAD = 8
FEWEST = 5
"""Letters of a branch's name that are still worth telling."""


def cell_text(text: str, name: str = "", size: float = NAME) -> tuple[Run, ...]:
    """What a join bar says of a branch: its name discreetly, and its channels."""
    return beside(Run(name, size, ink=TEXT), Run(text, 10, ink=TEXT))


def bar_label(
    split: Split,
    columns: list[tuple[float, int]],
    width: int,
    ports: list[float],
    spacing: Spacing,
) -> tuple[Line, ...]:
    """A join bar: a cell for each branch, the join's word, and where edges leave."""
    return (
        Line(1, (Cell(width, 1),)),
        arrivals(split, columns, width, spacing),
        *spacing.face(split.bar, width, spacing.bar - CELL_HEIGHT - 2),
        exits(ports, width),
    )


def arrivals(
    split: Split, columns: list[tuple[float, int]], width: float, spacing: Spacing
) -> Line:
    """The line on top of a bar: a cell for each branch of which it says something.

    It has the branch's colour, or none where that is made of several.
    """
    at, cells = 0.0, []
    names = _names(split, columns, spacing)
    pairs = zip(split.bar.branches, split.cells, names, columns, strict=True)
    for i, (colour, text, name, (left, own)) in enumerate(pairs):
        said = cell_text(text, name, spacing.name)
        fill = filled(colour.name) if said else None
        cells += [*gap(left + 1 - at), Cell(own - 2, CELL_HEIGHT, said, fill=fill, port=f"t{i}")]
        at = left + own - 1
    return Line(CELL_HEIGHT, (*cells, *gap(width - at)))


def _names(split: Split, columns: list[tuple[float, int]], spacing: Spacing) -> Sequence[str]:
    """What the cells call the branches: all, or where one has no room only those that go past."""
    told = spacing.told(split)
    rooms = (
        own - PAD - room_for(cell_text(text, " ")[1:])
        for text, (_, own) in zip(split.cells, columns, strict=True)
    )
    cut = [short(name, space, spacing.name) for name, space in zip(told, rooms, strict=True)]
    if all(bool(name) == bool(whole) for name, whole in zip(cut, told, strict=True)):
        return cut
    return split.past(cut)


def short(name: str, space: float, size: float) -> str:
    """A branch's name, cut to a space; nothing where too little of it would be left."""
    cut = fit(name, size, space) if name else ""
    return cut if cut == name or len(cut) > FEWEST else ""


def departures(split: Split, columns: list[tuple[float, int]], width: float) -> Line:
    """The line below a bar that shares channels out: a cell for each branch."""
    at, cells = 0.0, []
    for share, (left, own) in zip(split.shares, columns, strict=True):
        fill = look("input").fill
        cells += [*gap(left + 1 - at), Cell(own - 2, CELL_HEIGHT, cell_text(share), fill=fill)]
        at = left + own - 1
    return Line(CELL_HEIGHT, (*cells, *gap(width - at)))


def gap(width: float) -> list[Cell]:
    """An empty cell, where there is room for one."""
    return [Cell(width, CELL_HEIGHT)] if width > 0 else []
