"""The same spec with every step changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dsl.models import layers
from dsl.models.layers import Split, Step
from dsl.models.model import BLOCK_SECTIONS
from dsl.models.naming import branch_names, child_names, named_sections, sequence_names
from dsl.models.spec import Block, Spec

Change = Callable[[Step, str], Step]
"""Gives the new step for one whose inner steps are changed already, and what that is called."""
Names = Callable[[Sequence[Step]], Sequence[str]]
"""What the steps of one level are called."""


def mapped(spec: Spec, change: Change) -> Spec:
    """The spec with every step of every section, block and auxiliary head changed."""

    def blocks(found: dict[str, Block]) -> dict[str, Block]:
        return {
            name: block.model_copy(update={"body": _inside(block.body, child_names, change)})
            for name, block in found.items()
        }

    update: dict[str, Any] = {
        key: tuple(_changed(step, name, change) for name, step in level)
        for key, level in named_sections(dict(spec.sections())).items()
    }
    update |= {key: blocks(getattr(spec, key)) for key in BLOCK_SECTIONS}
    heads = (
        head.model_copy(update={"steps": _level(head.steps, child_names, change)})
        for head in spec.aux
    )
    return spec.model_copy(update={**update, "aux": tuple(heads)})


def _level(steps: Sequence[Step], names: Names, change: Change) -> tuple[Step, ...]:
    pairs = zip(steps, names(steps), strict=True)
    return tuple(_changed(step, name, change) for step, name in pairs)


def _changed(step: Step, name: str, change: Change) -> Step:
    return change(_inside(step, sequence_names, change), name)


def _inside(step: Step, names: Names, change: Change) -> Step:
    """A step with all in it changed; `names` are those of the steps of a sequence."""
    match step:
        case layers.Sequence():
            return step.model_copy(update={"steps": _level(step.steps, names, change)})
        case Split():
            then = _changed(step.then, "then", change) if step.then else None
            branches = _level(step.branches, branch_names, change)
            return step.model_copy(update={"branches": branches, "then": then})
    return step
