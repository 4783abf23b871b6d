"""Poolings: sliding, adaptive and global."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from compiler.ir.op import Call, Ending, Extra, Op, Pair, Shape, ShapeFault, Window, Work
from compiler.ir.op import Saved as Kept
from compiler.ir.symbols import is_plainly, same
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
        if not same(slide.stride, slide.kernel):
            kwargs["stride"] = short(slide.stride)
        if not is_plainly(slide.padding, (0, 0)) and not slide.tf_same:
            kwargs["padding"] = short(slide.padding)
        if slide.ceil:
            kwargs["ceil_mode"] = True
        return kwargs


@dataclass(frozen=True)
class MaxPool(Pool):
    """Maximum over each window; padding never wins."""

    @property
    def label(self) -> str:
        return f"max pool {self.slide.text}"

    def call(self, x: Shape) -> Call:
        name = "MaxPool2dSame" if self.slide.tf_same else "nn.MaxPool2d"
        kwargs = self._kwargs()
        if not is_plainly(self.slide.dilation, (1, 1)):
            kwargs["dilation"] = short(self.slide.dilation)
        return Call(name, (short(self.slide.kernel),), kwargs)

    def ending(self, x: Shape, before: Ending) -> Ending:
        return "altered" if before == "softmax" else before

    def saved(self, x: Shape) -> Kept:
        indices = self.out(x).elements
        if self.slide.tf_same:
            return Kept(extra=Extra(self.slide.padded_elements(x), indices=indices))
        return Kept(input=True, extra=Extra(indices=indices))

    def peaks(self, x: Shape) -> tuple[Extra, ...]:
        pooled = self.out(x).elements
        padded = self.slide.padded_elements(x) if self.slide.tf_same else 0
        return (Extra(pooled + padded, indices=pooled),)


@dataclass(frozen=True)
class AvgPool(Pool):
    """Mean over each window; `count_padding` says whether padded zeros count."""

    count_padding: bool = True

    @property
    def label(self) -> str:
        return f"avg pool {self.slide.text}"

    @property
    def _pads(self) -> bool:
        return self.slide.tf_same or not is_plainly(self.slide.padding, (0, 0))

    def call(self, x: Shape) -> Call:
        name = "AvgPool2dSame" if self.slide.tf_same else "nn.AvgPool2d"
        kwargs = self._kwargs()
        if self._pads and not self.count_padding:
            kwargs["count_include_pad"] = False
        return Call(name, (short(self.slide.kernel),), kwargs)

    def ending(self, x: Shape, before: Ending) -> Ending:
        dimmed = self._pads and self.count_padding
        return "altered" if before == "softmax" and dimmed else before

    @property
    def _divides(self) -> bool:
        """Whether it divides by the number of pixels in each window, pooled from ones."""
        return self.slide.tf_same and not self.count_padding

    def _ones(self, x: Shape) -> tuple[int, int, int]:
        """Elements of the ones, of the ones padded, and of the shares of pixels in each window."""
        plane = Shape(1, *x.grid)
        return plane.elements, self.slide.padded_elements(plane), self.out(plane).elements

    def work(self, x: Shape) -> Work:
        if not self._divides:
            return super().work(x)
        pooled, padded = self.out(x).elements, self.slide.padded_elements(x)
        ones = sum(self._ones(x))
        return Work(pool_elems=pooled, eltwise_elems=padded + pooled, constants=ones)

    def flattens(self, x: Shape) -> bool:
        window = self.slide.window(x)
        pads = (
            zip(window.before, window.after, strict=True) if self.slide.tf_same else ((0, 0),) * 2
        )
        seen = tuple(size + sum(pad) for size, pad in zip(x.grid, pads, strict=True))
        return seen == self.slide.kernel != (1, 1) and self.out(x).grid == (1, 1)

    def peaks(self, x: Shape) -> tuple[Extra, ...]:
        pooled = self.out(x).elements
        padded = self.slide.padded_elements(x) if self.slide.tf_same else 0
        if not self._divides:
            return (Extra(pooled + padded),)
        plane, ones, shares = self._ones(x)
        counting = Extra(pooled, plane + ones + shares)
        return Extra(pooled + padded), counting, Extra(2 * pooled, plane + shares)

    def saved(self, x: Shape) -> Kept:
        if not self.slide.tf_same:
            return Kept(input=True)
        shares = self._ones(x)[2] if self._divides else 0
        return Kept(extra=Extra(self.slide.padded_elements(x), fixed=shares))


@dataclass(frozen=True)
class AdaptivePool(Op):
    """Average or maximum over a fixed number of cells, whatever the input's size."""

    size: Pair
    mode: str = "avg"

    @property
    def family(self) -> str:
        return "pool"

    @property
    def label(self) -> str:
        if is_plainly(self.size, (1, 1)):
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

    def window(self, x: Shape) -> Window | None:
        if self.flattens(x):
            return None
        kernel = (x.grid[0] // self.size[0], x.grid[1] // self.size[1])
        return Window(kernel, kernel)

    def ending(self, x: Shape, before: Ending) -> Ending:
        return "altered" if before == "softmax" and self.mode == "max" else before

    def flattens(self, x: Shape) -> bool:
        uneven = x.grid[0] % self.size[0] or x.grid[1] % self.size[1]
        return self.size == (1, 1) or bool(uneven)

    def peaks(self, x: Shape) -> tuple[Extra, ...]:
        pooled = self.out(x).elements
        return (Extra(pooled, indices=pooled if self.mode == "max" else 0),)

    def saved(self, x: Shape) -> Kept:
        if self.mode == "max":
            return Kept(input=True, extra=Extra(indices=self.out(x).elements))
        return Kept(input=self.size != (1, 1))
