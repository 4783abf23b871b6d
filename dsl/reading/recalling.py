"""Parts of a text that were read before, at the same place: the same models serve again.

An editor reads a text anew at each letter, and all but a line of it is what it was. Since what is
remembered elsewhere goes by the identity of models, only what changed is then worked out again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from dsl.models.layers import FOREIGN
from dsl.reading.steps import StepReader
from dsl.text.memory import Memory
from dsl.text.values import Value

T = TypeVar("T")
MOST = 4096
"""How many parts are kept: those of a hundred networks."""
READ: Memory[Any] = Memory(MOST)


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
