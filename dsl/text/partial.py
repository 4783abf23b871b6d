"""As much of a text as can be read, whatever is wrong with it: for editors, while one types."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dsl.text.blaming import blamed
from dsl.text.complaints import Refused
from dsl.text.lines import above, bare, replaced
from dsl.text.parsing import glance, parse
from dsl.text.problems import Problem, SpecError
from dsl.text.source import MAX_BYTES, Source, hidden, unified
from dsl.text.values import Mapping

TRIES = 12
"""How often a text is read again with a line mended or passed over."""
QUICK = 16 * 1024
"""Letters up to which that many tries take no time that one would notice."""


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
    lines = seen(unified(text)).split("\n")
    root, found = _mended(lines, file, TRIES if len(text) <= QUICK else 2)
    unseen = [problem for problem in problems if problem.code == "E006"]
    return Partial(root, tuple(dict.fromkeys((*unseen, *found))) or problems)


def _mended(lines: list[str], file: str, tries: int) -> tuple[Mapping | None, list[Problem]]:
    """The best that can be read of the lines, and what YAML had to say on the way there."""
    read = glance("\n".join(lines), file)
    told: list[Problem] = []
    while fault := read.refused:
        problem = blamed(fault, Source(file, "\n".join(lines)))
        told.append(problem)
        best, better = fault.line, lines
        for tried in _mends(lines, fault, problem):
            tries -= 1
            new = glance("\n".join(tried), file)
            reached = new.refused.line if new.refused else len(lines)
            if reached > best:
                best, better, read = reached, tried, new
            if tries <= 0 or best > fault.line + 1:
                break
        if tries <= 0 or best == fault.line:
            return read.root, told
        lines = better
    return read.root, [*told, *read.problems]


def _mends(lines: list[str], fault: Refused, problem: Problem) -> Iterator[list[str]]:
    """The lines with one of them mended or passed over, the likeliest first."""
    at = min(fault.line, len(lines) - 1)
    if fix := problem.fix:
        line, start = lines[fix.span.line - 1], fix.span.column - 1
        mended = line[:start] + fix.text + line[start + fix.span.length :]
        yield replaced(lines, fix.span.line - 1, mended)
    nearest = above(at, lines)
    tried = (problem.span.line - 1, at, at if nearest is None else nearest)
    for each in dict.fromkeys(tried):
        if re.fullmatch(r"\s*(- )?[A-Za-z_][\w.]*", lines[each]):
            yield replaced(lines, each, f"{lines[each]}:")
    if fault.opened and (closing := re.search(r"[\]}]+,?$", bare(lines[at]))):
        yield replaced(lines, at, f" {closing[0]}")
    for each in dict.fromkeys(tried):
        yield replaced(lines, each, "")


def seen(text: str) -> str:
    """The text with spaces for what can't be seen."""
    gone = {match.start() for match in hidden(text)}
    return "".join(" " if at in gone else char for at, char in enumerate(text)) if gone else text
