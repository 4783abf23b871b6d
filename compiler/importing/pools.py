"""Readers of poolings, sliding, adaptive, and over the whole grid."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from compiler.importing.atoms import Reading, Reduced
from compiler.importing.table import RANKS, Given, Reader, one, ranked, reads
from dsl.models import layers


def _max_pool(given: Given) -> tuple[Reading, ...]:
    if any(by != 1 for by in given.axes("dilation", 1)):
        raise given.fault("is a dilated max pool")
    return _pool(given, layers.MaxPool, {}, "max")


def _avg_pool(given: Given) -> tuple[Reading, ...]:
    if given("divisor_override"):
        raise given.fault("is an average pool with a divisor of its own")
    return _pool(given, layers.AvgPool, {"count_padding": given("count_include_pad", True)}, "avg")


def _pool(
    given: Given, kind: type[layers.MaxPool], more: dict[str, Any], mode: str
) -> tuple[Reading, ...]:
    """A sliding pool, which may be a global one where it covers the whole map."""
    kernel, padding = given.axes("kernel_size"), given.axes("padding", 0)
    stride = given.axes("stride") if given("stride") else kernel
    moves = any(by != 1 for by in stride)  # Else no window is left over.
    ceil = bool(given("ceil_mode", False)) and moves
    pool = kind(kernel=kernel, stride=stride, padding=padding, ceil=ceil, **more)
    whole = kernel == given.inp[1:] and not any(padding)
    return ((pool,), (layers.GlobalPool(mode=mode),)) if whole else ((pool,),)


def _adaptive(mode: str) -> Reader:
    def reader(given: Given) -> tuple[Reading, ...]:
        size = given.axes("output_size")
        if all(side == 1 for side in size):
            return one(layers.GlobalPool(mode=mode))
        return one(layers.AdaptivePool(mode=mode, size=size))

    return reader


MAX = "input kernel_size stride padding dilation ceil_mode return_indices"
AVG = "input kernel_size stride padding ceil_mode count_include_pad"
ADAPTIVE = "input output_size return_indices"
for rank in RANKS:  # A mean over series has no divisor of its own.
    ranked(rank, MAX, f"max_pool{rank}d", F, torch)(_max_pool)
    ranked(rank, AVG + " divisor_override" * (rank > 1), f"avg_pool{rank}d", F)(_avg_pool)
    ranked(rank, "input output_size", f"adaptive_avg_pool{rank}d", F)(_adaptive("avg"))
    ranked(rank, ADAPTIVE, f"adaptive_max_pool{rank}d", F)(_adaptive("max"))


AXES = {1: "the length", 2: "height and width", 3: "frames, height and width"}


def _reduced(mode: str) -> Reader:
    """A mean or maximum over height and width, or whatever axes the input has."""

    def reader(given: Given) -> tuple[Reading, ...]:
        dims = given("dim", ())
        said = dims if isinstance(dims, tuple) else (dims,)
        axes, grid = {dim % (len(given.inp) + 1) for dim in said}, set(range(2, len(given.inp) + 1))
        if given.is_map and axes == grid:
            pool = layers.GlobalPool(mode=mode)
            return ((pool,),) if given("keepdim", False) else ((pool, layers.Flatten()),)
        if axes and axes <= grid:
            return ((Reduced(mode, tuple(sorted(axes)), AXES[given.rank]),),)
        raise given.fault(f"reduces other axes than {AXES[given.rank]} (dim={dims})")

    return reader


reads("input dim keepdim", torch.mean, Tensor.mean)(_reduced("avg"))
reads("input dim keepdim", torch.amax, Tensor.amax)(_reduced("max"))
