"""Addresses that stay put while a spec is being changed.

What has no name goes by its place among its like (`branch2`, `conv1`). Once a step is taken out
or put in, what stands behind it would answer to another address, so every step remembers what
it was called before the first change, until the last one is made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from dsl import layers
from dsl.layers import Split, Step
from dsl.naming import branch_names, child_names, section_names, sequence_names
from dsl.spec import Block, Spec

Names = Callable[[Sequence[Step]], Sequence[str]]
"""What the steps of one level are called."""


def pinned(spec: Spec) -> Spec:
    """The spec, each of whose steps remembers what addresses call it."""
    return _mapped(spec, _Pins(forget=False))


def unpinned(spec: Spec) -> Spec:
    """The spec, whose steps go by their places again."""
    return _mapped(spec, _Pins(forget=True))


class _Pins:
    """Gives every step of a level its name, or takes it back."""

    def __init__(self, *, forget: bool) -> None:
        self.forget = forget

    def level(self, steps: Sequence[Step], names: Names) -> tuple[Step, ...]:
        return tuple(map(self.step, steps, names(steps)))

    def step(self, step: Step, name: str) -> Step:
        made = self.inside(step, sequence_names).model_copy()
        return made.placed(replace(step.at, called="" if self.forget else name))

    def inside(self, step: Step, names: Names) -> Step:
        """A step with all in it; `names` of the steps if it is a sequence."""
        match step:
            case layers.Sequence():
                return step.model_copy(update={"steps": self.level(step.steps, names)})
            case Split():
                then = self.step(step.then, "then") if step.then else None
                branches = self.level(step.branches, branch_names)
                return step.model_copy(update={"branches": branches, "then": then})
        return step

    def blocks(self, blocks: dict[str, Block]) -> dict[str, Block]:
        return {
            name: block.model_copy(update={"body": self.inside(block.body, child_names)})
            for name, block in blocks.items()
        }


def _mapped(spec: Spec, pins: _Pins) -> Spec:
    sections = dict(spec.sections())
    names = section_names(sections)
    update: dict[str, Any] = {
        key: tuple(map(pins.step, steps, names[key])) for key, steps in sections.items()
    }
    update |= {key: pins.blocks(getattr(spec, key)) for key in ("inception", "reduction")}
    heads = (
        head.model_copy(update={"steps": pins.level(head.steps, child_names)}) for head in spec.aux
    )
    return spec.model_copy(update={**update, "aux": tuple(heads)})
