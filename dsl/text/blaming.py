"""Which line is at fault where YAML stumbles, which often is one above the one that it names.

It is tried rather than guessed: that line is at fault without which, or with which mended, most
of what stands below can be read. Where several do, it is the one that YAML names, and the others
are notes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from yaml.error import Mark

from dsl.text.complaints import ALIGN, BRACKET, CLOSERS, NO_COLON, Refused
from dsl.text.lines import (
    Trials,
    above,
    bare,
    below,
    content,
    indent,
    is_item,
    starts,
    whole,
)
from dsl.text.problems import Fix, Problem, Span
from dsl.text.source import Source


def blamed(refused: Refused, source: Source) -> Problem:
    """What YAML refused, told at the line that is at fault."""
    if refused.opened and refused.problem.code == "E002":
        return _in_brackets(refused, source)
    if refused.kind == "misplaced":
        return _misplaced(refused, source)
    if refused.kind == "joined":
        return _joined(refused, source)
    return refused.problem


# --- a line that doesn't fit the others


@dataclass(frozen=True)
class _Others:
    """The lines that may be at fault besides the one that YAML stumbles over."""

    above: int
    """The nearest one above."""
    left: int | None = None
    """The nearest one above that starts further left, with what is under it further right."""
    right: int | None = None
    """The first one under that."""


def _misplaced(refused: Refused, source: Source) -> Problem:
    lines, line = source.lines, refused.line
    nearest = above(line, lines) if line < len(lines) else None
    if nearest is None:
        return refused.problem
    others = _others(nearest, line, lines)
    first = min(n for n in (others.above, others.left) if n is not None)
    trials = Trials(source, first, line)
    told = _told_above(refused.problem, line, others, trials, source) if trials.quick else None
    return told or _with_notes(refused.problem, others, source)


def _others(nearest: int, line: int, lines: list[str]) -> _Others:
    column = indent(lines[line])
    further = (n for n in range(nearest, -1, -1) if content(lines[n]))
    left = next((n for n in further if indent(lines[n]) < column), None)
    right = None if left is None else below(left, lines)
    if right is None or right >= line or indent(lines[right]) <= column:
        return _Others(nearest)
    return _Others(nearest, left, right)


def _told_above(
    problem: Problem, line: int, others: _Others, trials: Trials, source: Source
) -> Problem | None:
    """The problem told at one of the others; none where it is as well the line itself."""
    lines = source.lines
    own = max(trials.reach(line, text) for text in _own(line, others, lines))
    best, found = (own, False), None
    for other, text, told in _mends(line, others, lines):
        odd = _odd(other, line, lines, trials.start)
        if odd or own < trials.stop:
            reached = trials.reach(other, text), odd
            if reached > best and reached[0] > line:
                best, found = reached, told(problem, other, line, source)
    return found


_Told = Callable[[Problem, int, int, Source], Problem]


def _mends(line: int, others: _Others, lines: list[str]) -> Iterator[tuple[int, str, _Told]]:
    """The other lines as they may have been meant, and how each is told then."""
    column = indent(lines[line])
    if any(
        lines[others.above].count(a) != lines[others.above].count(b) for a, b in CLOSERS.items()
    ):
        return  # It is a part of a value: without it, brackets would swallow what is below.
    yield others.above, "", _doesnt_fit
    key = _as_key(lines[others.above])
    if key and column > indent(lines[others.above]):
        yield others.above, key, _no_key
    for other in (others.left, others.right):
        if other is not None:
            yield other, _indented(lines[other], column), _elsewhere


def _no_key(problem: Problem, at: int, line: int, source: Source) -> Problem:
    notes = ((whole(line, source), "this one is indented under it"),)
    message = "this line is no key, so nothing can be indented under it"
    span, help = whole(at, source), NO_COLON.help
    return replace(problem, span=span, message=message, help=help, notes=notes, fix=None)


def _elsewhere(problem: Problem, at: int, line: int, source: Source) -> Problem:
    starts, column = (indent(source.lines[n]) for n in (at, line))
    message = f"this line starts in column {starts + 1}, those that go with it in {column + 1}"
    notes = ((whole(line, source), "one of them"),)
    span, fix = whole(at, source), _moved(at, column, source)
    return replace(problem, span=span, message=message, help=ALIGN, notes=notes, fix=fix)


def _moved(at: int, column: int, source: Source) -> Fix:
    """What has a line start in another column."""
    span = Span(source.file, at + 1, 1, indent(source.lines[at]))
    return Fix(span, " " * column, guess=True)


def _as_key(line: str) -> str:
    """A line as a key with nothing behind it, where it is none yet."""
    match = re.match(r"\s*(- +)?[A-Za-z_][\w.]*", line)
    return f"{match[0]}:" if match and not _PROPER.match(line) else ""


_PROPER = re.compile(r"\s*(- +)?[\w.]+:(\s|$)")
"""A key as it should be."""


def _own(line: int, others: _Others, lines: list[str]) -> Iterator[str]:
    """The line that YAML stumbles over as nothing, and where it may have been meant to start."""
    yield ""
    starts = {indent(lines[n]) for n in (others.above, others.left, others.right) if n is not None}
    for column in sorted(starts - {indent(lines[line])}):
        yield _indented(lines[line], column)


def _indented(line: str, column: int) -> str:
    return " " * column + line.lstrip()


def _odd(other: int, line: int, lines: list[str], start: int) -> bool:
    """Whether a line above breaks what goes on below it, as far as its column can tell.

    A key waits above for what is below; or there a sibling of the line below stands; or nothing
    else of the part that begins at `start` has its column.
    """
    this, that = indent(lines[line]), indent(lines[other])
    if that < this:
        wider = (n for n in range(other - 1, -1, -1) if content(lines[n]))
        before = next((n for n in wider if indent(lines[n]) <= this), None)
        if before is not None and indent(lines[before]) == this:
            return _after(line, lines) != that
        if before is not None and that <= indent(lines[before]) and before == above(other, lines):
            return bare(lines[before]).endswith(":")
    if not this or not that or this == that:
        return False
    end = next((n for n in range(line, len(lines)) if starts(lines[n])), len(lines))
    used = [indent(text) for text in lines[start:end] if content(text)]
    return used.count(that) == 1 and used.count(this) > 1


def _after(line: int, lines: list[str]) -> int | None:
    """The column of the first line below that starts further left."""
    further = (n for n in range(line + 1, len(lines)) if content(lines[n]))
    return next((indent(lines[n]) for n in further if indent(lines[n]) < indent(lines[line])), None)


def _doesnt_fit(problem: Problem, at: int, line: int, source: Source) -> Problem:
    this, that = (source.lines[n] for n in (line, at))
    message, help, note = "this line doesn't fit those above and below it", ALIGN, _FITS
    fix = None
    if not is_item(that) and not re.search(r":(\s|$)", bare(that)):
        message, help = NO_COLON.message, NO_COLON.help
    elif indent(this) != indent(that) and is_item(this) is is_item(that):
        message, note = "this line is indented otherwise than those below it", "they go on"
        fix = _moved(at, indent(this), source)
    span, notes = whole(at, source), ((whole(line, source), note),)
    return replace(problem, span=span, message=message, help=help, notes=notes, fix=fix)


_FITS = "this one fits those above it"


def _with_notes(problem: Problem, others: _Others, source: Source) -> Problem:
    said = {others.above: "the line above it starts"}
    if others.left is not None and others.right is not None:
        said.setdefault(others.left, "the nearest line that starts further left")
        said.setdefault(others.right, "what is under that starts further right")
    notes = tuple((whole(n, source), note) for n, note in said.items())
    return replace(problem, notes=(*problem.notes, *notes))


def _joined(refused: Refused, source: Source) -> Problem:
    """A line that YAML takes for the rest of the one above, as it is indented further."""
    first, lines = refused.problem.span.line - 1, source.lines
    second = below(first, lines)
    proper = is_item(lines[first]) or _PROPER.match(lines[first])
    if not proper or second is None or indent(lines[second]) <= indent(lines[first]):
        return refused.problem
    message = (
        "this line is indented further than the one above, so that YAML reads both as one value"
    )
    notes = ((whole(first, source), "the line above it starts"),)
    return Problem("E002", whole(second, source), message, help=ALIGN, notes=notes)


# --- brackets that are not closed


def _in_brackets(refused: Refused, source: Source) -> Problem:
    """A bracket that isn't closed before a line that can't belong to it, or such a line in it."""
    lines, opened = source.lines, refused.opened[-1]
    last = min(refused.line, len(lines) - 1)
    trials = Trials(source, refused.opened[0].line + 1, refused.line)
    if last <= opened.line or not trials.quick:
        return refused.problem
    behind = next((n for n in range(opened.line + 1, last + 1) if _outside(n, opened, lines)), None)
    end = opened.line if behind is None else above(behind, lines) or opened.line
    open_ = [mark for mark in refused.opened if mark.line <= end]
    ends = "".join(CLOSERS[lines[mark.line][mark.column]] for mark in reversed(open_))
    tries = [ends[:count] for count in range(1, len(ends) + 1)]
    reached = {each: trials.reach(end, bare(lines[end]) + each) for each in tries}
    best = max(tries, key=lambda each: reached[each])
    farthest = reached[best]
    if behind is not None:
        farthest = max(farthest, trials.reach(opened.line, ""))
    if behind is not None and trials.reach(behind, "") > farthest:
        notes = ((source.span(opened), BRACKET),)
        message = "this line can't stand in the brackets that open above it"
        return Problem("E002", whole(behind, source), message, help=_CLOSE, notes=notes)
    if farthest <= refused.line:
        return refused.problem
    return _unclosed(opened, end, behind, best, source)


def _outside(line: int, opened: Mark, lines: list[str]) -> bool:
    """Whether a line can't belong to a bracket that opens above it."""
    text = content(lines[line])
    if not text or text[0] in "]},":
        return False
    start = indent(lines[opened.line])
    return is_item(text) or indent(lines[line]) < start + (opened.column > start)


def _unclosed(opened: Mark, end: int, behind: int | None, closers: str, source: Source) -> Problem:
    bracket, line = source.span(opened), bare(source.lines[end])
    notes = ((whole(behind, source), "this line doesn't belong to it"),) if behind else ()
    fix = Fix(Span(source.file, end + 1, len(line) + 1, 0), closers, guess=True)
    help = f"add the closing `{closers}`"
    if end == opened.line:
        message = "this bracket is never closed"
        return Problem("E002", bracket, message, help=help, notes=notes, fix=fix)
    message = f"the bracket of line {bracket.line} is not closed at the end of this line"
    notes = ((bracket, BRACKET), *notes)
    return Problem("E002", whole(end, source), message, help=help, notes=notes, fix=fix)


_CLOSE = "are they closed where they should be?"
