"""Colours by day and by night, and those of what every drawing has: paper, text, lines."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

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

HATCH = Ink("#282828", "#282828")
"""Lines of hatching, which are drawn where there are no colours."""

CONTRAST = 4.5
"""Between a text and what it stands on, at least: WCAG 2.2's level AA."""
STRONG = (
    Ink("#000000", "#000000"),
    Ink("#010101", "#ffffff"),
    Ink("#fdfdfd", "#000000"),
    Ink("#fefefe", "#fefefe"),
)
"""Texts for fills on which the usual ones can't be read: one of these can be, whatever the fill.

By day no two are the same, since SVG finds a colour's counterpart by what it is by day.
"""


def luminance(colour: str) -> float:
    """How much light a colour gives, from 0 to 1 (WCAG 2.2, for sRGB).

    >>> luminance("#000000"), luminance("#ffffff")
    (0.0, 1.0)
    """
    red, green, blue = (_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    """Light that a number of sRGB stands for (IEC 61966-2-1)."""
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """How well one colour can be told from another, from 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@lru_cache(maxsize=1024)
def legible(ink: Ink, fill: Ink) -> Ink:
    """An ink for text on a fill: itself if it can be read there by day and by night."""
    return next(
        each
        for each in (ink, TEXT, *STRONG)
        if contrast(each.light, fill.light) >= CONTRAST
        and contrast(each.dark, fill.dark) >= CONTRAST
    )
