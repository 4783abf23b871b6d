"""What steps depend on beside themselves: the blocks that they call, and the names they read."""

from __future__ import annotations

from dataclasses import dataclass

from dsl.models.layers import KINDS, Call, Layer, Step
from dsl.models.model import BlockSection
from dsl.models.spec import Block, Spec, walk
from dsl.reading.alike import original
from dsl.reading.references import references
from dsl.text.memory import Memory

MOST = 4096
"""How many steps are remembered."""
OURS = frozenset((*KINDS, Call))
CLASSES = "classes"
"""The name that means the same in every block."""


@dataclass(frozen=True, slots=True)
class Reached:
    """What steps read, with all that the blocks read which they call, and which these call.

    A block that isn't there is named all the same. Of the names those of a block's own are left
    out.
    """

    blocks: tuple[str, ...]
    names: tuple[str, ...]
    foreign: bool
    """Whether a plugin's layer is among the steps, whose rule may read any name there is."""
    found: tuple[Block, ...] = ()
    """The blocks that are there."""
    sections: tuple[BlockSection | None, ...] = ()
    """Where each is defined."""


READS: Memory[Reached] = Memory(MOST)
REACHED: Memory[Reached] = Memory(MOST)


def reads(step: Step) -> Reached:
    """What a step and all inside it read themselves."""
    step = original(step)
    known = READS.get((step,))
    if known is None:
        inside = list(walk((step,)))
        blocks = dict.fromkeys(each.block for each in inside if isinstance(each, Call))
        names = dict.fromkeys(name for each in inside for _, name, _ in references(each))
        foreign = any(isinstance(each, Layer) and type(each) not in OURS for each in inside)
        known = Reached(tuple(blocks), tuple(names), foreign)
        READS.put(known, (step,))
    return known


def reached(spec: Spec, steps: tuple[Step, ...]) -> Reached:
    """All that steps read in a spec."""
    if len(steps) == 1 and not (known := reads(steps[0])).blocks:
        return known
    things = (*steps, spec.inception, spec.reduction, spec.strided)
    found = REACHED.get(things)
    if found is None:
        found = _reached(spec, steps)
        REACHED.put(found, things)
    return found


def _reached(spec: Spec, steps: tuple[Step, ...]) -> Reached:
    blocks, called = spec.blocks, dict[str, None]()
    waiting = [*map(reads, steps)]
    foreign = any(each.foreign for each in waiting)
    names = dict.fromkeys(name for each in waiting for name in each.names)
    while waiting:
        each = waiting.pop()
        if CLASSES in each.names:
            names[CLASSES] = None
        for name in each.blocks:
            if name not in called:
                called[name] = None
                if name in blocks:
                    waiting.append(reads(blocks[name].body))
    found = tuple(blocks[name] for name in called if name in blocks)
    sections = (spec.section_of(name) if name in blocks else None for name in called)
    return Reached(tuple(called), tuple(names), foreign, found, tuple(sections))
