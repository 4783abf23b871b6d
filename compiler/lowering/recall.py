"""What was lowered before: the same nodes serve again.

What a step of the trunk, an auxiliary head or a branch becomes follows from its steps, the blocks
that they call, the defaults, the shape that comes in and what the names mean that they read. One in
which anything was wrong, or that needs the names of its neighbours, is lowered each time.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from compiler.ir.nodes import Node
from compiler.ir.op import Shape
from compiler.ir.symbols import Quotient, Sym, SymFloat
from compiler.lowering.scope import Scope
from dsl.models.layers import Step
from dsl.reading.reach import reached
from dsl.text.memory import Memory

MOST = 4096
"""How much is kept: an Inception-v3 has twenty-five steps and forty branches."""


@dataclass(frozen=True, slots=True)
class Lowered:
    """What something became, and how many parameters were spent on it."""

    node: Node
    params: int


LOWERED: Memory[Lowered] = Memory(MOST)


def recalled(
    owner: object,
    steps: tuple[Step, ...],
    name: str,
    x: Shape,
    scope: Scope,
    make: Callable[[], tuple[Node, ...]],
) -> tuple[Node, ...]:
    """The nodes of `owner`, which consists of `steps`: those of before, or those made now."""
    spec, budget, problems = scope.spec, scope.budget, scope.report.problems
    found = reached(spec, steps)
    things = (owner, spec.defaults, *found.found)
    whole = tuple(scope.names) if found.foreign else ()
    read = whole or found.names
    values = tuple([_written(scope.names[name]) for name in read if name in scope.names])
    sizes = tuple([size if type(size) is int else _written(size) for size in x])
    asked = name, found.blocks, found.sections, sizes, whole, values
    known = LOWERED.get(things, asked)
    if known and budget.params + known.params <= budget.limit:
        budget.params += known.params
        return (known.node,)
    spent, wrong = budget.params, len(problems)
    nodes = make()
    if len(nodes) == 1 and len(problems) == wrong and not budget.crossed:
        LOWERED.put(Lowered(nodes[0], budget.params - spent), things, asked)
    return nodes


def _written(value: float | str) -> Hashable:
    """A value, and the expression that it stands for."""
    if type(value) is int:
        return value
    if isinstance(value, Sym):
        return value.key
    if isinstance(value, SymFloat):
        return float(value), value.name, isinstance(value.name, Quotient) and value.name.exact
    return type(value), value
