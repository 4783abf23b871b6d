"""Readers of what makes a map larger."""

from __future__ import annotations

from operator import mul

import torch.nn.functional as F

from compiler.importing.atoms import Reading
from compiler.importing.table import RANKS, Given, one, ranked, reads
from compiler.ops.upsample import LINEAR, NEAREST
from dsl.models import layers


def _deconv(given: Given) -> tuple[Reading, ...]:
    weight, bias = given.weight("weight"), given.weight("bias")
    assert weight is not None, "a transposed convolution always has a weight"
    _, width, *kernel = weight.shape
    groups = given("groups", 1)
    stride, dilation = given.axes("stride", 1), given.axes("dilation", 1)
    pads, extra = given.axes("padding", 0), given.axes("output_padding", 0)
    sizes = zip(kernel, dilation, stride, strict=True)
    over = [(side - 1) * apart + 1 - by for side, apart, by in sizes]
    kept = [each == 2 * pad - more for each, pad, more in zip(over, pads, extra, strict=True)]
    if any(extra) and not all(kept):
        what = f"output_padding={extra} that leaves no whole multiple of the map"
        raise given.fault(f"is a transposed convolution with an {what}")
    return one(
        layers.Deconv(
            kernel=tuple(kernel),
            width=width * groups,
            stride=stride,
            padding="same" if all(kept) else pads,
            dilation=dilation,
            groups=groups,
            bias=bias is not None,
            norm="none",
            act="none",
        )
    )


for rank in RANKS:
    names = "input weight bias stride padding output_padding groups dilation"
    ranked(rank, names, f"conv_transpose{rank}d", F)(_deconv)


@reads("input size scale_factor mode align_corners", F.interpolate)
def _upsample(given: Given) -> tuple[Reading, ...]:
    mode, grid, made = given("mode", NEAREST), given.inp[1:], given.call.shape[1:]
    linear = LINEAR[len(grid)]
    if mode not in (NEAREST, linear):
        raise given.fault(f"resizes by {mode}, and a spec's upsample by {NEAREST} or {linear}")
    if given("align_corners"):
        raise given.fault("puts corners on corners (align_corners=True), a spec's upsample doesn't")
    if given("scale_factor") is None:
        help = "give the model a scale_factor instead"
        raise given.fault("resizes to a size, and a spec's upsample by a factor", help)
    factor = tuple(new // old for new, old in zip(made, grid, strict=True))
    if made != tuple(map(mul, grid, factor)):
        raise given.fault(f"resizes {grid} to {made}, and a spec's factors are whole numbers")
    if set(factor) == {1}:
        return ((),)
    short = factor[:1] if len(set(factor)) == 1 else factor
    return one(layers.Upsample(factor=short, mode=mode))
