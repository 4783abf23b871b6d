"""Lines of a text that is being laid out: how far in comments stand, and where blank lines go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from dsl.writing.written import Comment


@dataclass(slots=True)
class Line:
    """A line without its end; `comment` stands behind `text`, or alone on the line without one."""

    text: str
    comment: Comment | None = None
    blank: bool = False
    """Whether a blank line stands above it."""
    opens: bool = False
    """Whether it is a key or a dash alone, whose value stands below."""
    section: bool | None = None
    """Of the first line of a spec's key: whether the value takes lines below it, one a part."""
    verbatim: bool = False
    """Whether its text is part of a value, spaces at its end included."""

    @property
    def alone(self) -> bool:
        """Whether there is but a comment on the line."""
        return self.comment is not None and not self.comment.trailing


def joined(lines: list[Line]) -> str:
    """The lines as one text."""
    _blanks(lines)
    _align(lines)
    return "\n".join(_told(lines))


def _told(lines: list[Line]) -> Iterator[str]:
    for line in lines:
        if line.blank:
            yield ""
        text = line.text + line.comment.text if line.comment else line.text
        yield text if line.verbatim else text.rstrip()
    yield ""


def _blanks(lines: list[Line]) -> None:
    """None at the top or behind a key whose value follows; one around each section."""
    above: Line | None = None
    before: bool | None = None
    for place, line in enumerate(lines):
        line.blank = line.blank and above is not None and not above.opens
        above = line
        if line.section is None:
            continue
        if before or (before is not None and line.section):
            lines[_beginning(lines, place)].blank = True
        before = line.section


def _beginning(lines: list[Line], place: int) -> int:
    """Where the comments begin that stand right above a key's line."""
    while not lines[place].blank and lines[place - 1].alone and not lines[place - 1].text:
        place -= 1
    return place


def _align(lines: list[Line]) -> None:
    """Put comments where they stood, if that was one column for several of them and has room.

    Any other goes right behind its text. Where lines below each other lack the room, all move.
    """
    columns = _columns(lines)
    for column, group in groupby(lines, key=_column):
        if column is None:
            continue
        below = list(group)
        least = max(map(_least, below))
        aligned = columns[column] > 1 or (column in columns and len(below) > 1)
        for line in below:
            line.text = line.text.ljust(max(column, least) if aligned else _least(line))


def _columns(lines: list[Line]) -> Counter[int]:
    """How many comments could stay in each column in which some stood further off than others."""
    behind = [line.comment for line in lines if line.comment and line.comment.trailing]
    apart = {comment.column for comment in behind if comment.gap > GAP}
    staying = (line for line in lines if _column(line) in apart)
    found = Counter(dict.fromkeys(apart, 0))
    found.update(at for line in staying if (at := _column(line)) and at >= _least(line))
    return found


def _column(line: Line) -> int | None:
    """Where the comment behind a line stood; None for a line without one."""
    return line.comment.column if line.comment and line.comment.trailing else None


def _least(line: Line) -> int:
    return len(line.text) + GAP


GAP = 2
"""Spaces before a comment, at least."""
