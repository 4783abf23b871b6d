"""Channels that lie last for a while, as torch's layer norm and linear layers want them.

In a spec they lie first, always. So a map that was turned is taken for the one that it shows: the
turns are nothing, and what works on each place alone is read as on a map as it was.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from compiler.importing.atoms import Join, Reading, Scale, Unsaid
from compiler.importing.calls import Call, Ref
from dsl.models import layers
from dsl.models.activations import CHANNELWISE

Dims = tuple[int, ...]
TURNS = {
    getattr(holder, name)
    for holder in (torch, Tensor)
    for name in ("permute", "movedim", "moveaxis", "transpose", "swapaxes", "swapdims")
}
"""What gives a tensor with its axes in another order."""
PLACEWISE = (F.layer_norm, torch.layer_norm, F.linear)
"""Functions of the last axis alone."""
ALONG = (
    *(torch.narrow, Tensor.narrow, torch.cat, torch.concat, torch.concatenate),
    *(torch.mean, Tensor.mean, torch.amax, Tensor.amax),
)
"""Functions along the axes that they are told, which is their second argument."""
ELEMENTWISE = (layers.Activation, layers.Dropout, layers.LayerScale, Scale)
ELSEWHERE = Unsaid(
    "works on a map whose channels lie last, and in a spec they lie first",
    "norms, linear layers and what works element by element are understood between two permutes",
)
APART = Unsaid("joins a map whose channels lie last and one whose channels lie first")


class Lying:
    """Which calls of a recording give maps whose channels lie last."""

    def __init__(self) -> None:
        self.last: set[int] = set()

    def seen(self, number: int, call: Call) -> tuple[Call, bool]:
        """A call as if all channels lay first, and whether those of its input lie last.

        Calls are to be given in their order, each once.
        """
        lying = {index in self.last for index in call.inputs}
        if call.func in TURNS and len(call.inputs) == 1:
            return self._turned(number, call, *lying)
        if True not in lying:
            return call, False
        if False in lying:
            return replace(call, unsaid=call.unsaid or APART), False
        if call.func in ALONG:
            call = _told(call, len(call.shapes[0]) + 1)
        if len(call.shape) == len(call.shapes[0]):
            self.last.add(number)
            call = replace(call, shape=_first(call.shape))
        args, kwargs = _first_all((call.args, call.kwargs))
        return replace(call, args=args, kwargs=kwargs, shapes=(*map(_first, call.shapes),)), True

    def _turned(self, number: int, call: Call, last: bool) -> tuple[Call, bool]:
        """A turn that is nothing, if it only puts the channels behind the grid or back."""
        (shape,) = call.shapes
        rank = len(shape) + 1
        behind, front = (0, *range(2, rank), 1), (0, rank - 1, *range(1, rank - 1))
        order = _order(call, rank)
        if rank == 2 or order not in (tuple(range(rank)), front if last else behind):
            return call, False
        if last == (order == tuple(range(rank))):
            self.last.add(number)
        shape = _first(shape) if last else shape
        return replace(call, func=Tensor.contiguous, shapes=(shape,), shape=shape), False


def is_placewise(call: Call, reading: Reading) -> bool:
    """Whether a reading of a call is right wherever the channels lie."""
    if not reading:
        return call.shape == call.shapes[0]
    return call.func in (*PLACEWISE, *ALONG) or all(map(_is_elementwise, reading))


def _is_elementwise(atom: Any) -> bool:
    if isinstance(atom, Join):
        return atom.word in ("add", "mul")
    slopes = isinstance(atom, layers.Activation) and atom.slope == CHANNELWISE
    return isinstance(atom, ELEMENTWISE) and not slopes


def _told(call: Call, rank: int) -> Call:
    """A call with the axes that it is told as they are where the channels lie first."""

    def moved(dim: Any) -> Any:
        if isinstance(dim, tuple):
            return tuple(map(moved, dim))
        axis = dim % rank if isinstance(dim, int) else 0
        return dim if axis == 0 else 1 if axis == rank - 1 else axis + 1

    tensors, *rest = call.args
    args = tensors, *(moved(each) if place == 0 else each for place, each in enumerate(rest))
    named = {n: moved(v) if n in ("dim", "axis") else v for n, v in call.kwargs.items()}
    return replace(call, args=args, kwargs=named)


def _order(call: Call, rank: int) -> Dims:
    """In which order a turn gives the axes: that of the sizes, where each axis has its own."""
    sizes = torch.empty(*range(1, rank + 1), device="meta")
    args = (each for each in call.args if not isinstance(each, Ref))
    kwargs = {name: each for name, each in call.kwargs.items() if not isinstance(each, Ref)}
    return tuple(size - 1 for size in call.func(sizes, *args, **kwargs).shape)


def _first(shape: Dims) -> Dims:
    """The shape of a map, without the images, with the channels in front of the grid."""
    return (*shape[-1:], *shape[:-1])


def _first_all(value: Any) -> Any:
    """Nested arguments with the channels of each map in front."""
    match value:
        case Ref():
            return replace(value, shape=_first(value.shape))
        case tuple():
            return tuple(map(_first_all, value))
        case dict():
            return {name: _first_all(each) for name, each in value.items()}
    return value
