"""The same spec with every step changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dsl.models import layers
from dsl.models.layers import Split, Step
from dsl.models.model import BLOCK_SECTIONS
from dsl.models.naming import SHORTCUT, branch_names, child_names, inner_names, named_sections
from dsl.models.spec import Block, Spec

Change = Callable[[Step, str], Step]
"""Gives the new step for one whose inner steps are changed already, and what that is called."""


def mapped(spec: Spec, change: Change) -> Spec:
    """The spec with every step of every section, block and auxiliary head changed."""

    def blocks(found: dict[str, Block]) -> dict[str, Block]:
        return {
            name: block.model_copy(update={"body": _inside(block.body, True, change)})
            for name, block in found.items()
        }

    update: dict[str, Any] = {
        key: tuple(_changed(step, name, change) for name, step in level)
        for key, level in named_sections(dict(spec.sections())).items()
    }
    update |= {key: blocks(getattr(spec, key)) for key in BLOCK_SECTIONS}
    heads = (
        head.model_copy(update={"steps": _level(head.steps, child_names(head.steps), change)})
        for head in spec.aux
    )
    return spec.model_copy(update={**update, "aux": tuple(heads)})


def _level(steps: Sequence[Step], names: Sequence[str], change: Change) -> tuple[Step, ...]:
    pairs = zip(steps, names, strict=True)
    return tuple(_changed(step, name, change) for step, name in pairs)


def _changed(step: Step, name: str, change: Change) -> Step:
    return change(_inside(step, False, change), name)


def _inside(step: Step, top: bool, change: Change) -> Step:
    """A step with all in it changed; at the `top` of a block steps in order go by their kind."""
    match step:
        case layers.Sequence():
            steps = _level(step.steps, inner_names(step, top), change)
            return step.model_copy(update={"steps": steps, **_residual(step, change)})
        case Split():
            then = _changed(step.then, "then", change) if step.then else None
            branches = _level(step.branches, branch_names(step), change)
            update = {"branches": branches, "then": then, **_residual(step, change)}
            return step.model_copy(update=update)
    return step


def _residual(step: layers.Sequence | Split, change: Change) -> dict[str, Any]:
    """The sum around a step, with that on its shortcut changed."""
    residual = step.residual
    if residual is None or residual.shortcut is None:
        return {}
    shortcut = _changed(residual.shortcut, SHORTCUT, change)
    made = residual.model_copy(update={"shortcut": shortcut}).placed(residual.at)
    return {"residual": made}
