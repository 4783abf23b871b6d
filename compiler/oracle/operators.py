"""The operators that a reading of a spec needs, whoever computes them.

Part of the reading of a spec (`compiler.oracle.reading`): nothing of the compiler is in reach here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

Array = Any
"""(N, C, H, W) or another grid, or (N, C), of the arithmetic's own kind."""
Axes = tuple[int, ...]
Padding = tuple[tuple[int, int], ...]
"""For each axis, before and after it: rows above and below, columns left and right."""
State = dict[str, Array]
Other = Callable[[str, Mapping[str, Any], State, Array, bool], tuple[Array, State]]
"""A layer from outside the language: from its path, what its fields say, its weights, a batch and
the mode to what it gives, and its buffers afterwards."""


class Arithmetic(Protocol):
    """The operators that a reading needs."""

    @property
    def others(self) -> Mapping[str, Other]:
        """What layers do that the language doesn't know, by their words."""

    def conv(
        self,
        x: Array,
        weight: Array,
        stride: Axes,
        padding: Padding,
        dilation: Axes,
        groups: int,
    ) -> Array: ...
    def deconv(
        self,
        x: Array,
        weight: Array,
        stride: Axes,
        cut: Padding,
        dilation: Axes,
        groups: int,
    ) -> Array:
        """Each position times the weight, added up `stride` apart, without what is cut off."""

    def between(
        self, x: Array, axis: int, low: list[int], high: list[int], share: list[float]
    ) -> Array:
        """Along an axis what lies at `low`, and as much of what lies at `high` as `share` says."""

    def max_pool(
        self, x: Array, kernel: Axes, stride: Axes, padding: Padding, ceil: bool
    ) -> Array: ...
    def avg_pool(
        self, x: Array, kernel: Axes, stride: Axes, padding: Padding, ceil: bool, count: bool
    ) -> Array: ...
    def adaptive_pool(self, mode: str, x: Array, size: Axes) -> Array: ...
    def linear(self, x: Array, weight: Array, bias: Array | None) -> Array: ...
    def normalise(self, x: Array, mean: Array, var: Array, eps: float) -> Array: ...
    def mean(self, x: Array) -> Array: ...
    def variance(self, x: Array, lost: int) -> Array: ...
    def unit(self, x: Array, eps: float) -> Array: ...
    def normalise_groups(self, x: Array, groups: int, eps: float) -> Array: ...
    def normalise_places(self, x: Array, eps: float) -> Array: ...
    def lrn(self, x: Array, size: int, alpha: float, beta: float, k: float) -> Array: ...
    def act(self, kind: str, x: Array, slope: Array | float | None) -> Array: ...
    def softmax(self, x: Array) -> Array: ...
    def dropout(self, p: float, x: Array) -> Array: ...
    def drop_path(self, p: float, x: Array) -> Array: ...
    def concat(self, parts: list[Array]) -> Array: ...
