"""Lines of a text as YAML sees them: how far they are indented, and how far reading gets."""

from __future__ import annotations

from collections.abc import Sequence

from dsl.text.complaints import Refused
from dsl.text.events import events, marks
from dsl.text.problems import Span
from dsl.text.source import Source

AHEAD = 100
"""Lines below a fault that are read to see whether a change there helps."""
QUICK = 32 * 1024
"""Letters of a section up to which reading it a few times takes no time that one would notice."""


def indent(line: str) -> int:
    """How many spaces a line begins with."""
    return len(line) - len(line.lstrip())


def content(line: str) -> str:
    """A line without its indent; nothing where it is only a comment."""
    text = line.strip()
    return "" if text.startswith("#") else text


def is_item(line: str) -> bool:
    """Whether a line begins an item of a list."""
    text = content(line)
    return text == "-" or text.startswith("- ")


def above(line: int, lines: Sequence[str]) -> int | None:
    """The nearest line above that holds more than a comment."""
    return next((n for n in range(line - 1, -1, -1) if content(lines[n])), None)


def below(line: int, lines: Sequence[str]) -> int | None:
    """The nearest line below that holds more than a comment."""
    return next((n for n in range(line + 1, len(lines)) if content(lines[n])), None)


def whole(line: int, source: Source) -> Span:
    """What a line holds, without its indent."""
    text = source.lines[line]
    return Span(source.file, line + 1, indent(text) + 1, max(1, len(text.strip())))


def bare(line: str) -> str:
    """A line without the comment at its end."""
    at = line.find("#")
    while at > 0 and not line[at - 1].isspace():
        at = line.find("#", at + 1)
    return (line[:at] if at >= 0 else line).rstrip()


def replaced(lines: Sequence[str], at: int, line: str) -> list[str]:
    """The lines with another one in a place."""
    return [*lines[:at], line, *lines[at + 1 :]]


def starts(line: str) -> bool:
    """Whether a line begins a part of the spec."""
    return line[:1].isalpha()


class Trials:
    """Reads a part of a text with one line changed, to see how far that helps.

    It begins at the nearest line above that isn't indented, as nothing further up takes part.
    """

    def __init__(self, source: Source, first: int, fault: int) -> None:
        self.lines = source.lines
        self.stop = min(len(self.lines), fault + AHEAD)
        self.start = next((n for n in range(first - 1, -1, -1) if starts(self.lines[n])), 0)
        part = self.lines[self.start : self.stop]
        self.quick = sum(map(len, part)) + len(part) <= QUICK

    def reach(self, at: int, line: str) -> int:
        """The line that can't be read where `at` holds this line; `stop` where all can."""
        lines = replaced(self.lines[: self.stop], at, line)
        lines[: self.start] = [""] * self.start
        try:
            for event in events(Source("", "\n".join(lines))):
                if marks(event)[0].line >= self.stop:
                    break
        except Refused as refused:
            return min(refused.line, self.stop)
        return self.stop
