"""What each torch function means in a spec: one reader for every few functions.

A reader takes the call and gives its readings, the plainest first: usually one, two where
only another size of the input can tell which it is.
"""

from __future__ import annotations

from math import prod
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from compiler.importing.atoms import Join, Ones, Pad, Quotient, Reading, Unsaid, tidy, times
from compiler.importing.calls import Ref
from compiler.importing.parts import arranged
from compiler.importing.places import point
from compiler.importing.table import MERGES, RANKS, Axes, Given, UnsaidError, one, ranked, reads
from dsl.models import layers


def _conv(given: Given) -> tuple[Reading, ...]:
    weight, bias = given.weight("weight"), given.weight("bias")
    assert weight is not None, "a convolution always has a weight"
    width, _, *kernel = weight.shape
    dilation = given.axes("dilation", 1)
    return one(
        layers.Conv(
            kernel=tuple(kernel),
            width=width,
            stride=given.axes("stride", 1),
            padding=_conv_padding(given, kernel, dilation),
            dilation=dilation,
            groups=given("groups", 1),
            bias=bias is not None,
            norm="none",
            act="none",
        )
    )


for rank in RANKS:
    names = "input weight bias stride padding dilation groups"
    ranked(rank, names, f"conv{rank}d", F, torch)(_conv)


def _conv_padding(given: Given, kernel: list[int], dilation: Axes) -> Any:
    padding = given("padding", 0)
    if padding == "valid":
        return (0,) * given.rank
    if padding != "same":
        return given.axes("padding", 0)
    total = [(side - 1) * by for side, by in zip(kernel, dilation, strict=True)]
    odd = any(each % 2 for each in total)
    return "tf_same" if odd else tuple(each // 2 for each in total)


@reads(
    "input",
    torch.flatten,
    torch.reshape,
    torch.squeeze,
    Tensor.flatten,
    Tensor.view,
    Tensor.reshape,
    Tensor.squeeze,
    torch.unsqueeze,
    Tensor.unsqueeze,
)
def _flatten(given: Given) -> tuple[Reading, ...]:
    shape = given.call.shape
    if given.call.merges and given.call.func in (torch.squeeze, Tensor.squeeze):
        help = "squeeze() takes the images' own axis too where there is one: say which, squeeze(-1)"
        raise given.fault(MERGES.why, help)
    thin = (prod(given.inp), *(1 for _ in range(given.rank - 1)))
    flat, vector = shape == thin[: len(shape)], given.inp == thin[: len(given.inp)]
    if shape == given.inp or (flat and vector):
        return ((),)
    if not flat:
        if atom := arranged(given.inp, shape, given.rank):
            return ((atom,),)
        raise given.fault(f"arranges {given.inp} as {shape}; a spec can only flatten a whole image")
    return one(layers.Flatten())


@reads("input", Tensor.contiguous, Tensor.clone, torch.clone)
def _nothing(given: Given) -> tuple[Reading, ...]:
    return ((),)


@reads("input p training inplace", F.dropout)
def _dropout(given: Given) -> tuple[Reading, ...]:
    if given("training", True) != given.call.training:
        raise given.fault("is a dropout that works in evaluation too, or not in training")
    p = tidy(given("p", 0.5))
    return one(layers.Dropout(p=p)) if p else ((),)


@reads("input p training inplace", F.dropout1d, F.dropout2d, F.dropout3d)
def _dropout_channels(given: Given) -> tuple[Reading, ...]:
    if given("p", 0.5) and set(given.inp[1:]) != {1}:
        why = "drops whole channels, a spec's dropout single elements"
        raise UnsaidError(Unsaid(why, telling=True))
    return _dropout(given)


@reads("input weight bias", F.linear)
def _linear(given: Given) -> tuple[Reading, ...]:
    weight, bias = given.weight("weight"), given.weight("bias")
    assert weight is not None, "linear always has a weight"
    if given.last:
        return one(point(weight.shape[0], bias is not None, len(given.inp) - 1))
    if len(given.inp) != 1:
        raise given.fault(
            "is a linear layer over the last axis of a map", "a spec's fc takes a vector"
        )
    return one(layers.Linear(width=weight.shape[0], bias=bias is not None))


@reads("input dim", F.softmax, torch.softmax, Tensor.softmax)
def _softmax(given: Given) -> tuple[Reading, ...]:
    if given("dim") not in (1, -len(given.inp)):
        raise given.fault(f"is a softmax over dim={given('dim')}, a spec's is over the channels")
    return one(layers.Softmax())


@reads("input groups", F.channel_shuffle, torch.native_channel_shuffle)
def _shuffle(given: Given) -> tuple[Reading, ...]:
    groups = given("groups")
    return ((),) if groups in (1, given.inp[0]) else one(layers.Shuffle(groups=groups))


@reads("input p dim eps", F.normalize)
def _normalize(given: Given) -> tuple[Reading, ...]:
    if given("p", 2) != 2 or given("dim", 1) not in (1, -len(given.inp)):
        what = f"p={given('p', 2):g} over dim={given('dim', 1)}"
        raise given.fault(f"normalises with {what}, a spec's l2norm squares over the channels")
    return one(layers.L2Norm(eps=given("eps", 1e-12)))


@reads("input size alpha beta k", F.local_response_norm)
def _lrn(given: Given) -> tuple[Reading, ...]:
    usual = {"alpha": 1e-4, "beta": 0.75, "k": 1.0}
    alpha, beta, k = (tidy(given(name, value)) for name, value in usual.items())
    return one(layers.LRN(size=given("size"), alpha=alpha, beta=beta, k=k))


@reads("tensors dim", torch.cat, torch.concat, torch.concatenate)
def _cat(given: Given) -> tuple[Reading, ...]:
    dim = given("axis", given("dim", 0))
    if dim not in (1, -len(given.inp)):
        raise given.fault(f"concatenates along dim={dim}, a spec joins channels (dim=1)")
    if not all(isinstance(each, Ref) for each in given("tensors")):
        raise given.fault("concatenates a tensor that isn't made from the input")
    return ((Join("concat"),),) if len(given.call.inputs) > 1 else ((),)


@reads("input other", torch.add, Tensor.add, Tensor.add_, Tensor.__radd__)
def _add(given: Given) -> tuple[Reading, ...]:
    left, right = given("input", 0), given("other", 0)
    if any(isinstance(term, int | float) and term == 0 for term in (left, right)):
        return ((),)  # The start of Python's sum().
    if not (isinstance(left, Ref) and isinstance(right, Ref) and left.shape == right.shape):
        raise given.fault("adds something other than two tensors of one shape")
    return ((Join("add", float(given("alpha", 1))),),)


@reads("input other", torch.div, Tensor.div, Tensor.div_)
def _div(given: Given) -> tuple[Reading, ...]:
    by = given("other")
    if isinstance(by, Ref) and isinstance(given("input"), Ref):
        return ((Quotient(),),)
    if not isinstance(by, int | float) or not by or given("rounding_mode"):
        raise given.fault("divides by something other than a number")
    return (times(1 / by),)


@reads("input", torch.ones_like)
def _ones(given: Given) -> tuple[Reading, ...]:
    return ((Ones(),),)


@reads("input pad mode value", F.pad)
def _pad(given: Given) -> tuple[Reading, ...]:
    sides = given("pad")
    if given("mode", "constant") != "constant" or min(sides) < 0 or not given.is_map:
        raise given.fault(f"pads with mode={given('mode', 'constant')} by {sides}")
    if len(sides) > 2 * given.rank:
        raise given.fault("pads channels")
    every = (*sides, *(0 for _ in range(2 * given.rank - len(sides))))  # From the last axis on.
    return ((Pad(every[::2][::-1], every[1::2][::-1], float(given("value", 0.0))),),)
