"""A factor and a constant a channel as a part of a linear layer's weights.

All of it is worked out in float64; weights keep their type. Shapes: a convolution's weight is
(C_out, C_in / groups, *kernel), a transposed one's (C_in, C_out / groups, *kernel), that of a fully
connected layer (C_out, C_in).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.ir.nodes import Leaf
from compiler.ops.conv import Conv
from compiler.ops.deconv import Deconv
from compiler.ops.linear import Linear
from compiler.ops.norm import BatchNorm
from compiler.ops.scale import LayerScale

if TYPE_CHECKING:
    from torch import Tensor

PART = 2**18
"""How many numbers are worked with at once: as many as a processor's own memory holds."""
Tensors = dict[str, "Tensor"]
Filters = Conv | Deconv | Linear
"""The layers that are linear in their input, up to their bias."""
Affine = BatchNorm | LayerScale
"""The layers that are a factor and a constant a channel while evaluating."""


def factor_and_shift(weights: Tensors, path: str, leaf: Leaf) -> tuple[Tensor, Tensor | None]:
    """What a layer multiplies each channel by and adds to it, each (C,); None for nothing.

    Raises `ValueError` for a tensor that isn't there.
    """
    if isinstance(leaf.op, LayerScale):
        return needed(weights, f"{path}.gamma").double(), None
    assert isinstance(leaf.op, BatchNorm), leaf
    mean, var, beta = (
        needed(weights, f"{path}.{name}").double()
        for name in ("running_mean", "running_var", "bias")
    )
    factor = (var + float(leaf.op.eps)) ** -0.5
    if leaf.op.gamma:
        factor = factor * needed(weights, f"{path}.weight").double()
    return factor, beta - mean * factor


def after(
    weights: Tensors, path: str, op: Filters, factor: Tensor, shift: Tensor | None = None
) -> None:
    """Make `factor * f(x) + shift` of what a linear layer gives."""
    weight = needed(weights, f"{path}.weight")
    bias = needed(weights, f"{path}.bias").double() * factor if op.bias else None
    if shift is not None:
        bias = shift if bias is None else bias + shift
    _put(weights, path, weight, _scaled(weight, _along_outputs(op, weight, factor)), bias)


def before(
    weights: Tensors, path: str, op: Filters, factor: Tensor, shift: Tensor | None = None
) -> None:
    """Make `f(factor * x + shift)` of what a linear layer does; with a shift it isn't padded."""
    weight = needed(weights, f"{path}.weight")
    bias = needed(weights, f"{path}.bias").double() if op.bias else None
    if shift is not None:
        constant = constant_of(weight, op, shift)
        bias = constant if bias is None else bias + constant
    _put(weights, path, weight, _scaled(weight, along_inputs(op, weight, factor)), bias)


def constant_of(weight: Tensor, op: Filters, shift: Tensor) -> Tensor:
    """What a layer that isn't transposed gives for a map of these constants, (C_out,)."""
    assert not isinstance(op, Deconv), op
    return (weight.double() * along_inputs(op, weight, shift)).flatten(1).sum(1)


def along_inputs(op: Filters, weight: Tensor, values: Tensor) -> Tensor:
    """A number for each input channel, (C_in,), as something to multiply the weight by."""
    kernel = (1,) * (weight.dim() - 2)
    if isinstance(op, Deconv):
        return values.reshape(-1, 1, *kernel)
    groups = _groups(op)
    each = values.reshape(groups, 1, -1).expand(-1, weight.shape[0] // groups, -1)
    return each.reshape(*weight.shape[:2], *kernel)


def _along_outputs(op: Filters, weight: Tensor, values: Tensor) -> Tensor:
    kernel = (1,) * (weight.dim() - 2)
    if not isinstance(op, Deconv):
        return values.reshape(-1, 1, *kernel)
    groups = _groups(op)
    each = values.reshape(groups, 1, -1).expand(-1, weight.shape[0] // groups, -1)
    return each.reshape(*weight.shape[:2], *kernel)


def _groups(op: Filters) -> int:
    return 1 if isinstance(op, Linear) else int(op.groups)


def _scaled(weight: Tensor, factors: Tensor) -> Tensor:
    """The product, rounded once: a part at a time, since a whole weight in float64 takes longer."""
    made = weight.new_empty(weight.shape)
    step = max(1, PART // weight[0].numel())
    for first in range(0, len(weight), step):
        part = slice(first, first + step)
        made[part] = weight[part].double() * factors[part]
    return made


def _put(weights: Tensors, path: str, old: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    weights[f"{path}.weight"] = weight.to(old.dtype)
    if bias is not None:
        weights[f"{path}.bias"] = bias.to(old.dtype)


def needed(weights: Tensors, key: str) -> Tensor:
    """A tensor by its key. Raises `ValueError` where it isn't there."""
    if key not in weights:
        raise ValueError(f"the weights don't fit: {key} is missing")
    return weights[key]
