"""How much a transposed convolution cuts off, as its padding is said."""

from __future__ import annotations

from compiler.ir.facts import Axes
from compiler.lowering.scope import Scope
from compiler.ops.window import Sliding, every, pad_text
from dsl.models import layers
from dsl.models.extent import kernel_text
from dsl.models.kernels import PADDINGS


def deconv_window(step: layers.Deconv, rank: int, scope: Scope) -> tuple[Sliding, Axes]:
    """The window, and what is kept again of what its padding cuts off at the far end."""
    kernel, stride, dilation = (
        scope.axes(step, name, rank) for name in ("kernel", "stride", "dilation")
    )
    given = scope.value(step, "padding")
    if isinstance(given, (tuple, int, float)):
        pads = scope.axes(step, "padding", rank, least=0)
        return Sliding(kernel, stride, pads, dilation, mode=pad_text(pads)), every(0, kernel)
    mode = scope.word(step, "padding", PADDINGS)
    slide = Sliding(kernel, stride, (), dilation, mode=mode if given is not None else "")
    if mode == "valid":
        return Sliding(kernel, stride, (), dilation, mode="valid"), every(0, kernel)
    over = tuple(map(_over, slide.spans, stride))
    for each, by in zip(over, stride, strict=True):
        if each > 0 and each % 2 and by == 1:
            message = f"{kernel_text(kernel)} can't keep the grid with equal padding"
            help = "an even kernel needs a stride, valid or pad="
            scope.fail("E110", step.at.of("kernel"), message, help=help)
        if each > 0 and each % 2 and mode == "tf_same":
            message = f"tf_same cuts off {each} of a deconv {kernel_text(kernel)}, one end more"
            help = "torch cuts off as much at both: write same, or another kernel"
            scope.fail("E110", step.at.of("kernel"), message, help=help)
    pads = tuple((max(each, 0) + 1) // 2 for each in over)
    extra = tuple(2 * pad - each for pad, each in zip(pads, over, strict=True))
    return Sliding(kernel, stride, pads, dilation, mode=slide.mode), extra


def _over(span: int, stride: int) -> int:
    """By how many positions a map gets more than `stride` times as large."""
    return int(span) - int(stride)
