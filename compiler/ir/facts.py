"""What an op says of itself as plain data: what it sees of its input, its work, what it keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Self

Axes = tuple[int, ...]
"""A number for each axis of a map, in order: (H, W), or (L,), or (T, H, W)."""


@dataclass(frozen=True, slots=True)
class Window:
    """A sliding window per axis, for receptive fields and padding waste.

    `before` and `after` are the positions padded at each end of an axis.
    """

    kernel: Axes
    stride: Axes
    before: Axes
    after: Axes
    dilation: Axes


@dataclass(frozen=True, slots=True)
class Enlarging:
    """How a larger map sees the one that it is made from, per axis, for receptive fields.

    Position i sees from (i + start) / factor up to, not including, (i + end) / factor. What
    each one reads moves by whole positions; this is the least even window that holds it.
    `kernel` and `dilation` are those of a transposed convolution.
    """

    factor: Axes
    start: Axes
    end: Axes
    kernel: Axes = ()
    dilation: Axes = ()


class _Work(NamedTuple):
    macs: int
    activations: int
    bias_adds: int
    bn_elems: int
    act_elems: int
    pool_elems: int
    eltwise_elems: int
    constants: int


class Work(_Work):
    """What one op does with one sample, in multiply-accumulates and elements; see docs/cost.md.

    `constants` counts values that don't depend on the input, whatever the batch.
    """

    __slots__ = ()

    def __new__(  # noqa: PLR0913, PLR0917  # A number a kind of element.
        cls,
        macs: int = 0,
        activations: int = 0,
        bias_adds: int = 0,
        bn_elems: int = 0,
        act_elems: int = 0,
        pool_elems: int = 0,
        eltwise_elems: int = 0,
        constants: int = 0,
    ) -> Self:
        """The numbers that expressions stand for, where some are such."""
        elems = int(bn_elems), int(act_elems), int(pool_elems), int(eltwise_elems)
        return super().__new__(
            cls, int(macs), int(activations), int(bias_adds), *elems, int(constants)
        )

    @property
    def outputs(self) -> int:
        """Elements that it writes, constants apart."""
        elementwise = self.bn_elems + self.act_elems + self.pool_elems + self.eltwise_elems
        return self.activations + elementwise


@dataclass(frozen=True, slots=True)
class Extra:
    """Tensors that an op makes: elements per sample, and `fixed` ones whatever the batch.

    `indices` are the int64 elements per sample.
    """

    elements: int = 0
    fixed: int = 0
    indices: int = 0

    def size(self, batch: int, dtype_bytes: int) -> int:
        """Bytes."""
        floats = batch * int(self.elements) + int(self.fixed)
        return floats * dtype_bytes + 8 * batch * int(self.indices)


NOTHING = Extra()


@dataclass(frozen=True, slots=True)
class Saved:
    """What an op keeps for the backward pass, in training mode.

    `input`/`output`: whether that tensor itself is kept; `extra`: tensors that exist only
    for the backward pass; `copies`: whether torch first lays out anew what is a piece of each
    image's channels, and works on that.
    """

    input: bool = False
    output: bool = False
    extra: Extra = NOTHING
    copies: bool = False
