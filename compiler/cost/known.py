"""The facts of a layer that cost needs, found once for each op and the input that it takes.

Networks are made of few kinds of layers at few sizes, so most layers are known already.
"""

from __future__ import annotations

from dataclasses import dataclass

from compiler.cost.counting import Tally, layer_tally
from compiler.cost.field import Trace, followed
from compiler.ir.nodes import Leaf
from compiler.ir.op import Extra, Op, Saved, Shape
from dsl.text.memory import by_value

MOST = 8192
"""How many layers are remembered: those of twenty networks."""


@dataclass(frozen=True, slots=True)
class Known:
    """What one layer counts, sees and keeps, whatever stands around it."""

    tallies: tuple[Tally, Tally]
    """While evaluating, while training."""
    seen: Trace
    """What one position of the output sees of the input."""
    elements: int
    """Of the output, for one image."""
    shares: tuple[bool, bool]
    """Whether the output lies in the input's memory: while evaluating, while training."""
    peaks: tuple[Extra, ...]
    saved: Saved
    learns: bool
    """Whether it has parameters."""
    least_batch: int


def known(leaf: Leaf) -> Known:
    """The facts of a layer."""
    inside = leaf.__dict__
    found: Known | None = inside.get("_known")
    if found is None:
        found = inside["_known"] = _known(leaf.op, leaf.inp)
    return found


@by_value(MOST)
def _known(op: Op, x: Shape) -> Known:
    return Known(
        tallies=(layer_tally(op, x, training=False), layer_tally(op, x, training=True)),
        seen=followed(op, x),
        elements=op.out(x).elements,
        shares=(op.shares(training=False), op.shares(training=True)),
        peaks=op.peaks(x),
        saved=op.saved(x),
        learns=bool(op.params(x)),
        least_batch=op.least_batch(x),
    )
