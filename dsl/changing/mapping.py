"""The same spec with every step changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import is_
from typing import Any, TypeVar

from dsl.models import layers
from dsl.models.layers import Split, Step
from dsl.models.model import BLOCK_SECTIONS, Model, Residual
from dsl.models.naming import SHORTCUT, branch_names, child_names, inner_names, named_sections
from dsl.models.spec import Block, Spec
from dsl.reading.alike import agree, alike
from dsl.text.memory import Memory

Change = Callable[[Step, str], Step]
"""Gives the new step for one whose inner steps are changed already, and what that is called."""


def mapped(spec: Spec, change: Change) -> Spec:
    """The spec with every step of every section, block and auxiliary head changed."""

    def blocks(found: dict[str, Block]) -> dict[str, Block]:
        return {name: _block(block, change) for name, block in found.items()}

    update: dict[str, Any] = {
        key: tuple(_changed(step, name, change) for name, step in level)
        for key, level in named_sections(dict(spec.sections())).items()
    }
    update |= {key: blocks(getattr(spec, key)) for key in BLOCK_SECTIONS}
    heads = tuple(
        _made(head, steps=_level(head.steps, child_names(head.steps), change)) for head in spec.aux
    )
    return spec.model_copy(update={**update, "aux": heads})


def _block(block: Block, change: Change) -> Block:
    return _made(block, body=_inside(block.body, True, change))


M = TypeVar("M", bound=Model)
MADE: Memory[Any] = Memory(8192)
"""Parts with other parts inside, so that what was made before is the same object again."""


def _made(model: M, **update: Any) -> M:
    """A part of a spec with others inside; itself where they are those that it has."""
    if all(_same(getattr(model, name), value) for name, value in update.items()):
        return model
    inside = [
        part
        for value in update.values()
        for part in (value if isinstance(value, tuple) else (value,))
    ]
    things, asked = (model, *inside), (tuple(update), len(inside))
    known: M | None = MADE.get(things, asked)
    if known is None:
        known = model.model_copy(update=update)
        if all(agree(getattr(model, name), value) for name, value in update.items()):
            alike(known, model)
        MADE.put(known, things, asked)
    return known


def _same(one: Any, other: Any) -> bool:
    """Whether parts are the same objects: equal ones may stand at other places."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(is_, one, other))
    return one is other


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
            return _made(step, steps=steps, residual=_residual(step, change))
        case Split():
            then = _changed(step.then, "then", change) if step.then else None
            branches = _level(step.branches, branch_names(step), change)
            return _made(step, branches=branches, then=then, residual=_residual(step, change))
    return step


def _residual(step: layers.Sequence | Split, change: Change) -> Residual | None:
    """The sum around a step, with that on its shortcut changed."""
    residual = step.residual
    if residual is None or residual.shortcut is None:
        return residual
    return _made(residual, shortcut=_changed(residual.shortcut, SHORTCUT, change))
