"""Transposed convolutions."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from operator import add
from typing import Any

from compiler.ir.facts import Axes, Enlarging, Work
from compiler.ir.facts import Saved as Kept
from compiler.ir.op import Call, Init, Op, Shape, ShapeFault
from compiler.ir.symbols import bracketed, is_plainly
from compiler.ops.upsample import bounded
from compiler.ops.window import POSITIONS, Sliding, every, fit, short, undivided


@dataclass(frozen=True, repr=False)
class Deconv(Op):
    """A transposed convolution: each position adds a kernel to a map that is `stride` times larger.

    It is the gradient of a convolution with that window: `padding` is what is cut off at both
    ends, `extra` what is kept again at the far one (torch's `output_padding`).
    MACs: inputs * (C_out / groups) * kh * kw, what is cut off included.
    """

    width: int
    slide: Sliding
    extra: Axes
    groups: int = 1
    bias: bool = False
    init: Init | None = field(default=None, compare=False)

    @property
    def family(self) -> str:
        return "conv"

    @property
    def label(self) -> str:
        return f"deconv {self.slide.text}"

    @property
    def notes(self) -> tuple[str, ...]:
        if is_plainly(self.groups, 1):
            return self.slide.notes
        return (*self.slide.notes, f"g{bracketed(self.groups)}")

    def out(self, x: Shape) -> Shape:
        fit(x, self.slide.kernel)
        if x.channels % self.groups or self.width % self.groups:
            raise undivided(self.groups, x.channels, self.width)
        return Shape(self.width, *bounded(map(self._size, self.slide.axes, x.grid)))

    def _size(self, axis: int, size: int) -> int:
        slide, cut = self.slide, 2 * int(self.slide.padding[axis])
        made = (size - 1) * int(slide.stride[axis]) + int(slide.span(axis)) + self.extra[axis]
        if made - cut < 1:
            what = POSITIONS[len(slide.kernel)][axis]
            message = f"padding {int(slide.padding[axis])} cuts off all of the {made} {what}"
            raise ShapeFault("E102", message, "it is cut off at both ends: take less")
        return made - cut

    def call(self, x: Shape) -> Call:
        slide, kwargs = self.slide, dict[str, Any]()
        ones = every(1, slide.kernel)
        if not is_plainly(slide.stride, ones):
            kwargs["stride"] = short(slide.stride)
        if slide.is_padded:
            kwargs["padding"] = short(slide.padding)
        if any(self.extra):
            kwargs["output_padding"] = short(self.extra)
        if not is_plainly(self.groups, 1):
            kwargs["groups"] = self.groups
        if not self.bias:
            kwargs["bias"] = False
        if not is_plainly(slide.dilation, ones):
            kwargs["dilation"] = short(slide.dilation)
        name = f"nn.ConvTranspose{len(slide.kernel)}d"
        return Call(name, (x.channels, self.width, short(slide.kernel)), kwargs)

    def params(self, x: Shape) -> dict[str, tuple[int, ...]]:
        shape = (int(x.channels), int(self.width) // int(self.groups), *self.slide.kernel)
        return {"weight": shape} | ({"bias": (int(self.width),)} if self.bias else {})

    def work(self, x: Shape) -> Work:
        outputs = self.out(x).elements
        each = int(self.width) // int(self.groups) * prod(map(int, self.slide.kernel))
        return Work(x.elements * each, outputs, outputs if self.bias else 0)

    def enlarging(self, x: Shape) -> Enlarging:
        """Position o gets tap t of position (o + padding - t * dilation) / stride."""
        slide = self.slide
        pads, spans, strides = (
            tuple(map(int, sides)) for sides in (slide.padding, slide.spans, slide.stride)
        )
        start = tuple(pad - span + 1 for pad, span in zip(pads, spans, strict=True))
        end = tuple(map(add, pads, strides))
        return Enlarging(slide.stride, start, end, slide.kernel, slide.dilation)

    def saved(self, x: Shape) -> Kept:
        return Kept(input=True)
