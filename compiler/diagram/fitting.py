"""Drawings at a width that was asked for: as large as it allows, and never too small to read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import ceil

from compiler.picture.sheet import Sheet

LEAST = 6.0
"""Points of the smallest letters that papers still print."""
MOST = 10.0
"""A drawing for a paper doesn't grow beyond letters of that size: it stands in the middle then."""
UNITS = {"cm": 72 / 2.54, "mm": 72 / 25.4, "in": 72.0, "pt": 1.0}
EDGE = 1.0
"""Points around a drawing that is put into a page with margins of its own."""
NARROW, WIDE = 36.0, 14_400.0
"""Half an inch, and what PDF readers take."""
SMALLEST = 9.0
"""The smallest letters of all drawings before they are scaled."""


@dataclass(frozen=True, slots=True)
class Room:
    """A place for a drawing, in points; a slide has a height as well."""

    width: float
    height: float | None = None
    most: float = MOST

    @property
    def widest(self) -> float:
        """The width that a drawing may have before it is scaled, so that all can be read."""
        return (self.width - 2 * EDGE) * SMALLEST / LEAST


SLIDE = Room(960, 540, 18)
"""A slide of 16:9, as PowerPoint and Keynote have it: 33.87 cm × 19.05 cm."""


def room_of(text: str) -> Room:
    """`17cm`, `85 mm`, `6.7in`, `241pt` or `slide`. Raises `ValueError`."""
    said = str(text).strip().lower()  # A program may pass a number.
    if said == "slide":
        return SLIDE
    found = re.fullmatch(rf"(\d+(?:\.\d*)?|\.\d+)\s*({'|'.join(UNITS)})", said)
    if not found:
        units = ", ".join(UNITS)
        raise ValueError(
            f"{text!r} is no width: a number and one of {units}, such as 17cm, or slide"
        )
    width = float(found[1]) * UNITS[found[2]]
    if not NARROW <= width <= WIDE:
        least, most = (side / UNITS["cm"] for side in (NARROW, WIDE))
        raise ValueError(f"{text!r} is no width of a page: {least:.2g} to {most:.3g} cm are")
    return Room(width)


def smallest(sheet: Sheet) -> float:
    """The size of the smallest letters, before it is scaled."""
    runs = (run for cell in sheet.cells for run in cell.runs)
    return min((run.size for run in runs if run.text.strip()), default=LEAST)


def fitted(candidates: Iterable[Sheet], room: Room) -> Sheet:
    """The first of the sheets whose letters can be read in a room; on a slide the largest.

    Raises `ValueError` where there is none, which says what room would do.
    """
    tried = []
    for sheet in candidates:
        scale = _scale(sheet, room)
        tried.append((scale * smallest(sheet), _placed(sheet, scale, room), sheet))
        if room.height is None and tried[-1][0] >= LEAST:
            break
    size, placed, _ = max(tried, key=lambda each: each[0])
    if size < LEAST - 1e-9:
        raise ValueError(_too_small(size, [sheet for *_, sheet in tried], room))
    return placed


def _scale(sheet: Sheet, room: Room) -> float:
    """As large as there is room, and as letters may be."""
    scale = min((room.width - 2 * EDGE) / sheet.width, room.most / smallest(sheet))
    if room.height is None:
        return scale
    return min(scale, (room.height - 2 * EDGE) / sheet.height)


def _placed(sheet: Sheet, scale: float, room: Room) -> Sheet:
    """The sheet at a scale in the middle of the width."""
    across = (room.width / scale - sheet.width) / 2
    return replace(sheet, scale=scale, across=across, down=EDGE / scale)


def _too_small(size: float, tried: list[Sheet], room: Room) -> str:
    told = f"in {_size(room.width, room.height)} the smallest letters would have {size:.1f} pt"
    pages = [_page(sheet) for sheet in tried]
    if room.height is None:
        needed = _size(min(width for width, _ in pages))
    else:
        needed = _size(*min(pages, key=lambda page: max(page[0] / room.width, page[1])))
    return f"{told}, of at least {LEAST:g} pt that can be read; it fits in {needed}"


def _page(sheet: Sheet) -> tuple[float, float]:
    """The least that a sheet needs to be read."""
    scale = LEAST / smallest(sheet)
    return sheet.width * scale + 2 * EDGE, sheet.height * scale + 2 * EDGE


def _size(width: float, height: float | None = None) -> str:
    """`17 cm`, or `33.9 × 19.1 cm`: up to the next millimetre."""
    sides = [ceil(round(side / UNITS["mm"], 3)) / 10 for side in (width, height) if side]
    return f"{' × '.join(f'{side:g}' for side in sides)} cm"
