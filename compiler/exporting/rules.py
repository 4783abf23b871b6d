"""Each op in ONNX's terms, by its class: the one table, which a test holds whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from compiler.exporting.activations import activation, softmax
from compiler.exporting.cells import adaptive_pool
from compiler.exporting.moving import flatten, linear, nothing, shuffle, upsample
from compiler.exporting.normalising import (
    batch_norm,
    group_norm,
    instance_norm,
    l2_norm,
    layer_norm,
    layer_scale,
    local_response_norm,
)
from compiler.exporting.place import Place
from compiler.exporting.windows import avg_pool, conv, deconv, max_pool
from compiler.exporting.wishes import ExportFault
from compiler.ir.join import Join
from compiler.ir.op import Op
from compiler.ir.plugged import kind_of
from compiler.ops.act import Activation, Softmax
from compiler.ops.conv import Conv
from compiler.ops.deconv import Deconv
from compiler.ops.join import Add, Alone, Concat, Mul
from compiler.ops.linear import Dropout, DropPath, Flatten, Identity, Linear
from compiler.ops.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm
from compiler.ops.pool import AdaptivePool, AvgPool, MaxPool
from compiler.ops.scale import LayerScale
from compiler.ops.shuffle import ChannelShuffle
from compiler.ops.unlearned import L2Norm, LocalResponseNorm
from compiler.ops.upsample import Upsample

Rule = Callable[[Any, Place], str]
"""Writes an op and gives the name of what comes out, which is the input where nothing happens."""
RULES: dict[type[Op], Rule] = {
    Activation: activation,
    AdaptivePool: adaptive_pool,
    AvgPool: avg_pool,
    BatchNorm: batch_norm,
    ChannelShuffle: shuffle,
    Conv: conv,
    Deconv: deconv,
    DropPath: nothing,
    Dropout: nothing,
    Flatten: flatten,
    GroupNorm: group_norm,
    Identity: nothing,
    InstanceNorm: instance_norm,
    L2Norm: l2_norm,
    LayerNorm: layer_norm,
    LayerScale: layer_scale,
    Linear: linear,
    LocalResponseNorm: local_response_norm,
    MaxPool: max_pool,
    Softmax: softmax,
    Upsample: upsample,
}
JOINS: dict[type[Join], str] = {Add: "Add", Alone: "", Concat: "Concat", Mul: "Mul"}
"""Each join's operator; none where there is one branch alone."""


def written(op: Op, at: Place) -> str:
    """Write an op where it stands; gives the name of its output.

    Raises `ExportFault` for a layer of a plugin: its class alone says what it computes.
    """
    rule = RULES.get(type(op))
    if rule is None:
        kind = kind_of(op)
        whose = kind.whose if kind else f"{type(op).__name__}"
        message = f"{at.path}: nothing says how {whose} is written in ONNX"
        raise ExportFault(message, "export the module with torch.onnx.export instead")
    return rule(op, at)


def joined(join: Join, at: Place, values: list[str], part: str) -> str:
    """Write a join of branches, one after the other where it folds."""
    op = JOINS[type(join)]
    if not op or len(values) == 1:
        return values[0]
    if not join.folds:
        return at.add(op, values, part, axis=1)
    so_far, word = values[0], join.word
    for number, value in enumerate(values[1:-1], 1):
        so_far = at.add(op, [so_far, value], f"{word}_{number}")
    return at.add(op, [so_far, values[-1]], part)
