"""In which tone a drawing is written: the same sheet in other colours, whatever form it gets then.

A drawing knows each colour by day and by night. SVG can hold both and leave the choice to its
reader; DOT, PDF, PNG and TikZ hold one, so there `auto` is `light`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from compiler.picture.ink import PAPER, TEXT, Ink, Look, luminance
from compiler.picture.labels import Cell, Label
from compiler.picture.sheet import Edge, Sheet, Tile
from compiler.picture.strokes import Stroke

Tone = Literal["auto", "light", "dark", "mono"]
"""As the reader's system has it, by day, by night, or in greys for paper without colours."""


def grey(colour: str) -> str:
    """The grey that is as light as a colour: text keeps the contrast that it has.

    >>> grey("#ffffff"), grey("#a9cbe8"), grey("#1f2933")
    ('#ffffff', '#c7c7c7', '#282828')
    """
    level = round(255 * _encoded(luminance(colour)))
    return f"#{level:02x}{level:02x}{level:02x}"


def _encoded(light: float) -> float:
    return 12.92 * light if light <= 0.0031308 else float(1.055 * light ** (1 / 2.4) - 0.055)


COLOURS: dict[Tone, Callable[[Ink], str]] = {
    "light": lambda ink: ink.light,
    "dark": lambda ink: ink.dark,
    "mono": lambda ink: grey(ink.light),
}
"""The one colour that each tone gives an ink; `auto` leaves it as it is."""


TONES: tuple[Tone, ...] = ("auto", *COLOURS)
"""The tones that there are."""


def toned(sheet: Sheet, tone: Tone) -> Sheet:
    """The sheet in a tone. It has a name of its own, as its ids are others' too.

    Raises `ValueError` for a word that is no tone.
    """
    if tone not in TONES:
        raise ValueError(f"a tone is one of {', '.join(TONES)}: {tone!r}")
    if tone == "auto":
        return sheet
    paint = (_Grey if tone == "mono" else _Paint)(COLOURS[tone])
    return replace(
        sheet,
        name=f"{sheet.name}-{tone}",
        heading=paint.label(sheet.heading),
        tiles=tuple(map(paint.tile, sheet.tiles)),
        edges=tuple(map(paint.edge, sheet.edges)),
        strokes=tuple(map(paint.stroke, sheet.strokes)),
        paper=paint.ink(sheet.paper),
    )


class _Paint:
    """Gives whatever stands on a sheet one colour by day and by night."""

    def __init__(self, colour: Callable[[Ink], str]) -> None:
        self._colour = colour

    def ink(self, ink: Ink) -> Ink:
        colour = self._colour(ink)
        return Ink(colour, colour)

    def tile(self, tile: Tile) -> Tile:
        look = Look(self.ink(tile.look.fill), self.ink(tile.look.line), tile.look.legend)
        return replace(tile, look=look, label=self.label(tile.label))

    def edge(self, edge: Edge) -> Edge:
        return replace(edge, ink=self.ink(edge.ink))

    def stroke(self, stroke: Stroke) -> Stroke:
        return replace(stroke, ink=self.ink(stroke.ink))

    def label(self, label: Label) -> Label:
        return tuple(replace(line, cells=tuple(map(self.cell, line.cells))) for line in label)

    def cell(self, cell: Cell) -> Cell:
        return replace(
            cell,
            runs=tuple(replace(run, ink=self.ink(run.ink)) for run in cell.runs),
            fill=cell.fill and self.ink(cell.fill),
            outline=cell.outline and self.ink(cell.outline),
        )


class _Grey(_Paint):
    """Greys, and hatching for what is told by its colour alone."""

    def cell(self, cell: Cell) -> Cell:
        if cell.mono is None:
            return super().cell(cell)
        runs = tuple(replace(run, ink=TEXT) for run in cell.runs)
        return super().cell(replace(cell, fill=PAPER, hatch=cell.mono, runs=runs))
