"""What is drawn once of a network, because it repeats what stands right before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from compiler.ir.nodes import Node, Series, children, use_of


@dataclass(frozen=True, slots=True)
class Run:
    """A use of a block that stands for some more: how many in all, and what the last is called."""

    count: int
    last: str


@dataclass(frozen=True, slots=True)
class Folds:
    """The first of each run by its path, and the paths of those that it stands for."""

    runs: Mapping[str, Run]
    gone: frozenset[str]


NONE = Folds({}, frozenset())


def folds(inside: tuple[Node, ...]) -> Folds:
    """The runs among nodes one after the other, and in the series among them."""
    runs, gone = {}, set()
    for found in _runs(inside, ""):
        first, *others = found
        runs[first] = Run(len(found), others[-1])
        gone.update(others)
    return Folds(runs, frozenset(gone))


def _runs(inside: tuple[Node, ...], before: str) -> Iterator[list[str]]:
    """The paths of uses that are equal but for their names."""
    run: list[Node] = []
    for node in (*inside, None):
        if node and run and use_of(node) and _nameless(node) == _nameless(run[0]):
            run.append(node)
            continue
        if len(run) > 1:
            yield [before + each.name for each in run]
        run = [node] if node else []
        if isinstance(node, Series):
            yield from _runs(children(node), f"{before}{node.name}.")


def _nameless(node: Node) -> Node:
    return replace(node, name="")
