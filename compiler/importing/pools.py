"""Readers of poolings, sliding, adaptive, and over the whole grid."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from compiler.importing.atoms import Reading, Reduced
from compiler.importing.table import Given, Reader, one, reads
from dsl.models import layers


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
        said = dims if isinstance(dims, tuple) else (dims,)
        axes = {dim % (len(given.inp) + 1) for dim in said}
        if len(given.inp) == 3 and axes == {2, 3}:
            pool = layers.GlobalPool(mode=mode)
            return ((pool,),) if given("keepdim", False) else ((pool, layers.Flatten()),)
        if axes and axes <= set(range(2, len(given.inp) + 1)):
            return ((Reduced(mode, tuple(sorted(axes))),),)
        raise given.fault(f"reduces other axes than height and width (dim={dims})")

    return reader


reads("input dim keepdim", torch.mean, Tensor.mean)(_reduced("avg"))
reads("input dim keepdim", torch.amax, Tensor.amax)(_reduced("max"))
