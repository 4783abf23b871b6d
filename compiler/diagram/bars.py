"""Where branches come together: what a bar says of each, and where edges come and go."""

from __future__ import annotations

from compiler.diagram.items import Split
from compiler.diagram.spacing import NAME, Spacing
from compiler.diagram.style import look
from compiler.picture.ink import TEXT, Ink
from compiler.picture.labels import Cell, Line, Run, beside, exits, room_for
from compiler.picture.metrics import fit

CELL_HEIGHT = 16
PAD = 8
CHIP = 7
"""Points of one colour of several."""
FEWEST = 5
"""Letters of a branch's name that are still worth telling."""


def cell_text(text: str, name: str = "", size: float = NAME) -> tuple[Run, ...]:
    """What a join bar says of a branch: its name discreetly, and its channels."""
    return beside(Run(name, size), Run(text, 10, ink=TEXT))


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

    It has the branch's colour, or one that none has behind those of all that it is made of.
    """
    at, cells = 0.0, []
    names = spacing.told(split)
    pairs = zip(split.bar.branches, split.cells, names, columns, strict=True)
    for i, (colours, text, name, (left, own)) in enumerate(pairs):
        chips = _chips(colours) if len(colours) > 1 else []
        space = own - PAD - room_for(cell_text(text, " ")[1:])
        aside = CHIP * len(chips)
        said = cell_text(text, short(name, space - 2 * aside, spacing.name), spacing.name)
        fill = look(colours[0] if len(colours) == 1 else "product").fill if said else None
        if not said or room_for(said) + 2 * aside > own - PAD:
            chips, aside = [], 0
        middle = Cell(own - 2 - 2 * aside, CELL_HEIGHT, said, fill=fill, port=f"t{i}")
        cells += [*gap(left + 1 - at), *chips, middle, *gap(aside, fill)]
        at = left + own - 1
    return Line(CELL_HEIGHT, (*cells, *gap(width - at)))


def _chips(colours: tuple[str, ...]) -> list[Cell]:
    """The colours of a branch that is made of several, beside what is said of it."""
    return [Cell(CHIP, CELL_HEIGHT, fill=look(name).fill) for name in colours]


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


def gap(width: float, fill: Ink | None = None) -> list[Cell]:
    """An empty cell, where there is room for one."""
    return [Cell(width, CELL_HEIGHT, fill=fill)] if width > 0 else []
