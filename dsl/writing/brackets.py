"""Lists and mappings in brackets: on one line, or broken between items to fit into the width.

Lines below the first begin behind the bracket that they are in. Where a line must end, its author
may have known why: breaks stay where they are as long as every line fits. Others are filled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dsl.writing.flowing import WIDTH
from dsl.writing.lines import Line
from dsl.writing.written import Comment


@dataclass(slots=True)
class Item:
    """One item: what it begins with, and the brackets that follow if there are any."""

    lead: str
    inner: Group | None = None
    broken: bool = False
    """Whether the author began a line with it."""
    above: list[Comment] = field(default_factory=list)
    behind: Comment | None = None


@dataclass(slots=True)
class Group:
    """What stands in one pair of brackets, or a `key: value` without any."""

    opening: str
    closing: str
    items: list[Item] = field(default_factory=list)
    behind: Comment | None = None
    """A comment right behind the opening bracket."""
    below: list[Comment] = field(default_factory=list)
    """Comments between the last item and the closing bracket."""


def flat(group: Group) -> str:
    """All of it on one line."""
    return group.opening + ", ".join(map(_flat, group.items)) + group.closing


def _flat(item: Item) -> str:
    return item.lead + (flat(item.inner) if item.inner else "")


def commented(group: Group) -> bool:
    """Whether comments stand inside, so that it can't be one line."""
    own = group.behind or group.below
    return bool(own) or any(
        item.above or item.behind or (item.inner and commented(item.inner)) for item in group.items
    )


def broken(group: Group) -> bool:
    """Whether its author broke it into lines."""
    return any(item.broken or (item.inner and broken(item.inner)) for item in group.items)


def fitted(group: Group, head: str, indent: int, below: bool, pinned: bool) -> list[Line]:
    """The lines of a group behind `head`, or below it with an indent.

    `below` says that it stood there, and `pinned` that each item stays on its line. Of all ways
    the first that fits is taken, or else the one that comes nearest.
    """
    ways = list(_ways(group, head, indent, below, pinned))
    return next((way for way in ways if not _excess(way)), None) or min(ways, key=_excess)


def _ways(group: Group, head: str, indent: int, below: bool, pinned: bool) -> Iterator[list[Line]]:
    beside, whole = f"{head} " if head.strip() else head, not pinned and not commented(group)
    under = [Line(head, opens=True)]
    keyed = head.endswith(":")
    if whole:
        yield [Line(beside + flat(group))]
    places = [(beside, [])] if not keyed else [(beside, []), (" " * indent, under)]
    for start, above in reversed(places) if below and keyed else places:
        if above and whole:
            yield [*above, Line(start + flat(group))]
        yield [*above, *_Pen(start, filling=False).write(group)]
        if not pinned:
            yield [*above, *_Pen(start, filling=True).write(group)]


def _excess(lines: list[Line]) -> int:
    """How many characters don't fit."""
    return sum(max(0, len(line.text) - WIDTH) for line in lines)


class _Pen:
    """Writes a group item by item; `filling` lines, or breaking where the author did."""

    def __init__(self, start: str, filling: bool) -> None:
        self.filling = filling
        self.lines = [Line(start)]
        self.ended = False

    def write(self, group: Group) -> list[Line]:
        self.group(group, 0)
        return self.lines

    def put(self, text: str) -> None:
        self.lines[-1].text += text

    def room(self) -> int:
        return WIDTH - len(self.lines[-1].text)

    def behind(self, comment: Comment | None) -> None:
        """Put a comment behind what was written; nothing else goes on that line then."""
        if comment:
            self.lines[-1].comment = comment
            self.ended = True

    def fresh(self, column: int, comments: list[Comment], back: int = 0) -> None:
        """Begin a line, so much further out than the comments on lines of their own above it."""
        self.lines += [Line(" " * column, comment) for comment in comments]
        self.lines.append(Line(" " * (column - back)))
        self.ended = False

    def group(self, group: Group, after: int) -> None:
        """Write a group that `after` more characters follow on its last line."""
        self.put(group.opening)
        column = len(self.lines[-1].text)
        self.behind(group.behind)
        for place, item in enumerate(group.items):
            last = place == len(group.items) - 1
            tail = len(group.closing) + after if last else 1
            if self.ended or item.above or (place and self.breaks(item, tail)):
                self.fresh(column, item.above)
            elif place:
                self.put(" ")
            self.item(item, tail)
            self.put("" if last else ",")
            self.behind(item.behind)
        if self.ended or group.below:
            self.fresh(column, group.below, len(group.opening))
        self.put(group.closing)

    def item(self, item: Item, tail: int) -> None:
        self.put(item.lead)
        if item.inner is None:
            return
        text = flat(item.inner)
        if self.filling and not commented(item.inner) and len(text) + tail <= self.room():
            self.put(text)
        else:
            self.group(item.inner, tail)

    def breaks(self, item: Item, tail: int) -> bool:
        """Whether an item that isn't the first begins a line."""
        if not self.filling:
            return item.broken
        return len(_flat(item)) + 1 + tail > self.room()
