"""The numbers of a block that may differ from use to use: where they stand, and their names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from compiler.importing.strands import Chain, Fork, Item, Leaf, leaves
from compiler.ops.join import JOINS
from dsl.models import layers
from dsl.models.layers import DropPath
from dsl.models.spelling import write

Value = int | float | str


@dataclass(frozen=True)
class Slot:
    """One number (or activation) of a block, and where it stands there.

    `kernel` is the layer's longer side, `widest` the longest of the branch; `place` counts
    from the start of the branch and `after` from its end.
    """

    value: Value
    kind: str = "width"
    kernel: int = 1
    widest: int = 1
    place: int = 0
    after: int = 0
    pooled: bool = False
    summed: bool = False
    """Whether it is in a branch of a sum."""
    closing: bool = False
    """Whether it must be the width that comes in: the end of a residual sum."""


def slots(chain: Chain, *, summed: bool = False, closing: bool = False) -> Iterator[Slot]:
    """Every slot, in the order in which the spec writes them."""
    filters = [item for item in chain if isinstance(item, Leaf) and _width(item) is not None]
    wide = (item for item in leaves(chain) if _width(item) is not None)
    widest = max(map(_kernel, wide), default=1)
    pooled = any(isinstance(i, Leaf) and isinstance(i.layer, layers.MaxPool) for i in chain[:1])
    for item in chain:
        if isinstance(item, Fork):
            yield from _fork_slots(item)
        elif (width := _width(item)) is not None:
            place = filters.index(item)
            after = len(filters) - 1 - place + sum(isinstance(i, Fork) for i in chain)
            end = closing and item is chain[-1]
            yield Slot(width, "width", _kernel(item), widest, place, after, pooled, summed, end)
        elif (rate := _rate(item)) is not None:
            yield Slot(rate, "drop")


def _fork_slots(fork: Fork) -> Iterator[Slot]:
    for share in fork.split:
        if isinstance(share, int):
            yield Slot(share, "width")
    for branch in fork.branches:
        yield from slots(branch, summed=JOINS[fork.join].whole)
    alone = fork.residual is not None and not fork.residual.shortcut
    yield from slots(fork.then, closing=alone)
    if fork.residual:
        yield from slots(fork.residual.shortcut)
        yield Slot(fork.residual.scale, "scale")
        yield Slot(fork.residual.act, "act")


def _width(item: Item) -> Value | None:
    return getattr(item.layer, "width", None) if isinstance(item, Leaf) else None


def _rate(item: Item) -> Value | None:
    """How often a layer drops samples, which often grows from block to block."""
    return item.layer.p if isinstance(item, Leaf) and isinstance(item.layer, DropPath) else None


def _kernel(item: Item) -> int:
    assert isinstance(item, Leaf), type(item)
    return max(int(side) for side in getattr(item.layer, "kernel", (1,)))


def _slotted(leaf: Leaf) -> str:
    """The field of a layer that may differ from use to use; empty for none."""
    if _width(leaf) is not None:
        return "width"
    return "p" if _rate(leaf) is not None else ""


def filled(chain: Chain, values: Iterator[Value]) -> Chain:
    """The chain with other values in its slots, in their order."""
    return tuple(_filled(item, values) for item in chain)


def _filled(item: Item, values: Iterator[Value]) -> Item:
    if isinstance(item, Leaf):
        slot = _slotted(item)
        change = {slot: next(values)} if slot else {}
        return replace(item, layer=item.layer.model_copy(update=change)) if change else item
    split: Any = tuple(next(values) if isinstance(each, int) else each for each in item.split)
    branches = tuple(filled(branch, values) for branch in item.branches)
    then, residual = filled(item.then, values), item.residual
    if residual:
        residual = replace(residual, shortcut=filled(residual.shortcut, values))
        residual = replace(residual, scale=next(values), act=next(values))  # type: ignore[arg-type]  # a parameter's name stands for either
    return replace(item, split=split, branches=branches, then=then, residual=residual)


def structure(chain: Chain) -> tuple[Any, ...]:
    """What two uses of one block have in common: all but their slots."""
    return tuple(_structure(item) for item in chain)


def _structure(item: Item) -> tuple[Any, ...]:
    if isinstance(item, Leaf):
        layer = item.layer
        slot = _slotted(item)
        bare = layer.model_copy(update={slot: 1}) if slot else layer
        return type(layer).__name__, write(bare)
    branches = tuple(structure(branch) for branch in item.branches)
    shares = tuple(1 if isinstance(share, int) else share for share in item.split)
    beside = structure(item.residual.shortcut) if item.residual else None
    return item.join, shares, branches, structure(item.then), beside


def role(group: list[Slot]) -> str:
    """What a parameter is called, from where it stands: r3 before a 3x3, n3 for its width."""
    first = group[0]
    if first.kind != "width":
        return first.kind
    if all(slot.summed and not slot.after for slot in group):
        return "out"
    if len(group) > 1:
        return f"c{max(slot.kernel for slot in group)}"
    if first.pooled and first.widest == 1:
        return "pool"
    if not first.after:
        return f"n{first.widest}"
    return f"r{first.widest}" if not first.place and first.kernel == 1 else "mid"
