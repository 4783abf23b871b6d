"""Poolings: sliding, adaptive and global."""

from __future__ import annotations

from dataclasses import dataclass
from operator import add, floordiv, mod
from typing import Any

from compiler.ir.facts import Axes, Extra, Window, Work
from compiler.ir.facts import Saved as Kept
from compiler.ir.op import Call, Ending, Op, Shape, ShapeFault
from compiler.ir.symbols import is_plainly, same
from compiler.ops.window import Sliding, axes_text, every, fit, short
from dsl.models.extent import kernel_text


@dataclass(frozen=True, repr=False)
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
        if slide.is_padded:
            kwargs["padding"] = short(slide.padding)
        if slide.ceil:
            kwargs["ceil_mode"] = True
        return kwargs


@dataclass(frozen=True, repr=False)
class MaxPool(Pool):
    """Maximum over each window; padding never wins."""

    @property
    def label(self) -> str:
        return f"max pool {self.slide.text}"

    def call(self, x: Shape) -> Call:
        rank = len(self.slide.kernel)
        name = f"MaxPool{rank}dSame" if self.slide.tf_same else f"nn.MaxPool{rank}d"
        kwargs = self._kwargs()
        if not is_plainly(self.slide.dilation, every(1, self.slide.kernel)):
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


@dataclass(frozen=True, repr=False)
class AvgPool(Pool):
    """Mean over each window; `count_padding` says whether padded zeros count."""

    count_padding: bool = True

    @property
    def label(self) -> str:
        return f"avg pool {self.slide.text}"

    def out(self, x: Shape) -> Shape:
        slide, sides = self.slide, zip(x.grid, self.slide.kernel, strict=False)
        if len(x.grid) == 3 and not slide.tf_same and any(n < side for n, side in sides):
            what = f"an average over {kernel_text(slide.kernel)} needs a map as large"
            raise ShapeFault("E102", f"{what} without its padding in a clip, this one is {x}")
        return super().out(x)

    @property
    def _pads(self) -> bool:
        return self.slide.tf_same or self.slide.is_padded

    def call(self, x: Shape) -> Call:
        rank = len(self.slide.kernel)
        name = f"AvgPool{rank}dSame" if self.slide.tf_same else f"nn.AvgPool{rank}d"
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

    def launches(self, x: Shape) -> int:
        if not self._divides:
            return super().launches(x)
        padded = bool(self.slide.padded_elements(x))
        return 4 + 2 * padded  # The map and the ones are pooled, and each is padded before.

    def flattens(self, x: Shape) -> bool:
        window = self.slide.window(x)
        pads = map(sum, zip(window.before, window.after, strict=True))
        seen = tuple(map(add, x.grid, pads)) if self.slide.tf_same else x.grid
        return seen == self.slide.kernel and not self.slide.is_unit and self.out(x).is_point

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


@dataclass(frozen=True, repr=False)
class AdaptivePool(Op):
    """Average or maximum over a fixed number of cells, whatever the input's size."""

    size: Axes
    mode: str = "avg"

    @property
    def family(self) -> str:
        return "pool"

    @property
    def label(self) -> str:
        if is_plainly(self.size, every(1, self.size)):
            return f"global {self.mode} pool"
        return f"adaptive {self.mode} pool {axes_text(self.size)}"

    def out(self, x: Shape) -> Shape:
        fit(x, self.size)
        return Shape(x.channels, *self.size)

    def call(self, x: Shape) -> Call:
        mode = "Avg" if self.mode == "avg" else "Max"
        return Call(f"nn.Adaptive{mode}Pool{len(self.size)}d", (short(self.size),))

    def work(self, x: Shape) -> Work:
        return Work(pool_elems=self.out(x).elements)

    def window(self, x: Shape) -> Window | None:
        if self.flattens(x):
            return None
        kernel = tuple(map(floordiv, x.grid, self.size))
        none, ones = every(0, kernel), every(1, kernel)
        return Window(kernel, kernel, none, none, ones)

    def ending(self, x: Shape, before: Ending) -> Ending:
        return "altered" if before == "softmax" and self.mode == "max" else before

    def flattens(self, x: Shape) -> bool:
        return self.is_global or any(map(mod, x.grid, self.size))

    @property
    def is_global(self) -> bool:
        """Whether it gives one number a channel."""
        return self.size == every(1, self.size)

    def peaks(self, x: Shape) -> tuple[Extra, ...]:
        pooled = self.out(x).elements
        return (Extra(pooled, indices=pooled if self.mode == "max" else 0),)

    def saved(self, x: Shape) -> Kept:
        if self.mode == "max":
            return Kept(input=True, extra=Extra(indices=self.out(x).elements))
        return Kept(input=not self.is_global)
