"""The facts of a layer that cost needs, found once for each op and the input that it takes.

Networks are made of few kinds of layers at few sizes, so most layers are known already.
"""

from __future__ import annotations

from compiler.cost.counting import Tally, layer_tally
from compiler.cost.field import Trace, followed
from compiler.ir.facts import Extra, Saved
from compiler.ir.nodes import Leaf
from compiler.ir.once import once
from compiler.ir.op import Op, Shape
from dsl.text.memory import Generation, by_value

KEPT = "_known"
"""Where a leaf keeps its facts: as notes are kept, but without a dictionary for each leaf."""
MOST = 8192
"""How many layers are remembered: those of twenty networks."""


class Known:
    """What one layer counts, sees and keeps, whatever stands around it: each found when asked."""

    def __init__(self, op: Op, inp: Shape) -> None:
        self.op = op
        self.inp = inp

    @once
    def evaluating(self) -> Tally:
        """What it counts in an evaluating pass."""
        return layer_tally(self.op, self.inp, training=False)

    @once
    def training(self) -> Tally:
        """What it counts in a training pass."""
        return layer_tally(self.op, self.inp, training=True)

    def tally(self, training: bool) -> Tally:
        """What it counts in either pass."""
        return self.training if training else self.evaluating

    @once
    def seen(self) -> Trace:
        """What one position of the output sees of the input."""
        return followed(self.op, self.inp)

    @once
    def elements(self) -> int:
        """Of the output, for one input."""
        return self.op.out(self.inp).elements

    @once
    def shares(self) -> tuple[bool, bool]:
        """Whether the output lies in the input's memory: while evaluating, while training."""
        return self.op.shares(training=False), self.op.shares(training=True)

    @once
    def peaks(self) -> tuple[Extra, ...]:
        """What it makes beside its input at moments."""
        return self.op.peaks(self.inp)

    @once
    def saved(self) -> Saved:
        """What autograd keeps of it."""
        return self.op.saved(self.inp)

    @once
    def learns(self) -> bool:
        """Whether it has parameters."""
        return bool(self.op.params(self.inp))

    @once
    def least_batch(self) -> int:
        """The smallest batch that it can train on."""
        return self.op.least_batch(self.inp)


def known(leaf: Leaf) -> Known:
    """The facts of a layer."""
    kept = vars(leaf).get(KEPT)
    if kept is None or kept[0] != Generation.now:
        kept = vars(leaf)[KEPT] = Generation.now, _known(leaf.op, leaf.inp)
    found: Known = kept[1]
    return found


_known = by_value(MOST)(Known)
