"""A step in the shape of a U as its levels: what leads down, what comes up, and what joins them.

A level is a split of two branches, one of which works at a smaller grid and comes back, or a
residual sum around such steps. A U has levels in levels: one alone is a block like others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from compiler.ir.nodes import Node, Parallel, Series, nodes
from compiler.ops.words import is_identity, is_unit


class Step(NamedTuple):
    """A step by its path."""

    path: str
    node: Node


@dataclass(frozen=True, slots=True)
class Level:
    """A split, the steps from there down to the next level, and those that come up from it.

    `past` is what goes past them, if that is more than the input; `behind` is what the split
    itself does with what is joined. The lowest level has none below: all of it leads down.
    """

    joint: Step
    past: Step | None
    down: tuple[Step, ...]
    below: Level | None
    up: tuple[Step, ...]
    behind: tuple[Step, ...]

    @property
    def levels(self) -> Iterator[Level]:
        """This one, and all below."""
        yield self
        if self.below:
            yield from self.below.levels


Part = Step | Level


def parts(step: Step) -> list[Part]:
    """A step of the trunk, or what it consists of where a U is among that."""
    found = [
        each.joint if isinstance(each, Level) and not each.below else each
        for each in _unfolded(step)
    ]
    return found if any(isinstance(each, Level) for each in found) else [step]


def _unfolded(step: Step) -> list[Part]:
    """The steps in a list that has a level among them, and in the lists in it; else the step."""
    node = step.node
    if isinstance(node, Series) and not is_unit(node) and not node.residual:
        inside = _inside(step)
        return inside if any(isinstance(each, Level) for each in inside) else [step]
    return [_level(step) or step]


def _inside(step: Step) -> list[Part]:
    """The steps of a list."""
    if not isinstance(step.node, Series) or is_unit(step.node):
        return [step]
    steps = (Step(f"{step.path}.{each.name}", each) for each in step.node.nodes)
    return [part for each in steps for part in _unfolded(each)]


def _level(step: Step) -> Level | None:
    past: Node | None
    behind: Node | None
    match step.node:
        case Series(residual=residual) if residual:
            deep = Step(step.path, replace(step.node, residual=None))
            past = residual.shortcut
            behind = residual.act
        case Parallel(branches=(one, other), shares=(), residual=None) if not _gates(step.node):
            first = _returns(one)
            deep_node, past = (one, other) if first else (other, one)
            deep, behind = Step(f"{step.path}.{deep_node.name}", deep_node), step.node.then
        case _:
            return None
    if not _returns(deep.node) or (past and _shrinks(past)):
        return None
    inside = _inside(deep)
    places = [i for i, each in enumerate(inside) if isinstance(each, Level)]
    at = places[0] if len(places) == 1 and places[0] > 0 else None
    plain = [each.joint if isinstance(each, Level) else each for each in inside]
    below = inside[at] if at is not None else None
    return Level(
        step,
        Step(f"{step.path}.{past.name}", past) if past and not is_identity(past) else None,
        tuple(plain[:at]),
        below if isinstance(below, Level) else None,
        tuple(plain[at + 1 :]) if at is not None else (),
        (Step(f"{step.path}.{behind.name}", behind),) if behind else (),
    )


def _gates(node: Node) -> bool:
    return isinstance(node, Parallel) and node.join.keeps_sides


def _returns(node: Node) -> bool:
    """Whether it works at a smaller grid than it is given, and gives one that is as large."""
    return node.out.grid == node.inp.grid and _shrinks(node)


def _shrinks(node: Node) -> bool:
    """Whether anything in it works at a smaller grid than it is given."""
    given = node.inp.grid
    return any(
        len(grid) == len(given)
        and grid != given
        and all(small <= large for small, large in zip(grid, given, strict=True))
        for grid in (inner.out.grid for _, inner in nodes((node,)))
    )
