"""What units are called in the emitted source: `ConvBNReLU`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product

from compiler.ir.nodes import Leaf, Series
from compiler.ops.act import ACTIVATIONS, Activation
from compiler.ops.conv import CONV, DEPTHWISE
from compiler.ops.deconv import Deconv
from compiler.ops.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, Norm

KINDS = {CONV: "Conv", DEPTHWISE: "SepConv"}
"""What a unit's name begins with, by its first layer's."""
TRANSPOSED = "ConvTranspose"
SAME = "Same"
NORMS = tuple(kind.short for kind in (BatchNorm, LayerNorm, GroupNorm, InstanceNorm))
NO_GAMMA = f"{BatchNorm.short}NoGamma"
EACH = "EachChannel"
"""Behind an activation with a slope for each channel."""


@cache
def unit_names() -> frozenset[str]:
    """Every name that `unit_name` can give."""
    acts = [facts.class_name for facts in ACTIVATIONS.values()]
    learned = [f"{facts.class_name}{EACH}" for facts in ACTIVATIONS.values() if not facts.function]
    kinds = *(kind + same for kind in KINDS.values() for same in ("", SAME)), TRANSPOSED
    words = product(kinds, ("", *NORMS, NO_GAMMA), ("", *acts, *learned))
    return frozenset(map("".join, words))


def unit_name(unit: Series, full: bool = False) -> str:
    """`ConvBNReLU`; `full` also says of a norm that it has no gamma, and the like."""
    first, *others = leaves_of(unit)
    same = SAME if first.call.name.endswith(SAME) else ""
    kind = TRANSPOSED if isinstance(first.op, Deconv) else KINDS[first.name]
    name = kind + same + "".join(_word(leaf, full) for leaf in others)
    assert name in unit_names(), f"{name} is no name of a unit"
    return name


def _word(leaf: Leaf, full: bool) -> str:
    """What a layer adds to the name of its unit."""
    if isinstance(leaf.op, BatchNorm) and full and not leaf.op.gamma:
        return NO_GAMMA
    if isinstance(leaf.op, Norm):
        return leaf.op.short
    if not isinstance(leaf.op, Activation):
        return ""
    return leaf.op.facts.class_name + EACH * (full and leaf.op.channelwise)


def leaves_of(unit: Series) -> Iterator[Leaf]:
    """The layers of a unit: the one that slides, its norm, its activation."""
    for node in unit.nodes:
        assert isinstance(node, Leaf), node
        yield node
