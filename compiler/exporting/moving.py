"""What only moves numbers, and the fully connected layer, in ONNX's terms."""

from __future__ import annotations

from compiler.exporting.place import Place
from compiler.exporting.windows import ints
from compiler.ir.op import Op
from compiler.ops.linear import Flatten, Linear
from compiler.ops.shuffle import ChannelShuffle
from compiler.ops.upsample import NEAREST, Upsample


def nothing(op: Op, at: Place) -> str:
    """What changes nothing while evaluating: its input goes on."""
    return at.x.name


def linear(op: Linear, at: Place) -> str:
    """ONNX's `Gemm`, whose weight may lie as torch's."""
    bias = [at.weight("bias")] if op.bias else []
    return at.add("Gemm", [at.x.name, at.weight("weight"), *bias], transB=1)


def flatten(op: Flatten, at: Place) -> str:
    """All but the batch in one row."""
    return at.add("Flatten", [at.x.name], axis=1) if at.x.shape.is_map else at.x.name


def shuffle(op: ChannelShuffle, at: Place) -> str:
    """Channels as a table of groups, which is turned."""
    groups = int(op.groups)
    table = at.sizes("table", [0, groups, int(at.x.shape.channels) // groups, -1])
    groups_first = at.add("Reshape", [at.x.name, table], "grouped")
    turned = at.add("Transpose", [groups_first], "turned", perm=(0, 2, 1, 3))
    return at.reshaped(turned, at.x.sides, at.x.name)


def upsample(op: Upsample, at: Place) -> str:
    """ONNX's `Resize`: nearest by whole factors, or between the middles of positions."""
    factors = [float(factor) for factor in ints(op.factor)]
    scales = at.numbers("scales", [1.0, 1.0, *factors], element="float32")
    if op.mode == NEAREST:
        how = {"mode": "nearest", "nearest_mode": "floor"}
        how["coordinate_transformation_mode"] = "asymmetric"
    else:
        how = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    return at.add("Resize", [at.x.name, "", scales], **how)
