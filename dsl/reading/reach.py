"""What steps depend on beside themselves: the blocks that they call, and the number of classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dsl.models.layers import Call, Step
from dsl.models.spec import Block, walk
from dsl.reading.alike import original
from dsl.reading.references import references
from dsl.text.memory import Memory

MOST = 4096
"""How many steps are remembered."""


@dataclass(frozen=True, slots=True)
class Reads:
    """The blocks that a step calls, by name, and whether it reads the number of classes."""

    blocks: tuple[str, ...]
    classes: bool


READS: Memory[Reads] = Memory(MOST)


def reads(step: Step) -> Reads:
    """What a step and all inside it read."""
    step = original(step)
    known = READS.get((step,))
    if known is None:
        inside = list(walk((step,)))
        blocks = dict.fromkeys(each.block for each in inside if isinstance(each, Call))
        words = {word for each in inside for _, word, _ in references(each)}
        known = Reads(tuple(blocks), "classes" in words)
        READS.put(known, (step,))
    return known


def reached(blocks: Mapping[str, Block], steps: tuple[Step, ...]) -> Reads:
    """What steps read, with all that the blocks read which they call, and which these call.

    A block that isn't there is named all the same.
    """
    found: dict[str, None] = {}
    waiting = [reads(step) for step in steps]
    classes = False
    while waiting:
        each = waiting.pop()
        classes |= each.classes
        for name in each.blocks:
            if name not in found:
                found[name] = None
                if name in blocks:
                    waiting.append(reads(blocks[name].body))
    return Reads(tuple(found), classes)
