"""The operators of a reading by torch's functions: no module of torch's, none of ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
import torch.nn.functional as F
from torch import Tensor

from compiler.oracle.operators import Axes, Other, Padding

ACTIVATIONS: dict[str, Callable[..., Tensor]] = {
    "relu": lambda x: x.clamp(min=0),
    "relu6": lambda x: x.clamp(0, 6),
    "leakyrelu": lambda x, slope: torch.maximum(x, x * 0) + slope * torch.minimum(x, x * 0),
    "prelu": lambda x, slope: torch.where(x > 0, x, slope * x),
    "elu": lambda x: torch.where(x > 0, x, torch.expm1(x)),
    "silu": lambda x: x * torch.sigmoid(x),
    "mish": lambda x: x * torch.tanh(torch.logaddexp(x, x * 0)),
    "gelu": lambda x: x * (1 + torch.erf(x / 2**0.5)) / 2,
    "hardswish": lambda x: x * (x + 3).clamp(0, 6) / 6,
    "sigmoid": torch.sigmoid,
    "hardsigmoid": lambda x: (x + 3).clamp(0, 6) / 6,
    "tanh": torch.tanh,
    "softplus": lambda x: torch.where(x > 20, x, torch.logaddexp(x, x * 0)),
    "none": lambda x: x,
}
"""By their words; those with a slope take it behind the tensor."""


NO_OTHERS: Mapping[str, Other] = MappingProxyType({})


class Functions:
    """Operators on tensors, and `others` for layers that the language doesn't know."""

    def __init__(self, others: Mapping[str, Other] = NO_OTHERS) -> None:
        self.others = others

    def conv(
        self, x: Tensor, weight: Tensor, stride: Axes, padding: Padding, dilation: Axes, groups: int
    ) -> Tensor:
        conv = _of_rank("conv", x)
        return conv(_padded(x, padding), weight, None, stride, 0, dilation, groups)

    def deconv(
        self, x: Tensor, weight: Tensor, stride: Axes, cut: Padding, dilation: Axes, groups: int
    ) -> Tensor:
        """By a convolution: of the map with zeros between positions, with the kernel turned."""
        rank = x.ndim - 2
        steps = zip(x.shape[2:], stride, strict=True)
        wide = x.new_zeros([*x.shape[:2], *((size - 1) * by + 1 for size, by in steps)])
        wide[(slice(None), slice(None), *(slice(None, None, by) for by in stride))] = x
        sizes = zip(weight.shape[2:], dilation, cut, strict=True)
        reach = [((side - 1) * apart, each) for side, apart, each in sizes]
        padded = _padded(wide, tuple((full - one, full - two) for full, (one, two) in reach))
        turned = weight.flip(*range(2, 2 + rank))
        turned = turned.reshape(groups, -1, *turned.shape[1:]).transpose(1, 2)
        ones = (1,) * rank
        return _of_rank("conv", x)(padded, turned.flatten(0, 1), None, ones, 0, dilation, groups)

    def between(
        self, x: Tensor, axis: int, low: list[int], high: list[int], share: list[float]
    ) -> Tensor:
        part = x.new_tensor(share).reshape(-1, *(1,) * (x.ndim - 1 - axis))
        below, above = (x.index_select(axis, torch.tensor(at)) for at in (low, high))
        return below + part * (above - below)

    def max_pool(
        self, x: Tensor, kernel: Axes, stride: Axes, padding: Padding, ceil: bool
    ) -> Tensor:
        pool = _of_rank("max_pool", x)
        if (pads := _even(padding)) is not None:
            return pool(x, kernel, stride, pads, 1, ceil)
        return pool(_padded(x, padding, -torch.inf), kernel, stride)

    def avg_pool(
        self, x: Tensor, kernel: Axes, stride: Axes, padding: Padding, ceil: bool, count: bool
    ) -> Tensor:
        pool = _of_rank("avg_pool", x)
        if (pads := _even(padding)) is not None:
            return pool(x, kernel, stride, pads, ceil, count)
        mean = pool(_padded(x, padding), kernel, stride)
        if count:
            return mean
        return mean / pool(_padded(torch.ones_like(x), padding), kernel, stride)

    def adaptive_pool(self, mode: str, x: Tensor, size: Axes) -> Tensor:
        return _of_rank(f"adaptive_{mode}_pool", x)(x, size)

    def linear(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        y = x @ weight.T
        return y if bias is None else y + bias

    def normalise(self, x: Tensor, mean: Tensor, var: Tensor, eps: float) -> Tensor:
        each = (1, -1, *(1,) * (x.ndim - 2))
        return (x - mean.reshape(each)) * (var + eps).rsqrt().reshape(each)

    def mean(self, x: Tensor) -> Tensor:
        return x.mean(_but_channels(x))

    def variance(self, x: Tensor, lost: int) -> Tensor:
        return x.var(_but_channels(x), correction=lost)

    def unit(self, x: Tensor, eps: float) -> Tensor:
        return x / (x * x).sum(1, keepdim=True).sqrt().clamp(min=eps)

    def normalise_groups(self, x: Tensor, groups: int, eps: float) -> Tensor:
        parts = x.reshape(x.shape[0], groups, -1)
        away = parts - parts.mean(2, keepdim=True)
        return (away / (away.square().mean(2, keepdim=True) + eps).sqrt()).reshape(x.shape)

    def normalise_places(self, x: Tensor, eps: float) -> Tensor:
        away = x - x.mean(1, keepdim=True)
        return away / (away.square().mean(1, keepdim=True) + eps).sqrt()

    def lrn(self, x: Tensor, size: int, alpha: float, beta: float, k: float) -> Tensor:
        squares = F.pad(x * x, ((0, 0) * (x.ndim - 2)) + (size // 2, (size - 1) // 2))
        near = sum(squares[:, start : start + x.shape[1]] for start in range(size))
        return x / (k + alpha / size * near) ** beta

    def act(self, kind: str, x: Tensor, slope: float | Tensor | None) -> Tensor:
        return ACTIVATIONS[kind](x) if slope is None else ACTIVATIONS[kind](x, slope)

    def softmax(self, x: Tensor) -> Tensor:
        powers = (x - x.amax(1, keepdim=True)).exp()
        return powers / powers.sum(1, keepdim=True)

    def dropout(self, p: float, x: Tensor) -> Tensor:
        return F.dropout(x, p)

    def drop_path(self, p: float, x: Tensor) -> Tensor:
        if not p:
            return x  # Nothing is drawn either, on which what is drawn next depends.
        drawn = torch.empty(len(x), dtype=x.dtype).bernoulli_(1 - p)
        share = drawn / (1 - p) if p < 1 else drawn
        return torch.einsum("n...,n->n...", x, share)

    def concat(self, parts: list[Tensor]) -> Tensor:
        return torch.cat(parts, dim=1)


def _padded(x: Tensor, padding: Padding, value: float = 0.0) -> Tensor:
    pads = [side for pair in reversed(padding) for side in pair]  # torch begins at the last axis
    return F.pad(x, pads, value=value) if any(pads) else x


def _even(padding: Padding) -> Axes | None:
    """A number for each axis, where it is padded alike at both ends."""
    alike = all(before == after for before, after in padding)
    return tuple(before for before, _ in padding) if alike else None


def _but_channels(x: Tensor) -> list[int]:
    return [axis for axis in range(x.ndim) if axis != 1]


def _of_rank(name: str, x: Tensor) -> Callable[..., Tensor]:
    """torch's function for a map of so many axes: `conv2d`, `avg_pool3d`."""
    found: Callable[..., Tensor] = getattr(F, f"{name}{x.ndim - 2}d")
    return found
