"""Where branches come together: what a bar says of each, and where edges come and go."""

from __future__ import annotations

from compiler.diagram.chains import Split, ending
from compiler.diagram.spacing import Spacing
from compiler.diagram.style import look
from compiler.picture.ink import TEXT
from compiler.picture.labels import Cell, Line, Run, beside, exits, room_for
from compiler.picture.metrics import fit

BAR_HEIGHT, CELL_HEIGHT = 41, 16
PAD = 8
NAME = 9
FEWEST = 5
"""Letters of a branch's name that are still worth telling."""


def cell_text(text: str, name: str = "") -> tuple[Run, ...]:
    """What a join bar says of a branch: its name discreetly, and its channels."""
    return beside(Run(name, NAME), Run(text, 10, ink=TEXT))


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
        arrivals(split, columns, width),
        *spacing.face(split.bar, width, BAR_HEIGHT - CELL_HEIGHT - 2),
        exits(ports, width),
    )


def arrivals(split: Split, columns: list[tuple[float, int]], width: float) -> Line:
    """The line on top of a bar: a cell for each branch, in its colour."""
    at, cells = 0.0, []
    pairs = zip(split.branches, split.cells, split.names, columns, strict=True)
    for i, (branch, text, name, (left, own)) in enumerate(pairs):
        space = own - PAD - room_for(cell_text(text, " ")[1:])
        said = cell_text(text, short(name, space))
        fill = look(ending(branch)).fill
        cells += [*gap(left + 1 - at), Cell(own - 2, CELL_HEIGHT, said, fill=fill, port=f"t{i}")]
        at = left + own - 1
    return Line(CELL_HEIGHT, (*cells, *gap(width - at)))


def short(name: str, space: float) -> str:
    """A branch's name, cut to a space; nothing where too little of it would be left."""
    cut = fit(name, NAME, space) if name else ""
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
