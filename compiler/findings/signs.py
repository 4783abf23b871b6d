"""Which layers give no number below 0, whatever comes into the network."""

from __future__ import annotations

from compiler.findings.flow import Stop
from compiler.findings.passing import KEEPING
from compiler.ops.act import Activation, Softmax
from compiler.ops.scale import LayerScale
from compiler.ops.unlearned import LocalResponseNorm

POSITIVE = frozenset({"relu", "relu6", "sigmoid", "hardsigmoid", "softplus"})
"""Activations that give no number below 0."""
KEPT = frozenset({"relu", "leakyrelu", "prelu", "elu"})
"""Activations that leave a number above 0 as it is."""
ONWARD = (KEEPING - {LayerScale}) | {LocalResponseNorm}
"""Layers that keep what isn't below 0 so: a learned factor may change its sign."""


def never_negative(stops: tuple[Stop, ...]) -> set[Stop]:
    """Those of a network's stops that give no number below 0."""
    found: set[Stop] = set()
    for stop in stops:
        op = stop.op
        if isinstance(op, Activation):
            made = op.kind in POSITIVE or (op.kind in KEPT and stop.sources[0] in found)
        elif stop.word or type(op) in ONWARD:
            made = all(source in found for source in stop.sources)
        else:
            made = type(op) is Softmax
        if made:
            found.add(stop)
    return found
