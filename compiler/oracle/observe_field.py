"""Receptive fields, in image pixels, from the aten arguments of what really ran.

Per axis, output index i sees the half-open interval [start + i * jump, end + i * jump).
Joins (cat, add, ...) take the hull of their branches. Normalisation and softmax count as
pointwise: their statistics see everything, which says nothing about the architecture.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import torch

from compiler.oracle.observe_ops import Category, Ran, UnknownOpError, storage_key, tensors


@dataclass(frozen=True)
class Axis:
    """The window of the first output along one axis, and the step to the next; pixels."""

    start: int = 0
    end: int = 1
    jump: int = 1

    def windowed(self, kernel: int, stride: int, pad: int, dilation: int) -> "Axis":
        """The axis after a convolution or pool over it."""
        last = (kernel - 1) * dilation - pad
        return Axis(self.start - pad * self.jump, self.end + last * self.jump, self.jump * stride)

    def hull(self, other: "Axis") -> "Axis":
        """The smallest window that holds both; the larger jump where they differ."""
        return Axis(
            min(self.start, other.start), max(self.end, other.end), max(self.jump, other.jump)
        )


@dataclass(frozen=True)
class Trace:
    """Where a tensor comes from: its own field or, past the last map, that map's field."""

    h: Axis = Axis()
    w: Axis = Axis()
    spatial: bool = True

    def hull(self, other: "Trace") -> "Trace":
        """The field of a join. A pooled gate beside a map does not blur the map's field."""
        if self.spatial != other.spatial:
            return self if self.spatial else other
        return Trace(self.h.hull(other.h), self.w.hull(other.w), self.spatial)

    def flattened(self) -> "Trace":
        """The trace past the last spatial map."""
        return replace(self, spatial=False)


Bound = dict[str, Any]


def _pair(value: list[int] | int) -> tuple[int, int]:
    """The last two entries of an aten size argument, which may hold one for all axes."""
    if isinstance(value, int):
        return value, value
    return (value[-2], value[-1]) if len(value) > 1 else (value[0], value[0])


def _windowed(trace: Trace, kernel: tuple[int, int], bound: Bound) -> Trace:
    stride = _pair(bound["stride"]) if bound["stride"] else kernel
    pad, dilation = _pair(bound["padding"]), _pair(bound.get("dilation", 1))
    return Trace(
        trace.h.windowed(kernel[0], stride[0], pad[0], dilation[0]),
        trace.w.windowed(kernel[1], stride[1], pad[1], dilation[1]),
    )


def _map_size(tensor: torch.Tensor) -> tuple[int, int]:
    return tensor.shape[-2], tensor.shape[-1]


def _conv(trace: Trace, bound: Bound, out: torch.Tensor) -> Trace:
    if bound["transposed"]:
        raise UnknownOpError("the runtime oracle does not know transposed convolutions")
    return _windowed(trace, _map_size(bound["weight"]), bound)


def _max_pool(trace: Trace, bound: Bound, out: torch.Tensor) -> Trace:
    return _windowed(trace, _pair(bound["kernel_size"]), bound)


def _avg_pool(trace: Trace, bound: Bound, out: torch.Tensor) -> Trace:
    """A pool whose one window is the whole of a larger map is a global pool by another name."""
    kernel = _pair(bound["kernel_size"])
    if kernel == _map_size(bound["self"]) != (1, 1) == _map_size(out):
        return trace.flattened()
    return _windowed(trace, kernel, bound)


def _adaptive(trace: Trace, bound: Bound, out: torch.Tensor) -> Trace:
    """A plain pool where the sizes divide; else the windows have no constant step."""
    (h_in, w_in), (h, w) = _map_size(bound["self"]), _map_size(out)
    if (h, w) == (1, 1) or h_in % h or w_in % w:
        return trace.flattened()
    kernel = (h_in // h, w_in // w)
    return _windowed(trace, kernel, {"stride": kernel, "padding": 0})


def _reduce(trace: Trace, bound: Bound, out: torch.Tensor) -> Trace:
    rank = bound["self"].dim()
    dims = bound.get("dim") or range(rank)
    channel_only = all(dim % rank < rank - 2 for dim in dims) and out.dim() > 2
    return trace if channel_only else trace.flattened()


def _pad(trace: Trace, bound: Bound, out: torch.Tensor) -> Trace:
    left, top = (*bound["pad"], 0, 0)[:3:2]
    return Trace(trace.h.windowed(1, 1, top, 1), trace.w.windowed(1, 1, left, 1))


def _pointwise(trace: Trace, bound: Bound, out: torch.Tensor) -> Trace:
    return trace


def _cat(trace: Trace, bound: Bound, out: torch.Tensor) -> Trace:
    return trace if bound["dim"] % out.dim() < out.dim() - 2 else trace.flattened()


def _linear(trace: Trace, bound: Bound, out: torch.Tensor) -> Trace:
    return trace.flattened()


def _view(trace: Trace, bound: Bound, out: torch.Tensor) -> Trace:
    """A view keeps the map if its last two axes are untouched; transposes are not followed."""
    source = bound["self"]
    moved = "dims" in bound or "dim0" in bound
    if "index" in bound:
        moved = bound["dim"] % source.dim() >= source.dim() - 2
    if moved or out.dim() < 3 or _map_size(out) != _map_size(source):
        return trace.flattened()
    return trace


def _slice(trace: Trace, bound: Bound, out: torch.Tensor) -> Trace:
    """Cropping shifts the field, striding stretches its jump."""
    behind = out.dim() - bound["dim"] % out.dim()
    if behind > 2:
        return trace
    first, _, step = slice(bound["start"], None, bound["step"]).indices(
        bound["self"].shape[bound["dim"]]
    )
    if behind == 2:
        return replace(trace, h=trace.h.windowed(1, step, -first, 1))
    return replace(trace, w=trace.w.windowed(1, step, -first, 1))


Rule = Callable[[Trace, Bound, torch.Tensor], Trace]
_RULES: dict[Category, Rule] = {
    Category.CONV: _conv,
    Category.LINEAR: _linear,
    Category.MAX_POOL: _max_pool,
    Category.AVG_POOL: _avg_pool,
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
        self._put(image, Trace())

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
        rule = _RULES[ran.kind] if joined.spatial else _pointwise
        for tensor in made:
            self._put(tensor, rule(joined, ran.bound, tensor))
