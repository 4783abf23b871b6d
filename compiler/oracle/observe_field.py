"""Receptive fields, in image pixels, from the aten arguments of what really ran.

Per axis, output index i sees the half-open interval [start + i * jump, end + i * jump).
Joins (cat, add, ...) take the hull of their branches. Normalisation and softmax count as
pointwise: their statistics see everything, which says nothing about the architecture.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from math import ceil, floor, prod
from operator import floordiv, mod
from typing import Any

import torch

from compiler.oracle.observe_ops import Category, Ran, UnknownOpError, storage_key, tensors


@dataclass(frozen=True)
class Axis:
    """The window of the first output along one axis, and the step to the next; pixels."""

    start: Fraction = Fraction(0)
    end: Fraction = Fraction(1)
    jump: Fraction = Fraction(1)

    def windowed(self, kernel: int, stride: int, pad: int, dilation: int) -> "Axis":
        """The axis after a convolution or pool over it."""
        last = (kernel - 1) * dilation - pad
        return Axis(self.start - pad * self.jump, self.end + last * self.jump, self.jump * stride)

    def enlarged(self, factor: int, reads: Iterable[tuple[int, int, int]]) -> "Axis":
        """The axis behind something with `factor` positions in the place of each.

        `reads` says of some positions which they read, from the first up to not including the
        last: the window is the least that moves evenly and holds all of these.
        """
        jump, reads = self.jump / factor, tuple(reads)
        starts = (first * self.jump - place * jump for place, first, _ in reads)
        ends = ((last - 1) * self.jump - place * jump for place, _, last in reads)
        return Axis(self.start + min(starts), self.end + max(ends), jump)

    def hull(self, other: "Axis") -> "Axis":
        """The smallest window that holds both; the larger jump where they differ."""
        return Axis(
            min(self.start, other.start), max(self.end, other.end), max(self.jump, other.jump)
        )


@dataclass(frozen=True)
class Trace:
    """Where a tensor comes from: its own field or, past the last map, that map's field."""

    axes: tuple[Axis, ...]
    spatial: bool = True
    last: bool = False
    """Whether the channels lie behind the grid for now, as layer norm wants them."""

    def hull(self, other: "Trace") -> "Trace":
        """The field of a join. A pooled gate beside a map does not blur the map's field."""
        if self.spatial != other.spatial:
            return self if self.spatial else other
        if self.last != other.last:
            return self.flattened()
        return Trace(tuple(map(Axis.hull, self.axes, other.axes)), self.spatial, self.last)

    def flattened(self) -> "Trace":
        """The trace past the last spatial map."""
        return replace(self, spatial=False, last=False)


Bound = dict[str, Any]


Sizes = tuple[int, ...]


def _last(trace: Trace, value: Iterable[int] | int) -> Sizes:
    """The entries of an aten size argument for the trace's axes; it may hold one for all.

    Torch runs a 1-D pool as a 2-D one over a row, so that there may be more in front.
    """
    rank = len(trace.axes)
    sizes = (value,) if isinstance(value, int) else tuple(value)
    return sizes * rank if len(sizes) == 1 else sizes[-rank:]


def _windowed(trace: Trace, kernel: Sizes, bound: Bound) -> Trace:
    stride = _last(trace, bound["stride"]) if bound["stride"] else kernel
    pad, dilation = _last(trace, bound["padding"]), _last(trace, bound.get("dilation", 1))
    return Trace(tuple(map(Axis.windowed, trace.axes, kernel, stride, pad, dilation)))


def _map_size(trace: Trace, tensor: torch.Tensor) -> Sizes:
    return tuple(tensor.shape[-len(trace.axes) :])


def _conv(trace: Trace, bound: Bound, out: torch.Tensor) -> Trace:
    if bound["transposed"]:
        return _transposed(trace, bound)
    return _windowed(trace, _map_size(trace, bound["weight"]), bound)


def _transposed(trace: Trace, bound: Bound) -> Trace:
    """Position 0 goes to tap * dilation - padding, and each next one `stride` further."""
    sizes = (_last(trace, bound[name]) for name in ("stride", "padding", "dilation"))
    axes = []
    for axis, *window in zip(trace.axes, _map_size(trace, bound["weight"]), *sizes, strict=True):
        kernel, stride, pad, dilation = window
        axes.append(axis.enlarged(stride, ((tap * dilation - pad, 0, 1) for tap in range(kernel))))
    return Trace(tuple(axes))


def _upsample(trace: Trace, bound: Bound, out: torch.Tensor) -> Trace:
    """Each position by itself, where torch computes it to lie between those that there are."""
    sizes, outs = _map_size(trace, bound["self"]), _map_size(trace, out)
    if any(map(mod, outs, sizes)) or bound.get("align_corners"):
        raise UnknownOpError("the runtime oracle knows upsampling by whole factors alone")
    even = "align_corners" in bound
    axes = []
    for axis, factor in zip(trace.axes, map(floordiv, outs, sizes), strict=True):
        at = [
            Fraction(2 * place + 1, 2 * factor) - Fraction(1, 2) if even else place // factor
            for place in range(factor)
        ]
        reads = [(place, floor(x), ceil(x) + 1) for place, x in enumerate(at)]
        axes.append(axis.enlarged(factor, reads))
    return Trace(tuple(axes))


def _max_pool(trace: Trace, bound: Bound, out: torch.Tensor) -> Trace:
    return _windowed(trace, _last(trace, bound["kernel_size"]), bound)


def _avg_pool(trace: Trace, bound: Bound, out: torch.Tensor) -> Trace:
    """A pool whose one window is the whole of a larger map is a global pool by another name."""
    kernel = _last(trace, bound["kernel_size"])
    whole = kernel == _map_size(trace, bound["self"]) and prod(kernel) > 1
    if whole and prod(_map_size(trace, out)) == 1:
        return trace.flattened()
    return _windowed(trace, kernel, bound)


def _adaptive(trace: Trace, bound: Bound, out: torch.Tensor) -> Trace:
    """A plain pool where the sizes divide; else the windows have no constant step."""
    sizes, outs = _map_size(trace, bound["self"]), _map_size(trace, out)
    if prod(outs) == 1 or any(map(mod, sizes, outs)):
        return trace.flattened()
    kernel = tuple(map(floordiv, sizes, outs))
    return _windowed(trace, kernel, {"stride": kernel, "padding": 0})


def _reduce(trace: Trace, bound: Bound, out: torch.Tensor) -> Trace:
    rank = bound["self"].dim()
    dims = bound.get("dim") or range(rank)
    axes = len(trace.axes)
    channel_only = all(dim % rank < rank - axes for dim in dims) and out.dim() > axes
    return trace if channel_only else trace.flattened()


def _pad(trace: Trace, bound: Bound, out: torch.Tensor) -> Trace:
    before = (*bound["pad"][::2], *(0,) * len(trace.axes))[: len(trace.axes)]
    shifted = (
        axis.windowed(1, 1, pad, 1) for axis, pad in zip(trace.axes, before[::-1], strict=True)
    )
    return Trace(tuple(shifted))


def _pointwise(trace: Trace, bound: Bound, out: torch.Tensor) -> Trace:
    return trace


def _cat(trace: Trace, bound: Bound, out: torch.Tensor) -> Trace:
    before = out.dim() - len(trace.axes)
    return trace if bound["dim"] % out.dim() < before else trace.flattened()


def _linear(trace: Trace, bound: Bound, out: torch.Tensor) -> Trace:
    return trace.flattened()


def _view(trace: Trace, bound: Bound, out: torch.Tensor) -> Trace:
    """A view keeps the map if its last axes are untouched, or only the channels move.

    Other transposes are not followed.
    """
    source = bound["self"]
    if "dims" in bound and bound["dims"] == _turn(source.dim(), trace.last):
        return replace(trace, last=not trace.last)
    moved = "dims" in bound or "dim0" in bound or trace.last
    if "index" in bound:
        moved = bound["dim"] % source.dim() >= source.dim() - len(trace.axes)
    if moved or out.dim() < 3 or _map_size(trace, out) != _map_size(trace, source):
        return trace.flattened()
    return trace


def _turn(rank: int, back: bool) -> list[int]:
    """The order of axes that puts the channels behind the grid, or back in front of it."""
    return [0, rank - 1, *range(1, rank - 1)] if back else [0, *range(2, rank), 1]


def _slice(trace: Trace, bound: Bound, out: torch.Tensor) -> Trace:
    """Cropping shifts the field, striding stretches its jump."""
    behind = out.dim() - bound["dim"] % out.dim()
    if behind > len(trace.axes):
        return trace
    first, _, step = slice(bound["start"], None, bound["step"]).indices(
        bound["self"].shape[bound["dim"]]
    )
    axes = list(trace.axes)
    axes[-behind] = axes[-behind].windowed(1, step, -first, 1)
    return replace(trace, axes=tuple(axes))


Rule = Callable[[Trace, Bound, torch.Tensor], Trace]
_RULES: dict[Category, Rule] = {
    Category.CONV: _conv,
    Category.LINEAR: _linear,
    Category.MAX_POOL: _max_pool,
    Category.AVG_POOL: _avg_pool,
    Category.UPSAMPLE: _upsample,
    Category.ADAPTIVE_POOL: _adaptive,
    Category.REDUCE: _reduce,
    Category.PAD: _pad,
    Category.POINTWISE: _pointwise,
    Category.CAT: _cat,
    Category.VIEW: _view,
    Category.SLICE: _slice,
}

_Key = tuple[int, int, tuple[int, ...], tuple[int, ...]]


def _key(tensor: torch.Tensor) -> _Key:
    """A tensor's identity by its place in memory: autograd may wrap a view in a new object."""
    return storage_key(tensor), int(tensor.storage_offset()), tuple(tensor.shape), tensor.stride()


class FieldMap:
    """The traces of all tensors of one forward pass."""

    def __init__(self, image: torch.Tensor) -> None:
        self._traces: dict[_Key, Trace] = {}
        self._held: list[torch.UntypedStorage] = []  # alive, so that no key is ever reused
        self._put(image, Trace((Axis(),) * (image.dim() - 2)))

    def _put(self, tensor: torch.Tensor, trace: Trace) -> None:
        self._held.append(tensor.untyped_storage())
        self._traces[_key(tensor)] = trace

    def of(self, tensor: torch.Tensor) -> Trace | None:
        """The trace of a tensor; None if it does not depend on the image."""
        return self._traces.get(_key(tensor))

    def _taken(self, tensor: torch.Tensor, ran: Ran) -> Trace | None:
        """An argument's trace; one value for a whole map has no window that moves over it."""
        trace, out = self.of(tensor), tensors(ran.out)[0]
        still = ran.kind is Category.POINTWISE and tensor.shape[2:] != out.shape[2:]
        return trace.flattened() if trace and still else trace

    def saw(self, ran: Ran) -> None:
        """Carries the traces of an operator's arguments over to its outputs."""
        made = tensors(ran.out)
        # Unmarked outputs are held as well: their memory must not come back under their key.
        self._held.extend(tensor.untyped_storage() for tensor in made)
        known = [trace for t in tensors(ran.bound) if (trace := self._taken(t, ran)) is not None]
        if not known or ran.kind not in _RULES:
            return
        joined = reduce(Trace.hull, known)
        if joined.last and ran.kind not in (Category.POINTWISE, Category.VIEW):
            joined = joined.flattened()
        rule = _RULES[ran.kind] if joined.spatial else _pointwise
        for tensor in made:
            self._put(tensor, rule(joined, ran.bound, tensor))
