"""Poolings: sliding, adaptive and global."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from compiler.ir import Call, Op, Pair, Shape, ShapeFault, Window, Work
from compiler.ir import Saved as Kept
from compiler.ops.window import FLAT_HELP, Sliding, short


@dataclass(frozen=True)
class Pool(Op):
    """What the sliding poolings share."""

    slide: Sliding

    @property
    def family(self) -> str:
        return "pool"

    @property
    def notes(self) -> tuple[str, ...]:
        return self.slide.notes

    def out(self, x: Shape) -> Shape:
        return Shape(x.channels, *self.slide.grid(x))

    def window(self, x: Shape) -> Window:
        return self.slide.window(x)

    def work(self, x: Shape) -> Work:
        padded = self.slide.padded_elements(x) if self.slide.tf_same else 0
        return Work(pool_elems=self.out(x).elements, eltwise_elems=padded)

    def _kwargs(self) -> dict[str, Any]:
        """Keyword arguments as torch takes them; torch's stride defaults to the kernel."""
        slide, kwargs = self.slide, dict[str, Any]()
        if slide.stride != slide.kernel:
            kwargs["stride"] = short(slide.stride)
        if slide.padding != (0, 0) and not slide.tf_same:
            kwargs["padding"] = short(slide.padding)
        if slide.ceil:
            kwargs["ceil_mode"] = True
        return kwargs


@dataclass(frozen=True)
class MaxPool2d(Pool):
    """Maximum over each window; padding never wins."""

    @property
    def label(self) -> str:
        return f"max pool {self.slide.text}"

    def call(self, x: Shape) -> Call:
        name = "MaxPool2dSame" if self.slide.tf_same else "nn.MaxPool2d"
        kwargs = self._kwargs()
        if self.slide.dilation != (1, 1):
            kwargs["dilation"] = short(self.slide.dilation)
        return Call(name, (short(self.slide.kernel),), kwargs)

    def saved(self, x: Shape) -> Kept:
        indices = 8 * self.out(x).elements
        if self.slide.tf_same:
            return Kept(extra=indices + 4 * self.slide.padded_elements(x))
        return Kept(input=True, extra=indices)

    def scratch(self, x: Shape, training: bool) -> int:
        padded = 4 * self.slide.padded_elements(x) if self.slide.tf_same else 0
        return padded + 8 * self.out(x).elements


@dataclass(frozen=True)
class AvgPool2d(Pool):
    """Mean over each window; `count_padding` says whether padded zeros count."""

    count_padding: bool = True

    @property
    def label(self) -> str:
        return f"avg pool {self.slide.text}"

    @property
    def _pads(self) -> bool:
        return self.slide.tf_same or self.slide.padding != (0, 0)

    def call(self, x: Shape) -> Call:
        name = "AvgPool2dSame" if self.slide.tf_same else "nn.AvgPool2d"
        kwargs = self._kwargs()
        if self._pads and not self.count_padding:
            kwargs["count_include_pad"] = False
        return Call(name, (short(self.slide.kernel),), kwargs)


@dataclass(frozen=True)
class AdaptivePool2d(Op):
    """Average or maximum over a fixed number of cells, whatever the input's size."""

    size: Pair
    mode: str = "avg"

    @property
    def family(self) -> str:
        return "pool"

    @property
    def label(self) -> str:
        if self.size == (1, 1):
            return f"global {self.mode} pool"
        return f"adaptive {self.mode} pool {self.size[0]}×{self.size[1]}"

    def out(self, x: Shape) -> Shape:
        if not x.is_map:
            raise ShapeFault("E106", f"needs a map (C, H, W), gets a vector of {x}", FLAT_HELP)
        return Shape(x.channels, *self.size)

    def call(self, x: Shape) -> Call:
        name = "nn.AdaptiveAvgPool2d" if self.mode == "avg" else "nn.AdaptiveMaxPool2d"
        return Call(name, (short(self.size),))

    def work(self, x: Shape) -> Work:
        return Work(pool_elems=self.out(x).elements)
