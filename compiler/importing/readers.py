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

from compiler.importing.graph import Join, Ones, Pad, Quotient, Reading, tidy, times
from compiler.importing.record import Ref
from compiler.importing.table import MERGES, Given, Pair, Reader, reads
from dsl.models import layers
from dsl.models.activations import CHANNELWISE


def one(layer: layers.Layer) -> tuple[Reading, ...]:
    """A call that is one layer and nothing else."""
    return ((layer,),)


@reads("input weight bias stride padding dilation groups", F.conv2d, torch.conv2d)
def _conv(given: Given) -> tuple[Reading, ...]:
    weight, bias = given.weight("weight"), given.weight("bias")
    assert weight is not None, "conv2d always has a weight"
    width, _, *kernel = weight.shape
    dilation = given.pair("dilation", 1)
    return one(
        layers.Conv(
            kernel=(kernel[0], kernel[1]),
            width=width,
            stride=given.pair("stride", 1),
            padding=_conv_padding(given, kernel, dilation),
            dilation=dilation,
            groups=given("groups", 1),
            bias=bias is not None,
            norm="none",
            act="none",
        )
    )


def _conv_padding(given: Given, kernel: list[int], dilation: Pair) -> Any:
    padding = given("padding", 0)
    if padding == "valid":
        return (0, 0)
    if padding != "same":
        return given.pair("padding", 0)
    total = [(side - 1) * by for side, by in zip(kernel, dilation, strict=True)]
    odd = any(each % 2 for each in total)
    return "tf_same" if odd else tuple(each // 2 for each in total)


@reads(
    "input running_mean running_var weight bias training momentum eps",
    F.batch_norm,
)
def _batch_norm(given: Given) -> tuple[Reading, ...]:
    if len(given.inp) != 3:
        raise given.fault("normalises a vector, and a spec's batch norm takes a map")
    if given("running_mean") is None or given.weight("bias") is None:
        raise given.fault("is a batch norm without running statistics or without beta")
    if given("training", False) != given.call.training:
        raise given.fault(
            "is a batch norm that keeps its statistics in training, or renews them later"
        )
    gamma = given.weight("weight") is not None
    eps, momentum = tidy(given("eps", 1e-5)), tidy(given("momentum", 0.1))
    return one(layers.BatchNorm(eps=eps, momentum=momentum, gamma=gamma))


def _activation(kind: str) -> Reader:
    return lambda given: one(layers.Activation(kind=kind))


for word, functions in {
    "relu": (F.relu, F.relu_, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_),
    "relu6": (F.relu6,),
    "silu": (F.silu,),
    "sigmoid": (F.sigmoid, torch.sigmoid, torch.sigmoid_, Tensor.sigmoid, Tensor.sigmoid_),
    "tanh": (F.tanh, torch.tanh, torch.tanh_, Tensor.tanh, Tensor.tanh_),
    "mish": (F.mish,),
    "hardswish": (F.hardswish,),
    "hardsigmoid": (F.hardsigmoid,),
}.items():
    reads("input", *functions)(_activation(word))


@reads("input negative_slope inplace", F.leaky_relu, F.leaky_relu_)
def _leaky_relu(given: Given) -> tuple[Reading, ...]:
    slope = tidy(given("negative_slope", 0.01))
    if slope < 0:
        raise given.fault(f"is a leaky relu with a slope of {slope:g}, and a spec's is 0 or more")
    return one(layers.Activation(kind="leakyrelu", slope=None if slope == 0.01 else slope))


@reads("input weight", F.prelu, torch.prelu, Tensor.prelu)
def _prelu(given: Given) -> tuple[Reading, ...]:
    weight = given.weight("weight")
    assert weight is not None, "prelu always has a weight"
    return one(layers.Activation(kind="prelu", slope=None if weight.shape == (1,) else CHANNELWISE))


@reads("input alpha inplace", F.elu, F.elu_)
def _elu(given: Given) -> tuple[Reading, ...]:
    if given("alpha", 1.0) != 1:
        raise given.fault("is an elu with an alpha of its own, and a spec's has 1")
    return one(layers.Activation(kind="elu"))


@reads("input beta threshold", F.softplus)
def _softplus(given: Given) -> tuple[Reading, ...]:
    if (given("beta", 1), given("threshold", 20)) != (1, 20):
        raise given.fault("is a softplus of another beta or threshold than torch's own, 1 and 20")
    return one(layers.Activation(kind="softplus"))


@reads("input approximate", F.gelu)
def _gelu(given: Given) -> tuple[Reading, ...]:
    if given("approximate", "none") != "none":
        raise given.fault("approximates GELU, and a spec's gelu is exact")
    return one(layers.Activation(kind="gelu"))


@reads("input min_val max_val", F.hardtanh, F.hardtanh_)
def _hardtanh(given: Given) -> tuple[Reading, ...]:
    if (given("min_val", -1), given("max_val", 1)) != (0, 6):
        raise given.fault("clips to other bounds than 0 and 6, which relu6 has")
    return one(layers.Activation(kind="relu6"))


@reads(
    "input kernel_size stride padding dilation ceil_mode return_indices",
    F.max_pool2d,
    torch.max_pool2d,
)
def _max_pool(given: Given) -> tuple[Reading, ...]:
    if given.pair("dilation", 1) != (1, 1):
        raise given.fault("is a dilated max pool")
    return _pool(given, layers.MaxPool, {}, "max")


@reads(
    "input kernel_size stride padding ceil_mode count_include_pad divisor_override",
    F.avg_pool2d,
)
def _avg_pool(given: Given) -> tuple[Reading, ...]:
    if given("divisor_override"):
        raise given.fault("is an average pool with a divisor of its own")
    return _pool(given, layers.AvgPool, {"count_padding": given("count_include_pad", True)}, "avg")


def _pool(
    given: Given, kind: type[layers.MaxPool], more: dict[str, Any], mode: str
) -> tuple[Reading, ...]:
    """A sliding pool, which may be a global one where it covers the whole map."""
    kernel, padding = given.pair("kernel_size"), given.pair("padding", 0)
    stride = given.pair("stride") if given("stride") else kernel
    ceil = bool(given("ceil_mode", False)) and stride != (1, 1)  # No window is left over there.
    pool = kind(kernel=kernel, stride=stride, padding=padding, ceil=ceil, **more)
    whole = kernel == given.inp[1:] and padding == (0, 0)
    return ((pool,), (layers.GlobalPool(mode=mode),)) if whole else ((pool,),)


def _adaptive(mode: str) -> Reader:
    def reader(given: Given) -> tuple[Reading, ...]:
        size = given.pair("output_size")
        if size == (1, 1):
            return one(layers.GlobalPool(mode=mode))
        return one(layers.AdaptivePool(mode=mode, size=size))

    return reader


reads("input output_size", F.adaptive_avg_pool2d)(_adaptive("avg"))
reads("input output_size return_indices", F.adaptive_max_pool2d)(_adaptive("max"))


def _reduced(mode: str) -> Reader:
    """A mean or maximum over height and width."""

    def reader(given: Given) -> tuple[Reading, ...]:
        dims = given("dim", ())
        axes = {dim % 4 for dim in (dims if isinstance(dims, tuple) else (dims,))}
        if len(given.inp) != 3 or axes != {2, 3}:
            raise given.fault(f"reduces other axes than height and width (dim={dims})")
        pool = layers.GlobalPool(mode=mode)
        return ((pool,),) if given("keepdim", False) else ((pool, layers.Flatten()),)

    return reader


reads("input dim keepdim", torch.mean, Tensor.mean)(_reduced("avg"))
reads("input dim keepdim", torch.amax, Tensor.amax)(_reduced("max"))


@reads(
    "input",
    torch.flatten,
    torch.reshape,
    torch.squeeze,
    Tensor.flatten,
    Tensor.view,
    Tensor.reshape,
    Tensor.squeeze,
)
def _flatten(given: Given) -> tuple[Reading, ...]:
    shape, vector = given.call.shape, (prod(given.inp),)
    if given.call.merges and given.call.func in (torch.squeeze, Tensor.squeeze):
        help = "squeeze() takes the images' own axis too where there is one: say which, squeeze(-1)"
        raise given.fault(MERGES.why, help)
    if shape == given.inp or (shape == vector and given.inp == (*vector, 1)):
        return ((),)
    if shape not in (vector, (*vector, 1)):
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


@reads("input weight bias", F.linear)
def _linear(given: Given) -> tuple[Reading, ...]:
    weight, bias = given.weight("weight"), given.weight("bias")
    assert weight is not None, "linear always has a weight"
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
    if given("mode", "constant") != "constant" or min(sides) < 0 or len(given.inp) != 3:
        raise given.fault(f"pads with mode={given('mode', 'constant')} by {sides}")
    left, right, top, bottom = (*sides, 0, 0)[:4]
    if len(sides) > 4:
        raise given.fault("pads channels")
    return ((Pad(top, bottom, left, right, float(given("value", 0.0))),),)
