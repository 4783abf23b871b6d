"""Readers of what takes a part of a tensor that is all of it, or its only place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import Tensor

from compiler.importing.graph import Reading
from compiler.importing.table import Given, reads, unknown
from dsl.models.layers import Flatten


@reads("input index", Tensor.__getitem__)
def _part(given: Given) -> tuple[Reading, ...]:
    """`x[:, :n]` where there are n channels, and `x[:, :, 0, 0]` where there is one place."""
    sizes = given.inp
    found = list(_axes(given("index"), len(sizes) + 1))
    if not found or not _whole(found[0], None) or len(found) > len(sizes) + 1:
        unknown(given)
    kept = [_whole(each, size) for each, size in zip(found[1:], sizes, strict=False)]
    only = [each == 0 and size == 1 for each, size in zip(found[1:], sizes, strict=False)]
    if all(kept):
        return ((),)
    whole_map = kept[0] and len(only) == len(sizes) > 1 and all(only[1:])
    if not whole_map:
        unknown(given)
    return ((Flatten(),),)


def _axes(index: Any, axes: int) -> Iterator[Any]:
    """What is taken of each axis, as far as it is said."""
    parts = index if isinstance(index, tuple) else (index,)
    for part in parts:
        if part is Ellipsis:
            yield from [slice(None)] * (axes - len(parts) + 1)
        else:
            yield part


def _whole(part: Any, size: int | None) -> bool:
    """Whether a part is all of an axis, whose size may not be known."""
    if not isinstance(part, slice):
        return False
    if size is None:
        return part == slice(None)
    return part.indices(size) == (0, size, 1)
