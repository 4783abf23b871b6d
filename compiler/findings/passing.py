"""What a layer or a join leaves as it is, for following what feeds what."""

from __future__ import annotations

from compiler.findings.flow import Stop
from compiler.ops.linear import Dropout, DropPath, Flatten, Identity
from compiler.ops.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm
from compiler.ops.pool import AdaptivePool, AvgPool, MaxPool
from compiler.ops.scale import LayerScale
from compiler.ops.shuffle import ChannelShuffle
from compiler.ops.upsample import Upsample

# By their very type: asking whether an op is of an abstract kind takes longer than all else here.
NORMS = frozenset({BatchNorm, LayerNorm, GroupNorm, InstanceNorm})
MOVING = frozenset({Dropout, DropPath, Flatten, Identity, ChannelShuffle, AvgPool, AdaptivePool})
"""Layers that leave out, move or average what comes in, each channel by itself."""
KEEPING = MOVING | {MaxPool, LayerScale, Upsample}
LINEAR = MOVING | {BatchNorm, LayerScale, Upsample}


def is_norm(stop: Stop) -> bool:
    """Whether it is a norm with weights of its own."""
    return type(stop.op) in NORMS


def keeps_channels(stop: Stop) -> bool:
    """Whether each channel goes on as one, neither normalised nor bent; a concat included."""
    return type(stop.op) in KEEPING or stop.word == "concat"


def is_linear(stop: Stop) -> bool:
    """Whether what comes out is a linear map of what comes in, once a network is trained."""
    op = stop.op
    if isinstance(op, AdaptivePool) and op.mode == "max":
        return False
    return type(op) in LINEAR or stop.word == "concat"
