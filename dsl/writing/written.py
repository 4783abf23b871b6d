"""A text as it was written: its values with the characters that they take up, and its comments.

`dsl.text.values` says what a text means and where; what stands between the values (comments, line
breaks in brackets, quotes) is of no interest there, and is all that layout is about.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

from dsl.text.events import events, marks
from dsl.text.numbers import NUMBER
from dsl.text.source import Source


@dataclass(eq=False, slots=True)
class Text:
    """A scalar: what it says, and the characters from `start` to `end` that say it."""

    start: int
    end: int
    value: str
    style: str | None = None

    @property
    def plain(self) -> bool:
        """Whether it stands without quotes, and not below a `|` or `>`."""
        return self.style is None

    @property
    def block(self) -> bool:
        """Whether its lines stand below a `|` or `>`."""
        return self.style in ("|", ">")


@dataclass(eq=False, slots=True)
class Items:
    """A list, in brackets (`flow`) or with a dash an item."""

    start: int
    end: int
    flow: bool
    items: list[Node] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Entries:
    """A mapping, on brackets' inside (`flow`) or with a key a line; `braces` of its own or none.

    A list in brackets may hold `key: value` without braces.
    """

    start: int
    end: int
    flow: bool
    braces: bool
    entries: list[tuple[Text, Node]] = field(default_factory=list)


Node: TypeAlias = Text | Items | Entries


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment; `trailing` behind something else on its line, `gap` spaces from it."""

    start: int
    end: int
    text: str
    column: int
    trailing: bool
    gap: int

    @property
    def allows(self) -> bool:
        """Whether it is about the very line that it stands on or above: `# lint: allow …`."""
        return bool(re.search(r"#\s*lint:", self.text))


@dataclass(slots=True)
class Written:
    """A whole text, read."""

    text: str
    root: Entries
    comments: list[Comment]
    opening: int | None
    """Where its `---` stands, if it has one."""
    starts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.starts = [0, *(match.end() for match in re.finditer("\n", self.text))]

    def raw(self, node: Node) -> str:
        """The characters of a value."""
        return self.text[node.start : node.end]

    def line(self, index: int) -> int:
        """The number of the line that a character is on, from 0."""
        return bisect_right(self.starts, index) - 1

    def column(self, index: int) -> int:
        """How many characters stand before one on its line."""
        return index - self.starts[self.line(index)]

    def rest(self, index: int) -> list[Comment]:
        """The comment behind a place on its line, if there is one."""
        line = self.line(index)
        end = self.starts[line + 1] if line + 1 < len(self.starts) else len(self.text)
        return self.between(index, end)

    def over(self, index: int) -> list[Comment]:
        """The comments that stand alone on the lines above a place, blank ones apart."""
        found: list[Comment] = []
        for place in range(bisect_left(self.comments, index, key=_start) - 1, -1, -1):
            comment = self.comments[place]
            end = found[-1].start if found else index
            if comment.trailing or self.text[comment.end : end].strip():
                break
            found.append(comment)
        return found

    def below_blank(self, index: int) -> bool:
        """Whether the line above a character's is blank."""
        line = self.line(index)
        return line > 0 and self.text[self.starts[line - 1] : self.starts[line]].isspace()

    def between(self, start: int, end: int) -> list[Comment]:
        """The comments that start between two characters."""
        first = bisect_left(self.comments, start, key=_start)
        return self.comments[first : bisect_left(self.comments, end, first, key=_start)]

    def passed(self, index: int) -> int:
        """The first character from `index` on that is neither space nor in a comment."""
        match = _GAP.match(self.text, index)
        return match.end() if match else index


def _start(comment: Comment) -> int:
    return comment.start


_GAP = re.compile(r"(?:\s+|#[^\n]*)*")


def written(text: str, file: str) -> Written:
    """A text that `dsl.text.parsing.parse` takes, as it was written."""
    source = Source(file, text)
    builder = _Builder(text)
    for event in events(source):
        builder.feed(event)
    assert isinstance(builder.root, Entries), "no mapping, which was read before"
    return Written(text, builder.root, list(_comments(text, builder.opaque)), builder.opening)


class _Builder:
    """Builds the tree while the events come in."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.open: list[Items | Entries] = []
        self.keys: list[Text | None] = []
        self.root: Node | None = None
        self.opaque: list[tuple[int, int]] = []
        self.opening: int | None = None

    def feed(self, event: yaml.Event) -> None:
        start, end = (mark.index for mark in marks(event))
        match event:
            case yaml.DocumentStartEvent() if event.explicit:
                self.opening = start
            case yaml.ScalarEvent():
                self.scalar(Text(start, end, event.value, event.style))
            case yaml.SequenceStartEvent():
                self.begin(Items(start, end, bool(event.flow_style)))
            case yaml.MappingStartEvent():
                braces = self.text.startswith("{", start)
                self.begin(Entries(start, end, bool(event.flow_style), braces))
            case yaml.CollectionEndEvent():
                self.close(end)

    def scalar(self, text: Text) -> None:
        if text.block:
            header, _, _ = self.text[text.start :].partition("\n")
            self.opaque.append((text.start + len(header), text.end))
        else:
            self.opaque.append((text.start, text.end))
        self.put(text)

    def begin(self, node: Items | Entries) -> None:
        self.open.append(node)
        self.keys.append(None)

    def close(self, end: int) -> None:
        node = self.open.pop()
        self.keys.pop()
        inside = node.items if isinstance(node, Items) else [v for _, v in node.entries]
        own = node.flow and (isinstance(node, Items) or node.braces)
        node.end = end if own else inside[-1].end if inside else node.start
        self.put(node)

    def put(self, node: Node) -> None:
        if not self.open:
            self.root = node
            return
        holder = self.open[-1]
        if isinstance(holder, Items):
            holder.items.append(node)
        elif (key := self.keys[-1]) is None:
            assert isinstance(node, Text), "a key that is no text was refused before"
            self.keys[-1] = node
        else:
            holder.entries.append((key, node))
            self.keys[-1] = None


def _comments(text: str, opaque: Iterable[tuple[int, int]]) -> Iterator[Comment]:
    """The comments of a text, whose values lie in the stretches that are `opaque`."""
    place = 0
    for start, end in (*opaque, (len(text), len(text))):
        while (mark := text.find("#", place, start)) >= 0:
            stop = text.find("\n", mark)
            place = stop if stop >= 0 else len(text)
            yield _comment(text, mark, place)
        place = max(place, end)


def _comment(text: str, start: int, end: int) -> Comment:
    before = text[text.rfind("\n", 0, start) + 1 : start]
    said = text[start:end].rstrip()
    script = start == 0 and said.startswith("#!")
    spaced = said if script else re.sub(r"^(#+)(?=[^#\s])", r"\1 ", said)
    held = before.strip()
    return Comment(start, end, spaced, len(before), bool(held), len(before) - len(before.rstrip()))


Data: TypeAlias = tuple[str, object]


def data(node: Node, words: dict[int, str]) -> Data:
    """What a value says, for comparing; `words` are op-strings in their canonical order.

    A number in quotes is a text, and an empty value in quotes isn't left out.
    """
    match node:
        case Text():
            value = words.get(node.start, node.value)
            kind = "number" if NUMBER.fullmatch(value) else "empty" if not value else "text"
            return (kind if node.plain else "text", value)
        case Items():
            return ("items", [data(item, words) for item in node.items])
        case Entries():
            return ("entries", [(data(k, {}), data(v, words)) for k, v in node.entries])
