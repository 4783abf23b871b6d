"""The parts of a spec that are checked one by one, and those that need no check any more."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from dsl.models.layers import Step
from dsl.models.spec import Aux, Block, Spec
from dsl.reading.alike import original
from dsl.reading.reach import reached
from dsl.text.memory import Memory, Things

MOST = 4096
"""How many parts are remembered: those of a hundred networks."""
SOUND: Memory[bool] = Memory(MOST)
"""Parts in which nothing was wrong, with the blocks that they reach."""


@dataclass(frozen=True)
class Part:
    """A step of the trunk, an auxiliary head or a block, whose words mean the same wherever it is.

    What is right in it depends on it and on the blocks that it calls, and on nothing else.
    """

    owner: Step | Aux | Block
    steps: tuple[Step, ...]
    name: str = ""
    """A block's."""

    def question(self, spec: Spec) -> tuple[Things, Hashable]:
        """All that the answer depends on."""
        found = reached(spec, self.steps)
        things = original(self.owner), *map(original, found.found)
        return things, (self.name, found.blocks, found.sections)


def of(spec: Spec) -> Iterator[Part]:
    """Every part, those of the trunk first."""
    for _, steps in spec.sections():
        yield from (Part(step, (step,)) for step in steps)
    yield from (Part(head, head.steps) for head in spec.aux)
    yield from (Part(block, (block.body,), name) for name, block in spec.blocks.items())


def doubtful(spec: Spec) -> list[Part]:
    """The parts that were not found sound before, beside the same blocks."""
    return [part for part in of(spec) if not SOUND.get(*part.question(spec))]


def remember(spec: Spec, parts: list[Part]) -> None:
    """Nothing is wrong in these parts."""
    for part in parts:
        SOUND.put(True, *part.question(spec))
