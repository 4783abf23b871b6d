"""The reading of a spec in NumPy: `compiler.oracle.reading` with `tests.numpy_reference`.

Nothing of torch is in reach here, and of the compiler only that reading, which knows the
`dsl` models alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from compiler.oracle.operators import Padding
from compiler.oracle.reading import read
from dsl.models.spec import Spec
from tests import numpy_reference as reference
from tests.numpy_reference import Array, Axes

State = dict[str, Array]

ACTIVATIONS: dict[str, Callable[..., Array]] = {
    "relu": reference.relu,
    "relu6": reference.relu6,
    "leakyrelu": reference.leakyrelu,
    "prelu": reference.prelu,
    "elu": reference.elu,
    "silu": reference.silu,
    "mish": reference.mish,
    "gelu": reference.gelu,
    "hardswish": reference.hardswish,
    "sigmoid": reference.sigmoid,
    "hardsigmoid": reference.hardsigmoid,
    "tanh": reference.tanh,
    "softplus": reference.softplus,
    "none": lambda x: x,
}


def _flat(padding: Padding) -> tuple[int, ...]:
    return tuple(side for pair in padding for side in pair)


class Numpy:
    """The operators of a reading, on arrays."""

    others: Mapping[str, Any] = {}

    def conv(
        self, x: Array, weight: Array, stride: Axes, padding: Padding, dilation: Axes, groups: int
    ) -> Array:
        return reference.conv(x, weight, None, stride, _flat(padding), dilation, groups)

    def deconv(
        self, x: Array, weight: Array, stride: Axes, cut: Padding, dilation: Axes, groups: int
    ) -> Array:
        return reference.deconv(x, weight, None, stride, cut, dilation, groups)

    def between(
        self, x: Array, axis: int, low: list[int], high: list[int], share: list[float]
    ) -> Array:
        return reference.between(x, axis, low, high, share)

    def max_pool(self, x: Array, kernel: Axes, stride: Axes, padding: Padding, ceil: bool) -> Array:
        return reference.max_pool(x, kernel, stride, _flat(padding), ceil)

    def avg_pool(
        self, x: Array, kernel: Axes, stride: Axes, padding: Padding, ceil: bool, count: bool
    ) -> Array:
        return reference.avg_pool(x, kernel, stride, _flat(padding), ceil, count)

    def adaptive_pool(self, mode: str, x: Array, size: Axes) -> Array:
        pools = {"avg": reference.adaptive_avg_pool, "max": reference.adaptive_max_pool}
        return pools[mode](x, size)

    def linear(self, x: Array, weight: Array, bias: Array | None) -> Array:
        return reference.linear(x, weight, bias)

    def normalise(self, x: Array, mean: Array, var: Array, eps: float) -> Array:
        return reference.batch_norm(x, mean, var, None, None, eps)

    def mean(self, x: Array) -> Array:
        mean: Array = np.moveaxis(x, 1, 0).reshape(x.shape[1], -1).mean(axis=1)
        return mean

    def variance(self, x: Array, lost: int) -> Array:
        variance: Array = np.moveaxis(x, 1, 0).reshape(x.shape[1], -1).var(axis=1, ddof=lost)
        return variance

    def unit(self, x: Array, eps: float) -> Array:
        return reference.l2_normalize(x, eps)

    def normalise_groups(self, x: Array, groups: int, eps: float) -> Array:
        return reference.group_norm(x, groups, eps=eps)

    def normalise_places(self, x: Array, eps: float) -> Array:
        return reference.layer_norm(x, eps=eps)

    def lrn(self, x: Array, size: int, alpha: float, beta: float, k: float) -> Array:
        return reference.local_response_norm(x, size, alpha, beta, k)

    def act(self, kind: str, x: Array, slope: Array | float | None) -> Array:
        return ACTIVATIONS[kind](x) if slope is None else ACTIVATIONS[kind](x, slope)

    def softmax(self, x: Array) -> Array:
        return reference.softmax(x, axis=1)

    def dropout(self, p: float, x: Array) -> Array:
        if p not in (0, 1):
            raise ValueError("dropout is random: run it with a probability of 0 or 1")
        return x if p == 0 else np.zeros_like(x)

    def drop_path(self, p: float, x: Array) -> Array:
        return self.dropout(p, x)

    def concat(self, parts: list[Array]) -> Array:
        return reference.concat(parts)


@dataclass
class Result:
    """What a network gives, and its state afterwards."""

    logits: Array
    heads: dict[str, Array]
    state: State
    shapes: dict[str, tuple[int, ...]]
    """What each step of the trunk gave, without the batch."""


def run(spec: Spec, state: Mapping[str, Any], x: Array, *, training: bool = False) -> Result:
    """The network of `spec` on a batch `x` with the weights of a state dict, all in float64."""
    weights = {key: np.asarray(value, dtype=np.float64) for key, value in state.items()}
    if x.shape[1:] != tuple(spec.input):
        raise ValueError(f"{spec.name} takes {spec.input}, not {x.shape[1:]}")
    result = read(spec, weights, x, Numpy(), training=training)
    shapes = {name: out.shape[1:] for name, out in result.outs.items()}
    return Result(result.logits, result.heads, result.state, shapes)
