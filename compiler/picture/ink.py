"""Colours by day and by night, and those of what every drawing has: paper, text, lines."""

from __future__ import annotations

from dataclasses import dataclass

FONT = "Helvetica,Arial,sans-serif"


@dataclass(frozen=True, slots=True)
class Ink:
    """One colour by day and by night."""

    light: str
    dark: str


@dataclass(frozen=True, slots=True)
class Look:
    """How a box is filled and outlined, and what a legend calls its like."""

    fill: Ink
    line: Ink
    legend: str = ""


PAPER = Ink("#ffffff", "#10161d")
TEXT = Ink("#1f2933", "#e9eef5")
MUTED = Ink("#52606d", "#aab7c5")
EDGE = Ink("#7b8794", "#8592a3")
WRAP = Ink("#aebac7", "#566375")
FRAME = Ink("#748291", "#67778a")
GRID = Ink("#d3d9e0", "#333f4c")
