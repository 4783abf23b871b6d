"""What is drawn once of a network, because it repeats what stands right before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from compiler.ir.nodes import Leaf, Node, Parallel, Residual, Series, Tap
from compiler.ops.words import is_unit

Steps = tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """A step that stands for some more: how many in all, and what the last is called."""

    count: int
    last: str


@dataclass(frozen=True, slots=True)
class Folds:
    """The first of each run by its path, and the paths of those that it stands for."""

    runs: Mapping[str, Run]
    gone: frozenset[str]


NONE = Folds({}, frozenset())


def folds(*builds: Steps) -> Folds:
    """The runs among steps one after the other, and inside each of them, branches included.

    Of a block that is used several times each use is a build: a run is one that all of them have.
    """
    runs: dict[str, Run] = {}
    gone = set[str]()
    found = [list(_pairs(build, "")) for build in builds]
    everywhere = set(found[0]).intersection(*found)
    first = ""
    for before, step in found[0]:
        if (before, step) not in everywhere:
            continue
        first = first if before in gone and runs[first].last == before else before
        runs[first] = Run(runs[first].count + 1 if first in runs else 2, step)
        gone.add(step)
    return Folds(runs, frozenset(gone))


def _pairs(steps: Steps, place: str) -> Iterator[tuple[str, str]]:
    """The paths of steps that are equal but for their names, each with the one right before it.

    Those of one series come in a row.
    """
    for before, step in pairwise(steps):
        if nameless(step) == nameless(before):
            yield place + before.name, place + step.name
    for step in steps:
        for inner in inside_of(step):
            yield from _pairs(inner, f"{place}{step.name}.")


def inside_of(step: Node) -> Iterator[Steps]:
    """The series in a step: its own, and each branch as one."""
    match step:
        case Tap(body=body):
            yield body.nodes
        case Series() if not is_unit(step):
            yield step.nodes
            yield from _beside(step.residual)
        case Parallel():
            yield from ((branch,) for branch in step.branches)
            yield from ((step.then,),) if step.then else ()
            yield from _beside(step.residual)
        case Leaf() | Series():
            pass


def _beside(residual: Residual | None) -> Iterator[Steps]:
    """What a residual sum runs itself: nothing of it follows the other."""
    yield from ((node,) for node in (residual.nodes if residual else ()))


def nameless(node: Node) -> Node:
    """A node to compare with others, whatever it is called."""
    return replace(node, name="")
