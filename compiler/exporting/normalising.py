"""Normalisations in ONNX's terms.

What sums squares does it in float32 where the graph computes in halves: a square of 256 is past
float16's end, and an `eps` of 1e-12 is 0 in it.
"""

from __future__ import annotations

from compiler.exporting.cells import reduced
from compiler.exporting.place import Place
from compiler.ops.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, Norm
from compiler.ops.scale import LayerScale
from compiler.ops.unlearned import L2Norm, LocalResponseNorm


def batch_norm(op: BatchNorm, at: Place) -> str:
    """By the running statistics; these and the factors stay in float32, where ONNX allows it."""
    wide, channels = at.wide if at.opset >= 15 else at.dtype, int(at.x.shape.channels)
    gamma = (
        at.weight("weight", element=wide)
        if op.gamma
        else at.numbers("ones", [1.0] * channels, element=wide)
    )
    more = (at.weight(name, element=wide) for name in ("bias", "running_mean", "running_var"))
    return at.add("BatchNormalization", [at.x.name, gamma, *more], epsilon=float(op.eps))


def layer_norm(op: LayerNorm, at: Place) -> str:
    """Over the channels of each place: what ONNX normalises is moved to the end, and back.

    Its operator came with opset 17; before, it is written out.
    """
    if at.opset < 17:
        return _layer_norm_by_parts(op, at)
    x = at.widened(at.x.name)
    gamma = _affine(op, at)
    rank = len(at.x.shape.grid)
    if not rank:
        return at.last("LayerNormalization", [x, *gamma], axis=-1, epsilon=float(op.eps))
    there, back = (0, *range(2, rank + 2), 1), (0, rank + 1, *range(1, rank + 1))
    moved = at.add("Transpose", [x], "moved", perm=there)
    normed = at.add("LayerNormalization", [moved, *gamma], "normed", axis=-1, epsilon=float(op.eps))
    return at.last("Transpose", [normed], perm=back)


def _affine(op: Norm, at: Place) -> tuple[str, ...]:
    channels = int(at.x.shape.channels)
    if not op.gamma:
        return (at.numbers("ones", [1.0] * channels, element=at.wide),)
    return tuple(at.weight(name, element=at.wide) for name in ("weight", "bias"))


def _layer_norm_by_parts(op: LayerNorm, at: Place) -> str:
    x = at.widened(at.x.name)
    centred = at.add("Sub", [x, reduced(at, "ReduceMean", x, 1, "mean")], "centred")
    squared = at.add("Mul", [centred, centred], "squared")
    var = reduced(at, "ReduceMean", squared, 1, "var")
    kept = at.add("Add", [var, at.scalar("eps", float(op.eps), at.wide)], "kept")
    root = at.add("Sqrt", [kept], "root")
    return _scaled(op, at, "Div", [centred, root])


def _scaled(op: Norm, at: Place, last: str, inputs: list[str]) -> str:
    """What an operation gives, times gamma and plus beta."""
    if not op.gamma:
        return at.last(last, inputs)
    gamma, beta = (at.weight(name, *at.each(), element=at.wide) for name in ("weight", "bias"))
    normed = at.add(last, inputs, "normed")
    return at.last("Add", [at.add("Mul", [normed, gamma], "scaled"), beta])


def group_norm(op: GroupNorm, at: Place) -> str:
    """Each group as one channel of an instance norm: ONNX's own has had two meanings."""
    groups, x = int(op.groups), at.widened(at.x.name)
    grouped = at.add("Reshape", [x, at.sizes("groups", [0, groups, -1])], "grouped")
    normed = _instance(at, grouped, (groups, float(op.eps)), "normed")
    if op.gamma:
        back = at.reshaped(normed, at.x.sides, x, "back")
        gamma, beta = (at.weight(name, *at.each(), element=at.wide) for name in ("weight", "bias"))
        return at.last("Add", [at.add("Mul", [back, gamma], "scaled"), beta])
    if not at.halved:
        return at.reshaped(normed, at.x.sides, x)
    return at.add("Cast", [at.reshaped(normed, at.x.sides, x, "back")], to=at.dtype)


def _instance(at: Place, x: str, facts: tuple[int, float], part: str) -> str:
    channels, eps = facts
    ones = at.numbers("ones", [1.0] * channels, element=at.wide)
    zeros = at.numbers("zeros", [0.0] * channels, element=at.wide)
    return at.add("InstanceNormalization", [x, ones, zeros], part, epsilon=eps)


def instance_norm(op: InstanceNorm, at: Place) -> str:
    """Each channel of each sample over its places."""
    x, channels = at.widened(at.x.name), int(at.x.shape.channels)
    if op.gamma:
        affine = [at.weight(name, element=at.wide) for name in ("weight", "bias")]
    else:
        affine = [
            at.numbers(part, [value] * channels, element=at.wide)
            for part, value in (("ones", 1.0), ("zeros", 0.0))
        ]
    return at.last("InstanceNormalization", [x, *affine], epsilon=float(op.eps))


def local_response_norm(op: LocalResponseNorm, at: Place) -> str:
    """ONNX's `LRN` divides alpha by the size, as torch does.

    Of an even size it takes the odd neighbour on the other side, and engines have it for images
    alone; both are written out. So is a constant below 1: ONNX Runtime adds each square to a
    running sum and takes it off again; what rounding leaves of that, below zero at times, counts.
    """
    x = at.widened(at.x.name)
    if op.size % 2 and op.k >= 1 and len(at.x.shape.grid) == 2:
        numbers = {"alpha": float(op.alpha), "beta": float(op.beta), "bias": float(op.k)}
        return at.last("LRN", [x], size=int(op.size), **numbers)
    summed = _neighbours(op, at, at.add("Mul", [x, x], "squared"))
    share = at.scalar("alpha", float(op.alpha) / int(op.size), at.wide)
    grown = at.add("Mul", [summed, share], "shared")
    grown = at.add("Add", [grown, at.scalar("k", float(op.k), at.wide)], "grown")
    power = at.add("Pow", [grown, at.scalar("beta", float(op.beta), at.wide)], "power")
    return at.last("Div", [x, power])


def _neighbours(op: LocalResponseNorm, at: Place, squared: str) -> str:
    """Sums over each channel and those beside it: shifted copies, with zeros past the ends."""
    size, channels = int(op.size), int(at.x.shape.channels)
    if size == 1:
        return squared
    none = [0] * len(at.x.shape.grid)
    pads = [0, size // 2, *none, 0, (size - 1) // 2, *none]
    padded = at.add("Pad", [squared, at.sizes("pads", pads)], "padded")
    axis = at.sizes("axis", [1])
    shifted = [
        at.add(
            "Slice",
            [padded, at.sizes(f"from_{n}", [n]), at.sizes(f"to_{n}", [n + channels]), axis],
            f"shifted_{n}",
        )
        for n in range(size)
    ]
    return at.add("Sum", shifted, "summed")


def l2_norm(op: L2Norm, at: Place) -> str:
    """The channels of each place over their length, which is `eps` at least."""
    x = at.widened(at.x.name)
    length = reduced(at, "ReduceL2", x, 1, "length")
    kept = at.add("Max", [length, at.scalar("eps", float(op.eps), at.wide)], "kept")
    return at.last("Div", [x, kept])


def layer_scale(op: LayerScale, at: Place) -> str:
    """A factor for each channel."""
    return at.add("Mul", [at.x.name, at.weight("gamma", *at.each())])
