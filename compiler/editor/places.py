"""What is under the cursor."""

from __future__ import annotations

from bisect import bisect_left

from lsprotocol import types

from compiler.editor.marks import Mark
from compiler.editor.pages import Page
from compiler.editor.reading import Reading


def mark_at(reading: Reading, page: Page, position: types.Position) -> Mark | None:
    """The mark that a position is in, or else at the end of; the shortest if several are."""
    line, column = (number + 1 for number in page.place(position))
    found = [mark for mark in on_line(reading, line) if mark.holds(line, column)]
    inside = [mark for mark in found if column < mark.end]
    return min(inside or found, key=lambda mark: mark.span.length, default=None)


def on_line(reading: Reading, line: int) -> list[Mark]:
    """The marks of one line, from 1."""
    all_marks = reading.marks
    start = bisect_left(all_marks, line, key=lambda mark: mark.span.line)
    end = bisect_left(all_marks, line + 1, key=lambda mark: mark.span.line)
    return all_marks[start:end]
