"""As much of a text as can be read, whatever is wrong with it: for editors, while one types."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dsl.text.parsing import glance, parse
from dsl.text.problems import Problem, SpecError
from dsl.text.source import MAX_BYTES, hidden, unified
from dsl.text.values import Mapping

TRIES = 12
"""How often a text is read again with a line mended or passed over."""
QUICK = 32 * 1024
"""Letters up to which that many tries take no time that one would notice."""
CLOSERS = {"[": "]", "{": "}"}


@dataclass(frozen=True)
class Partial:
    """What a text holds as far as it can be read, and what can't be read of it."""

    root: Mapping | None
    problems: tuple[Problem, ...] = ()


def partial(text: str, file: str) -> Partial:
    """A text's mapping; what YAML can't read is mended or passed over, and told.

    What was read keeps its places: a line that was passed over is empty.
    """
    try:
        return Partial(parse(text, file))
    except SpecError as error:
        problems = error.problems
    if len(text) > MAX_BYTES or not text.strip():
        return Partial(None, problems)
    lines = _seen(unified(text)).split("\n")
    root, found = _mended(lines, file, TRIES if len(text) <= QUICK else 2)
    unseen = [problem for problem in problems if problem.code == "E006"]
    return Partial(root, tuple(dict.fromkeys((*unseen, *found))) or problems)


def _mended(lines: list[str], file: str, tries: int) -> tuple[Mapping | None, list[Problem]]:
    """The best that can be read of the lines, and what YAML had to say on the way there."""
    root, found = glance("\n".join(lines), file)
    told: list[Problem] = []
    while fault := _broken(found):
        told.append(fault)
        best = fault.span.line
        for tried in _mends(lines, fault):
            tries -= 1
            new, after = glance("\n".join(tried), file)
            further = _broken(after)
            if (reached := further.span.line if further else END) > best:
                best, better, root, found = reached, tried, new, after
            if tries <= 0 or best > fault.span.line + 1:
                break
        if tries <= 0 or best == fault.span.line:
            return root, told
        lines = better
    return root, [*told, *found]


END = 10**9
"""A line behind all."""


def _broken(problems: list[Problem]) -> Problem | None:
    """What YAML gave up at; other problems stop nobody from reading on."""
    return next((problem for problem in problems if problem.code == "E002"), None)


def _mends(lines: list[str], fault: Problem) -> Iterator[list[str]]:
    """The lines with one of them mended or passed over, the likeliest first."""
    at = fault.span.line - 1
    if at >= len(lines):
        return
    if fault.fix and fault.fix.span.line == at + 1:
        start = fault.fix.span.column - 1
        end = start + fault.fix.span.length
        yield _with(lines, at, lines[at][:start] + fault.fix.text + lines[at][end:])
    opened = min((span.line - 1 for span, _ in fault.notes), default=at)
    if closed := _closed(lines[opened]):
        yield _with(lines, opened, closed)
    above = next((line for line in range(at - 1, -1, -1) if lines[line].strip()), at)
    for bare in (at, above):
        if re.fullmatch(r"\s*(- )?[A-Za-z_][\w.]*", lines[bare]):
            yield _with(lines, bare, f"{lines[bare]}:")
    yield _with(lines, at, "")
    yield _with(lines, above, "")
    if opened < above:
        yield _with(lines, opened, "")


def _with(lines: list[str], at: int, line: str) -> list[str]:
    return [*lines[:at], line, *lines[at + 1 :]]


def _closed(line: str) -> str:
    """The line with the brackets closed that are open at its end; empty where none is."""
    open_: list[str] = []
    bare = re.sub(r"(^|\s)#.*", "", line)
    for char in bare:
        if char in CLOSERS:
            open_.append(CLOSERS[char])
        elif open_ and char == open_[-1]:
            open_.pop()
    return bare.rstrip() + "".join(reversed(open_)) if open_ else ""


def _seen(text: str) -> str:
    """The text with spaces for what can't be seen."""
    gone = {match.start() for match in hidden(text)}
    return "".join(" " if at in gone else char for at, char in enumerate(text)) if gone else text
