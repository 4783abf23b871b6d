"""The operators of a reading by torch's functions: no module of torch's, none of ours."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from compiler.oracle.meaning import Padding, Pair

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


class Functions:
    """Operators on tensors."""

    def conv2d(
        self, x: Tensor, weight: Tensor, stride: Pair, padding: Padding, dilation: Pair, groups: int
    ) -> Tensor:
        return F.conv2d(_padded(x, padding), weight, None, stride, 0, dilation, groups)

    def max_pool(
        self, x: Tensor, kernel: Pair, stride: Pair, padding: Padding, ceil: bool
    ) -> Tensor:
        rows, columns = padding[0], padding[2]
        if (rows, columns) == (padding[1], padding[3]):
            return F.max_pool2d(x, kernel, stride, (rows, columns), 1, ceil)
        return F.max_pool2d(_padded(x, padding, -torch.inf), kernel, stride)

    def avg_pool(
        self, x: Tensor, kernel: Pair, stride: Pair, padding: Padding, ceil: bool, count: bool
    ) -> Tensor:
        rows, columns = padding[0], padding[2]
        if (rows, columns) == (padding[1], padding[3]):
            return F.avg_pool2d(x, kernel, stride, (rows, columns), ceil, count)
        mean = F.avg_pool2d(_padded(x, padding), kernel, stride)
        if count:
            return mean
        return mean / F.avg_pool2d(_padded(torch.ones_like(x), padding), kernel, stride)

    def adaptive_pool(self, mode: str, x: Tensor, size: Pair) -> Tensor:
        pools: dict[str, Callable[..., Tensor]] = {
            "avg": F.adaptive_avg_pool2d,
            "max": F.adaptive_max_pool2d,
        }
        return pools[mode](x, size)

    def linear(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        y = x @ weight.T
        return y if bias is None else y + bias

    def normalise(self, x: Tensor, mean: Tensor, var: Tensor, eps: float) -> Tensor:
        shift, scale = mean.reshape(1, -1, 1, 1), (var + eps).rsqrt().reshape(1, -1, 1, 1)
        return (x - shift) * scale

    def mean(self, x: Tensor) -> Tensor:
        return x.mean((0, 2, 3))

    def variance(self, x: Tensor, lost: int) -> Tensor:
        return x.var((0, 2, 3), correction=lost)

    def lrn(self, x: Tensor, size: int, alpha: float, beta: float, k: float) -> Tensor:
        squares = F.pad(x * x, (0, 0, 0, 0, size // 2, (size - 1) // 2))
        near = sum(squares[:, start : start + x.shape[1]] for start in range(size))
        return x / (k + alpha / size * near) ** beta

    def act(self, kind: str, x: Tensor, slope: float | Tensor | None) -> Tensor:
        return ACTIVATIONS[kind](x) if slope is None else ACTIVATIONS[kind](x, slope)

    def softmax(self, x: Tensor) -> Tensor:
        powers = (x - x.amax(1, keepdim=True)).exp()
        return powers / powers.sum(1, keepdim=True)

    def dropout(self, p: float, x: Tensor) -> Tensor:
        return F.dropout(x, p)

    def concat(self, parts: list[Tensor]) -> Tensor:
        return torch.cat(parts, dim=1)


def _padded(x: Tensor, padding: Padding, value: float = 0.0) -> Tensor:
    top, bottom, left, right = padding
    return F.pad(x, (left, right, top, bottom), value=value) if any(padding) else x
