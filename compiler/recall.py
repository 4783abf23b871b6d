"""Steps of a trunk that were lowered before: the same nodes serve again.

What a step becomes follows from the step, the blocks that it calls, the defaults and the
shape that comes in; from the number of classes only where one of them reads it. A step in
which anything was wrong, or that needs the names of its neighbours, is lowered each time.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from compiler.ir import Node
from compiler.op import Shape
from compiler.symbols import Sym
from dsl.layers import Call, Step
from dsl.memory import Memory, Things
from dsl.references import references
from dsl.spec import Block, Spec, walk

MOST_STEPS = 1024
"""How many lowered steps are kept: an Inception-v3 has twenty-five."""


@dataclass(frozen=True)
class Lowered:
    """What a step became, and how many parameters were spent on it."""

    node: Node
    params: int


LOWERED: Memory[Lowered] = Memory(MOST_STEPS)


@dataclass(frozen=True, slots=True)
class Reads:
    """The blocks that a step calls, by name, and whether it reads the number of classes."""

    blocks: tuple[str, ...]
    classes: bool


READS: Memory[Reads] = Memory(2 * MOST_STEPS)


def question(
    spec: Spec, steps: tuple[Step, ...], owner: object, name: str, shape: Shape
) -> tuple[Things, Hashable]:
    """All that what `owner` becomes, which consists of `steps`, depends on."""
    blocks = spec.blocks
    called, classes = _reached(blocks, steps)
    things = (owner, spec.defaults, *(blocks[name] for name in called))
    kinds = tuple(name in spec.inception for name in called)
    sizes = tuple(map(_written, shape))
    return things, (name, called, kinds, sizes, spec.classes if classes else None)


def _reached(blocks: Mapping[str, Block], steps: tuple[Step, ...]) -> tuple[tuple[str, ...], bool]:
    """The blocks that the steps call, and those that these call; whether classes are read."""
    reads = [_reads(step) for step in steps]
    found: dict[str, None] = {}
    waiting = [name for each in reads for name in each.blocks]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            reads.append(_reads(blocks[name].body))
            waiting += reads[-1].blocks
    return tuple(found), any(each.classes for each in reads)


def _reads(step: Step) -> Reads:
    known = READS.get((step,))
    if known is None:
        inside = list(walk((step,)))
        blocks = dict.fromkeys(each.block for each in inside if isinstance(each, Call))
        words = {word for each in inside for _, word, _ in references(each)}
        known = Reads(tuple(blocks), "classes" in words)
        READS.put(known, (step,))
    return known


def _written(size: int) -> Hashable:
    """A size and the expression that it stands for."""
    return (int(size), tuple(size.terms.items()), size.const) if isinstance(size, Sym) else size
