r"""A text as its editor counts it, and as problems do: places in the one as places in the other.

An editor counts lines from 0 that end in `\n`, `\r\n` or `\r`, and columns in units of UTF-16
unless both sides agree on another encoding. Spans count lines and columns from 1, in characters
of the text with `\n` line ends and without a byte-order mark.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

from lsprotocol import types

from dsl.text.problems import Span
from dsl.text.source import unified

Encoding = Literal["utf-8", "utf-16", "utf-32"]
ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)
BOM = "\ufeff"


def units(text: str, encoding: Encoding) -> int:
    """How many units of an encoding a text takes.

    >>> [units("aé😋", encoding) for encoding in ("utf-8", "utf-16", "utf-32")]
    [7, 4, 3]
    """
    if encoding == "utf-32" or text.isascii():
        return len(text)
    if encoding == "utf-8":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text) + sum(char > "\uffff" for char in text)


def characters(text: str, count: int, encoding: Encoding) -> int:
    """How many whole characters so many units are; all of the text's where it has fewer.

    >>> [characters("aé😋b", count, "utf-16") for count in (0, 2, 3, 4, 99)]
    [0, 2, 2, 3, 4]
    """
    if encoding == "utf-32" or text.isascii():
        return max(0, min(count, len(text)))
    for place, char in enumerate(text):
        count -= units(char, encoding)
        if count < 0:
            return place
    return len(text)


@dataclass(frozen=True)
class Page:
    """A text as an editor sent it, and in which units that counts columns."""

    raw: str
    encoding: Encoding = "utf-16"

    @cached_property
    def text(self) -> str:
        """The text as it is read."""
        return unified(self.raw)

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text as it is read."""
        return self.text.split("\n")

    @cached_property
    def ending(self) -> str:
        """What its lines end in."""
        return "\r\n" if "\r\n" in self.raw else "\n"

    @cached_property
    def _starts(self) -> list[int]:
        """Where each line begins for the editor."""
        return [0, *(match.end() for match in re.finditer(r"\r\n|\n|\r", self.raw))]

    @cached_property
    def _own_starts(self) -> list[int]:
        """Where each line that is read begins in what the editor sent."""
        first = len(BOM) if self.raw.startswith(BOM) else 0
        return [first, *(match.end() for match in re.finditer(r"\n", self.raw))]

    def _line(self, line: int) -> str:
        end = self._starts[line + 1] if line + 1 < len(self._starts) else len(self.raw)
        return self.raw[self._starts[line] : end].rstrip("\r\n")

    def _offset(self, position: types.Position) -> int:
        """How many characters stand before a position; one beyond the text is at its end."""
        if position.line >= len(self._starts):
            return len(self.raw)
        line = self._line(position.line)
        return self._starts[position.line] + characters(line, position.character, self.encoding)

    def place(self, position: types.Position) -> tuple[int, int]:
        """Line and column of a position in the text as it is read, both from 0."""
        return self._place(self._offset(position))

    def _place(self, offset: int) -> tuple[int, int]:
        line = max(0, bisect_right(self._own_starts, offset) - 1)
        column = max(0, offset - self._own_starts[line])
        return line, min(column, len(self.lines[line]))

    def position(self, line: int, column: int) -> types.Position:
        """The editor's position of a place in the text, both from 0."""
        if line >= len(self.lines):
            line, column = len(self.lines) - 1, len(self.lines[-1])
        offset = self._own_starts[line] + min(max(column, 0), len(self.lines[line]))
        at = bisect_right(self._starts, offset) - 1
        before = self.raw[self._starts[at] : offset]
        return types.Position(at, units(before, self.encoding))

    def range(self, span: Span) -> types.Range:
        """The editor's range of a stretch of the text; the beginning for what has no place."""
        line, column = max(span.line - 1, 0), max(span.column - 1, 0)
        return types.Range(self.position(line, column), self.position(line, column + span.length))

    def between(self, start: tuple[int, int], end: tuple[int, int]) -> types.Range:
        """The range from one place to another."""
        return types.Range(self.position(*start), self.position(*end))

    def whole(self) -> types.Range:
        """The range of all of it."""
        return self.between((0, 0), (len(self.lines), 0))

    def written(self, text: str) -> str:
        """A text with the line ends that this one has."""
        return text.replace("\n", self.ending)

    def changed(self, changes: Sequence[types.TextDocumentContentChangeEvent]) -> Page:
        """The text behind an editor's changes, each of which counts in what the last one left."""
        page = self
        for change in changes:
            page = page._after(change)
        return page

    def _after(self, change: types.TextDocumentContentChangeEvent) -> Page:
        if isinstance(change, types.TextDocumentContentChangeWholeDocument):
            return Page(change.text, self.encoding)
        ends = self._offset(change.range.start), self._offset(change.range.end)
        return Page(self.raw[: min(ends)] + change.text + self.raw[max(ends) :], self.encoding)
