"""Parts of a spec that say the same but for numbers: what was found of one holds of the other.

Whether names mean something, how deep steps are nested, how many there are and what they call
doesn't depend on how wide anything is. So a sweep over widths has names to check in its first
network alone.
"""

from __future__ import annotations

from typing import Any, TypeVar

from dsl.models.layers import Call
from dsl.models.model import Model
from dsl.models.ramp import Ramp
from dsl.text.memory import Memory
from dsl.text.numbers import is_number

M = TypeVar("M", bound=Model)
MOST = 16384
"""How many parts are kept: a network has a hundred or two."""
ORIGINALS: Memory[Model] = Memory(MOST)
"""Parts with other numbers, by what they were made from in the first place."""


def original(part: M) -> M:
    """What a part was made from by changing its numbers alone; itself where it wasn't."""
    known: M | None = ORIGINALS.get((part,))  # type: ignore[assignment]  # Of its own kind.
    return part if known is None else known


def alike(made: M, part: M) -> M:
    """Note that what was `made` says the same as a part but for its numbers; returns it.

    Of a spec it may have left out what that promises, and its variants. Where a number changes over
    repeats it matters whether these were scaled, so such a call is never like another.
    """
    if made is not part and not _changes_over_repeats(part):
        ORIGINALS.put(original(part), (made,))
    return made


def _changes_over_repeats(part: Model) -> bool:
    return isinstance(part, Call) and any(isinstance(value, Ramp) for value in part.args.values())


def agree(one: Any, other: Any) -> bool:
    """Whether two values say the same but for numbers."""
    if one is other:
        return True
    if isinstance(one, Model) and isinstance(other, Model):
        return original(one) is original(other)
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(agree, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return [*one] == [*other] and all(map(agree, one.values(), other.values()))
    return is_number(one) and is_number(other)
