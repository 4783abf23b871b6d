"""The same spec with every step changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, repeat
from operator import is_
from typing import Any, TypeVar

from dsl.models import layers
from dsl.models.layers import Split, Step
from dsl.models.model import BLOCK_SECTIONS, Model, Residual
from dsl.models.naming import SHORTCUT, branch_names, child_names, inner_names, section_names
from dsl.models.spec import Aux, Block, Spec
from dsl.reading.alike import agree, alike
from dsl.text.memory import Memory

Change = Callable[[Step, str], Step]
"""Gives the new step for one whose inner steps are changed already, and what that is called."""
Names = Callable[[], Sequence[str]]


def mapped(spec: Spec, change: Change, *, named: bool = True) -> Spec:
    """The spec with every step of every section, block and auxiliary head changed.

    Unless steps are `named`, nobody works out what they are called, and names are empty.
    """
    return _Mapping(change, named).spec(spec)


@dataclass(frozen=True, slots=True)
class _Mapping:
    change: Change
    named: bool

    def spec(self, spec: Spec) -> Spec:
        names = section_names(dict(spec.sections()))
        update: dict[str, Any] = {}
        for key, steps in spec.sections():
            update[key] = self.level(steps, partial(names.__getitem__, key))
        for kind in BLOCK_SECTIONS:
            blocks = getattr(spec, kind).items()
            update[kind] = {name: self.block(block) for name, block in blocks}
        heads = tuple(map(self.head, spec.aux))
        update["aux"] = heads
        made = spec.model_copy(update=update)
        if all(agree(getattr(spec, key), value) for key, value in update.items()):
            alike(made, spec)
        return made

    def block(self, block: Block) -> Block:
        return _made(block, body=self.inside(block.body, top=True))

    def head(self, head: Aux) -> Aux:
        return _made(head, steps=self.level(head.steps, partial(child_names, head.steps)))

    def level(self, steps: Sequence[Step], names: Names) -> tuple[Step, ...]:
        pairs = zip(steps, names(), strict=True) if self.named else zip(steps, repeat(""))
        return tuple([self.changed(step, name) for step, name in pairs])

    def changed(self, step: Step, name: str) -> Step:
        return self.change(self.inside(step), name)

    def inside(self, step: Step, *, top: bool = False) -> Step:
        """A step with all in it changed; at the `top` of a block its steps go by their kind."""
        if isinstance(step, layers.Sequence):
            steps = self.level(step.steps, partial(inner_names, step, top))
            return _made(step, steps=steps, residual=self.residual(step))
        if isinstance(step, Split):
            then = self.changed(step.then, "then") if step.then else None
            branches = self.level(step.branches, partial(branch_names, step))
            return _made(step, branches=branches, then=then, residual=self.residual(step))
        return step

    def residual(self, step: layers.Sequence | Split) -> Residual | None:
        """The sum around a step, with that on its shortcut changed."""
        residual = step.residual
        if residual is None or residual.shortcut is None:
            return residual
        return _made(residual, shortcut=self.changed(residual.shortcut, SHORTCUT))


M = TypeVar("M", bound=Model)
MADE: Memory[Any] = Memory(8192)
"""Parts with other parts inside, so that what was made before is the same object again."""


def _made(model: M, **update: Any) -> M:
    """A part of a spec with others inside; itself where they are those that it has."""
    if all(_same(getattr(model, name), value) for name, value in update.items()):
        return model
    things, asked = (model, *chain.from_iterable(map(_several, update.values()))), tuple(update)
    known: M | None = MADE.get(things, asked)
    if known is None:
        known = model.model_copy(update=update)
        if all(agree(getattr(model, name), value) for name, value in update.items()):
            alike(known, model)
        MADE.put(known, things, asked)
    return known


def _several(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _same(one: Any, other: Any) -> bool:
    """Whether parts are the same objects: equal ones may stand at other places."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(is_, one, other))
    return one is other
