"""Findings for people: each with its line and a caret, and a count at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from compiler.checking.examining import Examined
from compiler.findings.wording import count
from dsl.text.problems import MOST_SHOWN, SEVERE, Problem


def written(found: Sequence[Examined]) -> str:
    """Every problem, and how many there are; empty where there are none."""
    every = [(each, problem) for each in found for problem in each.problems]
    if not every:
        return ""
    shown = every[:MOST_SHOWN]
    told = [problem.render(each.texts.get(problem.span.file)) for each, problem in shown]
    more = f"; the first {MOST_SHOWN} are shown" if len(every) > MOST_SHOWN else ""
    return "\n".join([*told, f"{counted([problem for _, problem in every])} found{more}", ""])


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
    """What was looked at, where that were several specs."""
    problems = [problem for each in found for problem in each.problems]
    allowed = sum(each.allowed for each in found)
    beside = f", {allowed} allowed" if allowed else ""
    yield f"{count(len(found), 'spec')} checked: {counted(problems)}{beside}"
    if others:
        yield f"{count(others, 'YAML file')} passed over, which {_are(others)}"


def _are(number: int) -> str:
    return "is no spec" if number == 1 else "are no specs"
