"""Lines that don't line up: which of two is the wrong one can't always be told, so both are."""

from __future__ import annotations

from dataclasses import replace

from yaml.error import Mark

from dsl.text.problems import Problem, Span
from dsl.text.source import Source


def with_line_above(problem: Problem, mark: Mark, source: Source, *, stray: bool) -> Problem:
    """The problem of a line that doesn't fit the one above it, with that one told as well.

    `stray` says that it begins where no line above does. The one above is wrong where it alone is
    indented so, and the lines below are as this one.
    """
    above = _line_above(mark.line, source)
    if above is None:
        return problem
    this, that = (_content_span(problem.span, source, line) for line in (mark.line, above))
    over = _line_above(above, source)
    alone = over is None or _indent(source.lines[over]) < mark.column
    if stray and alone and that.column > this.column and _goes_on(mark, source):
        message = "this line is indented otherwise than those below it"
        return replace(problem, span=that, message=message, notes=((this, "they go on"),))
    return replace(problem, notes=(*problem.notes, (that, "the line above it starts")))


def _line_above(line: int, source: Source) -> int | None:
    """The nearest line above that holds more than a comment."""
    return next((n for n in range(line - 1, -1, -1) if _content(source.lines[n])), None)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _content(line: str) -> str:
    """A line without its indent; nothing where it is only a comment."""
    text = line.strip()
    return "" if text.startswith("#") else text


def _content_span(span: Span, source: Source, line: int) -> Span:
    text = source.lines[line]
    return Span(span.file, line + 1, _indent(text) + 1, max(1, len(text.strip())))


def _goes_on(mark: Mark, source: Source) -> bool:
    """Whether another line below starts in the same column, before one further to the left."""
    for line in source.lines[mark.line + 1 :]:
        if not _content(line):
            continue
        if _indent(line) <= mark.column:
            return _indent(line) == mark.column
    return False
