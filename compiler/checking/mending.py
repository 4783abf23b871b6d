"""Problems that have one answer, mended in the text: all else of it stays as it is.

What is found has the place of the very characters that it is about, so a fix replaces these and
no YAML is written anew: comments and layout can't change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from compiler.checking.examining import Examined
from compiler.lowering.prepare import Piped
from dsl.text.problems import Fix, Problem

MOST_ROUNDS = 200
"""How often a text is looked at again: one fix may bring another problem to light."""

Look = Callable[[Piped], Examined]


@dataclass(frozen=True)
class Mended:
    """A text after its fixes, and what they were for."""

    text: str
    done: tuple[Problem, ...] = ()


def mended(text: str, file: str, look: Look, *, guesses: bool = False) -> Mended:
    """The text with everything mended that has one answer; with `guesses`, what is likely, too.

    A fix is kept only where the problem is gone with it and nothing worse has come: the text is
    looked at again after each round.
    """
    done: list[Problem] = []
    refused: set[Fix] = set()
    found = look(Piped(text, file))
    for _ in range(MOST_ROUNDS):
        problem = next(_fixable(found, file, refused, guesses=guesses), None)
        if problem is None or problem.fix is None:
            break
        after = applied(text, problem.fix)
        now = look(Piped(after, file))
        if _better(found, now, problem):
            text, found = after, now
            refused.clear()
            done.append(problem)
        else:
            refused.add(problem.fix)
    return Mended(text, tuple(done))


def _fixable(found: Examined, file: str, refused: set[Fix], *, guesses: bool) -> Iterator[Problem]:
    """The problems that a fix in this file would mend, in order."""
    for problem in found.problems:
        fix = problem.fix
        if fix and fix.span.file == file and fix not in refused and (guesses or not fix.guess):
            yield problem


def _better(before: Examined, after: Examined, mended: Problem) -> bool:
    """Whether one problem is gone, and no spec that could be built can't be any more.

    Reading comes before names, and names before shapes: with a fault gone, faults of a later
    stage may be seen for the first time, but none of the kind that was mended.
    """
    old, new = ([each.code for each in side.problems] for side in (before, after))
    built = before.prepared is None or after.prepared is not None
    return built and new.count(mended.code) < old.count(mended.code)


def applied(text: str, fix: Fix) -> str:
    """A text with one fix made; a line of which nothing is left goes, too."""
    lines = text.split("\n")
    at = fix.span.line - 1
    gone = takes_line(lines[at], fix) and len(lines) > 1
    lines[at : at + 1] = [] if gone else [_written(lines[at], fix)]
    return "\n".join(lines)


def takes_line(line: str, fix: Fix) -> bool:
    """Whether a fix leaves nothing of its line, which is to go then."""
    return bool(line.strip()) and not _written(line, fix).strip()


def _written(line: str, fix: Fix) -> str:
    start = fix.span.column - 1
    return line[:start] + fix.text + line[start + fix.span.length :]
