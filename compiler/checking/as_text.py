"""Findings for people: each with its line and a caret, and a count at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from compiler.checking.examining import Examined, problems_of
from compiler.checking.gathering import passed_over
from dsl.reading.kinds import KINDS
from dsl.text.counts import count
from dsl.text.problems import SEVERE, Problem, listed


def written(found: Sequence[Examined]) -> str:
    """Every problem, and how many there are; empty where there are none."""
    if not (problems := problems_of(found)):
        return ""
    texts = [each.texts.get(problem.span.file) for each in found for problem in each.problems]
    return f"{listed(zip(problems, texts, strict=True), counted(problems))}\n"


def counted(problems: Sequence[Problem]) -> str:
    """How many problems there are: of errors alone by that word.

    >>> counted([])
    'no problems'
    """
    by = Counter(problem.severity for problem in problems)
    if not problems:
        return "no problems"
    if set(by) == {"error"}:
        return count(by["error"], "problem")
    return ", ".join(count(by[severity], severity) for severity in SEVERE if by[severity])


def summary(found: Sequence[Examined], others: int) -> Iterator[str]:
    """What was looked at, where that were several files."""
    problems = problems_of(found)
    allowed = sum(each.allowed for each in found)
    beside = f", {allowed} allowed" if allowed else ""
    kinds = Counter(each.kind for each in found)
    said = [count(kinds[kind], kind) for kind in KINDS if kinds[kind]]
    whole = " and ".join(filter(None, (", ".join(said[:-1]), said[-1])))
    yield f"{whole} checked: {counted(problems)}{beside}"
    if others:
        yield passed_over(others)
