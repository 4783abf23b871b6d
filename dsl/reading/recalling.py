"""Parts of a text that were read before, at the same place: the same models serve again.

An editor reads a text anew at each letter, and all but a line of it is what it was. Since what is
remembered elsewhere goes by the identity of models, only what changed is then worked out again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, get_args

from dsl.models.layers import FOREIGN
from dsl.models.model import BLOCK_SECTIONS, Model, Section
from dsl.models.spec import Spec
from dsl.reading.steps import StepReader
from dsl.text.memory import Memory
from dsl.text.values import Value

T = TypeVar("T")
MOST = 4096
"""How many parts are kept: those of a hundred networks."""
READ: Memory[Any] = Memory(MOST)


def settled(spec: Spec) -> Spec:
    """A spec that was made by changes, with the parts that changes made before, where those are.

    Each time all steps are copied, for addresses; most come out as they were.
    """
    update: dict[str, Any] = {
        name: tuple(map(_same, getattr(spec, name))) for name in (*get_args(Section), "aux")
    }
    for name in BLOCK_SECTIONS:
        blocks = getattr(spec, name).items()
        update[name] = {called: _same(block) for called, block in blocks}
    return spec.model_copy(update={**update, "defaults": _same(spec.defaults)})


M = TypeVar("M", bound=Model)


def _same(model: M) -> M:
    """The model that was made before of the same texts, or this one."""
    asked = ("made", _said(model))
    known: M | None = READ.get((), asked)
    if known is None:
        READ.put(known := model, (), asked)
    return known


def _said(value: Any) -> Hashable:
    """All that a part of a spec says, and where it stands."""
    match value:
        case Model():
            at = value.at
            places = at.span, tuple(at.fields.items()), at.changes, at.called
            return type(value), places, tuple(map(_said, value.__dict__.values()))
        case tuple():
            return tuple(map(_said, value))
        case dict():
            return tuple((key, _said(inner)) for key, inner in value.items())
    known: Hashable = value
    return known


def recalled(
    reader: StepReader, what: str, read: Callable[[Value], T | None]
) -> Callable[[Value], T | None]:
    """A reader of parts that what was read without a problem needs no second time.

    What a part of some kind means depends on its text, and on which words are blocks or plugins'
    layers.
    """

    def again(value: Value) -> T | None:
        asked = (what, value, frozenset(reader.blocks), *FOREIGN)
        known: T | None = READ.get((), asked)
        if known is None:
            before = len(reader.report.problems)
            known = read(value)
            if known is not None and len(reader.report.problems) == before:
                READ.put(known, (), asked)
        return known

    return again
