"""Readers of activations."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from compiler.importing.atoms import Reading, tidy
from compiler.importing.table import Given, Reader, one, reads
from dsl.models import layers
from dsl.models.activations import CHANNELWISE


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
