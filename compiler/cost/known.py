"""The facts of a layer that cost needs, found once for each op and the input that it takes.

Networks are made of few kinds of layers at few sizes, so most layers are known already.
"""

from __future__ import annotations

from dataclasses import dataclass

from compiler.cost.counting import Tally, layer_tally
from compiler.cost.field import Trace, followed
from compiler.ir.facts import Extra, Saved
from compiler.ir.nodes import Leaf
from compiler.ir.once import once
from compiler.ir.op import Op, Shape
from dsl.text.memory import by_value

MOST = 8192
"""How many layers are remembered: those of twenty networks."""


@dataclass(eq=False)
class Known:
    """What one layer counts, sees and keeps, whatever stands around it."""

    op: Op
    inp: Shape
    evaluating: Tally
    seen: Trace
    """What one position of the output sees of the input."""
    elements: int
    """Of the output, for one input."""
    shares: tuple[bool, bool]
    """Whether the output lies in the input's memory: while evaluating, while training."""
    peaks: tuple[Extra, ...]
    saved: Saved
    learns: bool
    """Whether it has parameters."""
    least_batch: int

    @once
    def training(self) -> Tally:
        """What it counts in a training pass, which is seldom asked for."""
        return layer_tally(self.op, self.inp, training=True)

    def tally(self, training: bool) -> Tally:
        """What it counts in either pass."""
        return self.training if training else self.evaluating


def known(leaf: Leaf) -> Known:
    """The facts of a layer."""
    notes = leaf.notes
    found: Known | None = notes.get(Known)
    if found is None:
        found = notes[Known] = _known(leaf.op, leaf.inp)
    return found


@by_value(MOST)
def _known(op: Op, x: Shape) -> Known:
    return Known(
        op=op,
        inp=x,
        evaluating=layer_tally(op, x, training=False),
        seen=followed(op, x),
        elements=op.out(x).elements,
        shares=(op.shares(training=False), op.shares(training=True)),
        peaks=op.peaks(x),
        saved=op.saved(x),
        learns=bool(op.params(x)),
        least_batch=op.least_batch(x),
    )
