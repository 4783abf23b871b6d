"""Drawings in a room that was asked for: as large as it allows, and never too small to read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
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
COMFORT = 0.8
"""Letters of that much of the largest are large enough: nothing is laid out closer for more."""
PAGE = 24 * UNITS["cm"], 1.41
"""How high a page is, in points and for its width: what has a width alone should be no higher."""


@dataclass(frozen=True, slots=True)
class Room:
    """A place for a drawing, in points; one for a slide or a whole page has a height as well."""

    width: float
    height: float | None = None
    most: float = MOST

    @property
    def widest(self) -> float:
        """The width that a drawing may have before it is scaled, so that all can be read."""
        return self.across(SMALLEST)

    def across(self, letters: float) -> float:
        """The same of a drawing whose smallest letters have that size."""
        return (self.width - 2 * EDGE) * letters / LEAST

    @property
    def tallest(self) -> float:
        """How high a drawing may be; without a height, how high it should be at most."""
        return self.height or max(PAGE[0], PAGE[1] * self.width)


PAGES = {
    "slide": Room(960, 540, 18),
    "a4": Room(17 * UNITS["cm"], 25.7 * UNITS["cm"]),
    "letter": Room(6.5 * UNITS["in"], 9 * UNITS["in"]),
}
"""A slide of 16:9, as PowerPoint and Keynote have it: 33.87 cm × 19.05 cm. Paper within margins.

These are of 2 cm for A4, of an inch for Letter.
"""
LENGTH = r"(\d+(?:\.\d*)?|\.\d+)"


def room_of(text: str) -> Room:
    """`17cm`, `85 mm`, `6.7in`, `17x24cm`, or a page by its name. Raises `ValueError`."""
    said = str(text).strip().lower()  # A program may pass a number.
    unit = f"({'|'.join(UNITS)})"
    if said in PAGES:
        return PAGES[said]
    found = re.fullmatch(rf"{LENGTH}\s*(?:{unit}?\s*[x×]\s*{LENGTH}\s*)?{unit}", said)
    if not found:
        known = f"a number and one of {', '.join(UNITS)}, such as 17cm; two, 17x24cm"
        raise ValueError(f"{text!r} is no width: {known}; or {', '.join(PAGES)}")
    width = _length(text, found[1], found[2] or found[4])
    return Room(width, _length(text, found[3], found[4]) if found[3] else None)


def _length(text: str, number: str, unit: str) -> float:
    length = float(number) * UNITS[unit]
    if not NARROW <= length <= WIDE:
        least, most = (side / UNITS["cm"] for side in (NARROW, WIDE))
        raise ValueError(f"{text!r} is no width of a page: {least:.2g} to {most:.3g} cm are")
    return length


def smallest(sheet: Sheet) -> float:
    """The size of the smallest letters, before it is scaled."""
    runs = (run for cell in sheet.cells for run in cell.runs)
    return min((run.size for run in runs if run.text.strip()), default=LEAST)


def fitted(candidates: Iterable[Sheet], room: Room) -> Sheet:
    """The first of the sheets that can be read in a room and is no higher than a page.

    Where a height was asked for, its letters must be of a comfortable size, else of nearly the
    largest that there are; where only a width was and none is as low as a page, it is the lowest.
    Raises `ValueError` where none can be read, which says what room would do.
    """
    tried = []
    enough = LEAST if room.height is None else max(COMFORT * room.most, LEAST)
    for sheet in candidates:
        scale = _scale(sheet, room)
        size, placed = scale * smallest(sheet), _placed(sheet, scale, room)
        if size >= enough and placed.page[1] <= room.tallest + 0.01:
            return placed
        tried.append((size, placed, sheet))
    readable = [(size, placed) for size, placed, _ in tried if size >= LEAST - 1e-9]
    if not readable:
        raise ValueError(_too_small(tried[-1][0], [sheet for *_, sheet in tried], room))
    if room.height is None:
        return min(readable, key=lambda each: each[1].page[1])[1]
    largest = max(size for size, _ in readable)
    return next(placed for size, placed in readable if size >= COMFORT * largest)


def _scale(sheet: Sheet, room: Room) -> float:
    """As large as there is room, and as letters may be.

    Where only a width was asked for, a drawing that would be higher than a page gets smaller, as
    long as it can be read.
    """
    letters = smallest(sheet)
    scale = min((room.width - 2 * EDGE) / sheet.width, room.most / letters)
    low = (room.tallest - 2 * EDGE) / sheet.height
    return min(scale, low) if room.height else min(scale, max(low, LEAST / letters))


def _placed(sheet: Sheet, scale: float, room: Room) -> Sheet:
    """The sheet at a scale in the middle of the width."""
    across = (room.width / scale - sheet.width) / 2
    return replace(sheet, scale=scale, across=across, down=EDGE / scale)


def _too_small(size: float, tried: list[Sheet], room: Room) -> str:
    told = f"in {_size(room.width, room.height)} the smallest letters would have {size:.1f} pt"
    told = f"{told}, of at least {LEAST:g} pt that can be read"
    return f"{told}; it fits in {' or '.join(_enough([_page(sheet) for sheet in tried], room))}"


def _enough(pages: list[tuple[float, float]], room: Room) -> Iterator[str]:
    """Rooms that would do: as wide as that one and higher, as high and wider, or else both."""
    if room.height is None:
        yield _size(min(width for width, _ in pages))
        return
    higher = [height for width, height in pages if width <= room.width]
    wider = [width for width, height in pages if height <= room.height]
    if higher:
        yield _size(room.width, min(higher))
    if wider:
        yield _size(min(wider), room.height)
    if not higher and not wider:
        high = room.height
        yield _size(*min(pages, key=lambda page: max(page[0] / room.width, page[1] / high)))


def _page(sheet: Sheet) -> tuple[float, float]:
    """The least that a sheet needs to be read."""
    scale = LEAST / smallest(sheet)
    return sheet.width * scale + 2 * EDGE, sheet.height * scale + 2 * EDGE


def _size(width: float, height: float | None = None) -> str:
    """`17 cm`, or `33.9 × 19.1 cm`: up to the next millimetre."""
    sides = [ceil(round(side / UNITS["mm"], 3)) / 10 for side in (width, height) if side]
    return f"{' × '.join(f'{side:g}' for side in sides)} cm"
