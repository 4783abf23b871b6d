"""Steps of a trunk that were lowered before: the same nodes serve again.

What a step becomes follows from the step, the blocks that it calls, the defaults and the
shape that comes in; from the number of classes only where one of them reads it. A step in
which anything was wrong, or that needs the names of its neighbours, is lowered each time.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from compiler.ir.nodes import Node
from compiler.ir.op import Shape
from compiler.ir.symbols import Sym
from dsl.models.layers import Step
from dsl.models.spec import Spec
from dsl.reading.reach import reached
from dsl.text.memory import Memory, Things

MOST_STEPS = 1024
"""How many lowered steps are kept: an Inception-v3 has twenty-five."""


@dataclass(frozen=True)
class Lowered:
    """What a step became, and how many parameters were spent on it."""

    node: Node
    params: int


LOWERED: Memory[Lowered] = Memory(MOST_STEPS)


def question(
    spec: Spec, steps: tuple[Step, ...], owner: object, name: str, shape: Shape
) -> tuple[Things, Hashable]:
    """All that what `owner` becomes, which consists of `steps`, depends on."""
    blocks = spec.blocks
    found = reached(blocks, steps)
    things = (owner, spec.defaults, *(blocks[called] for called in found.blocks))
    kinds = tuple(map(spec.section_of, found.blocks))
    sizes = tuple(map(_written, shape))
    return things, (name, found.blocks, kinds, sizes, spec.classes if found.classes else None)


def _written(size: int) -> Hashable:
    """A size and the expression that it stands for."""
    return (int(size), tuple(size.terms.items()), size.const) if isinstance(size, Sym) else size
