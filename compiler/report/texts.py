"""A spec's texts in pieces, so that each layer's own words can be pointed at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from compiler.ir.network import Network
from compiler.ir.nodes import nodes
from dsl.text.problems import Problem, Span

Parts = tuple[str, ...]
"""A path in pieces."""


@dataclass(frozen=True)
class Piece:
    """A stretch of a line, and the paths of what was made of it; none of what says no layer."""

    text: str
    paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """One line: its number, its pieces, and what was found there."""

    number: int
    pieces: tuple[Piece, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Text:
    """A file that a network was made from, or an option that changes it."""

    name: str
    lines: tuple[Line, ...]


def texts(network: Network, problems: tuple[Problem, ...] = ()) -> tuple[Text, ...]:
    """All that the network's spec was read from, in the order in which it was read."""
    made, told = _made(network), _by_line(problems)
    names = called(network)
    return tuple(
        Text(names[file], tuple(_lines(file, text, made, told)))
        for file, text in network.spec.texts.items()
    )


def called(network: Network) -> dict[str, str]:
    """What a page calls the network's files: by as many folders as tell them apart."""
    found = {file: PurePath(file).parts for file in network.spec.texts}
    return {file: _ending(parts, [*found.values()]) for file, parts in found.items()}


def _ending(parts: Parts, others: Sequence[Parts]) -> str:
    """The shortest end of a path that no other path has."""
    for count in range(1, len(parts)):
        if sum(other[-count:] == parts[-count:] for other in others) == 1:
            return "/".join(parts[-count:])
    return "/".join(parts)


Spans = dict[Span, list[str]]
"""Places of a line that say a node, and the paths of all that were made of it."""
Place = tuple[str, int]
"""A file, and the number of a line in it."""


def _made(network: Network) -> dict[Place, Spans]:
    found: dict[Place, Spans] = {}
    for path, node in nodes(network.nodes):
        if node.span.line:
            line = found.setdefault((node.span.file, node.span.line), {})
            line.setdefault(node.span, []).append(path)
    return found


def _by_line(problems: tuple[Problem, ...]) -> dict[Place, list[Problem]]:
    found: dict[Place, list[Problem]] = {}
    for problem in problems:
        found.setdefault((problem.span.file, problem.span.line), []).append(problem)
    return found


def _lines(
    file: str, text: str, made: Mapping[Place, Spans], told: Mapping[Place, list[Problem]]
) -> Iterator[Line]:
    for number, line in enumerate(text.removesuffix("\n").split("\n"), 1):
        place = file, number
        pieces = tuple(_pieces(line, made.get(place, {})))
        yield Line(number, pieces, tuple(told.get(place, ())))


def _pieces(line: str, made: Mapping[Span, list[str]]) -> Iterator[Piece]:
    """The line cut where a layer's words begin and end.

    Of places within each other the inner ones count: a list is its layers.
    """
    at = 0
    for span in _innermost(made):
        start = span.column - 1
        if start > at:
            yield Piece(line[at:start])
        yield Piece(line[start : start + span.length], tuple(made[span]))
        at = start + span.length
    if at < len(line) or not line:
        yield Piece(line[at:])


def _innermost(spans: Mapping[Span, list[str]]) -> list[Span]:
    """The places that hold no other one, from left to right."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda each: (each.column + each.length, -each.column)):
        if not found or span.column >= found[-1].column + found[-1].length:
            found.append(span)
    return found
