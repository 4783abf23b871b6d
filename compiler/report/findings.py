"""What the lints say of a network, each at its place and with the layers that were made there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from compiler.checking.examining import explained, findings_of
from compiler.ir.network import Network
from compiler.ir.nodes import nodes
from compiler.report.texts import called
from dsl.text.problems import Problem, Span


@dataclass(frozen=True)
class Finding:
    """One finding, and what its code stands for."""

    problem: Problem
    title: str
    paths: tuple[str, ...]
    """What was made of the words that it points at."""
    where: str
    """The file and line; nothing where it has no place."""


def findings(network: Network) -> Iterator[Finding]:
    """What `check` says of the network; nothing of one that passes rewrote, which no spec says."""
    if network.rewritten:
        return
    titles = {each.code: each.title for each in explained()}
    names = called(network)
    made: dict[tuple[str, int], list[tuple[Span, str]]] = {}
    for path, node in nodes(network.nodes):
        made.setdefault((node.span.file, node.span.line), []).append((node.span, path))
    for problem in findings_of(network):
        at = problem.span
        here = made.get((at.file, at.line), ())
        paths = tuple(path for span, path in here if _overlap(span, at))
        where = f"{names[at.file]}:{at.line}" if at.line and at.file in names else ""
        yield Finding(problem, titles.get(problem.code, ""), paths, where)


def _overlap(one: Span, other: Span) -> bool:
    """Whether two stretches of one line have a letter in common."""
    return one.column < other.column + other.length and other.column < one.column + one.length
