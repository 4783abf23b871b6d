"""Convolutions."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any

from compiler.ir.facts import Extra, Window, Work
from compiler.ir.facts import Saved as Kept
from compiler.ir.op import Call, Init, Op, Shape
from compiler.ir.symbols import bracketed, is_plainly
from compiler.ops.window import Sliding, every, short, undivided

CONV, DEPTHWISE, POINTWISE = "conv", "depthwise", "pointwise"
"""What a unit calls its convolutions: the one, or the two halves of a separable one.

State dicts have these names, and which half a convolution is can't be told from its numbers.
"""


@dataclass(frozen=True, repr=False)
class Conv(Op):
    """A convolution (cross-correlation) of `width` filters over a map of any rank.

    MACs: outputs * (C_in / groups) * kh * kw, padding taps included.
    """

    width: int
    slide: Sliding
    groups: int = 1
    bias: bool = False
    init: Init | None = field(default=None, compare=False)

    def out(self, x: Shape) -> Shape:
        if x.is_map and (x.channels % self.groups or self.width % self.groups):
            raise undivided(self.groups, x.channels, self.width)
        return Shape(self.width, *self.slide.grid(x))

    def call(self, x: Shape) -> Call:
        slide, kwargs = self.slide, dict[str, Any]()
        rank, ones = len(slide.kernel), every(1, slide.kernel)
        if not is_plainly(slide.stride, ones):
            kwargs["stride"] = short(slide.stride)
        if slide.is_padded:
            kwargs["padding"] = short(slide.padding)
        if not is_plainly(slide.dilation, ones):
            kwargs["dilation"] = short(slide.dilation)
        if not is_plainly(self.groups, 1):
            kwargs["groups"] = self.groups
        if not self.bias:
            kwargs["bias"] = False
        name = f"Conv{rank}dSame" if slide.tf_same else f"nn.Conv{rank}d"
        return Call(name, (x.channels, self.width, short(slide.kernel)), kwargs)

    @property
    def family(self) -> str:
        if self.slide.is_unit:
            return "pointwise"
        return "conv" if len(set(self.slide.kernel)) == 1 else "factorised"

    @property
    def label(self) -> str:
        return self.slide.text

    @property
    def notes(self) -> tuple[str, ...]:
        if is_plainly(self.groups, 1):
            return self.slide.notes
        return (*self.slide.notes, f"g{bracketed(self.groups)}")

    def params(self, x: Shape) -> dict[str, tuple[int, ...]]:
        shape = (int(self.width), int(x.channels) // int(self.groups), *self.slide.kernel)
        return {"weight": shape} | ({"bias": (int(self.width),)} if self.bias else {})

    def work(self, x: Shape) -> Work:
        outputs, kernel = self.out(x).elements, self.slide.kernel
        taps = int(x.channels) // int(self.groups) * prod(kernel)
        padded = self.slide.padded_elements(x) if self.slide.tf_same else 0
        bias_adds = outputs if self.bias else 0
        return Work(outputs * taps, outputs, bias_adds, eltwise_elems=padded)

    def window(self, x: Shape) -> Window:
        return self.slide.window(x)

    def saved(self, x: Shape) -> Kept:
        if self.slide.tf_same:
            return Kept(extra=Extra(self.slide.padded_elements(x)))
        return Kept(input=True)

    def peaks(self, x: Shape) -> tuple[Extra, ...]:
        if not self.slide.tf_same:
            return ()
        return (Extra(self.out(x).elements + self.slide.padded_elements(x)),)
