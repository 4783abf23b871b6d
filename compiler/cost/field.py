"""Receptive fields and padding waste: exact arithmetic of sliding windows, per axis."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, reduce
from typing import TYPE_CHECKING, NamedTuple

from compiler.ir.facts import Axes, Enlarging, Window
from compiler.ir.once import once
from compiler.ir.op import Op, Shape
from dsl.text.memory import by_value

if TYPE_CHECKING:
    from fractions import Fraction


Pixels = tuple[float, ...]
"""Per axis; whole numbers but where a map was made larger."""


class Field(NamedTuple):
    """How one position of a map sees the image: pixels per axis each, (h, w) of an image."""

    size: Pixels
    stride: Pixels
    padding: Pixels


class Axis(NamedTuple):
    """Position i sees the pixels from start + i * jump up to, not including, end + i * jump.

    Exact fractions behind what made the map larger.
    """

    start: int | Fraction = 0
    end: int | Fraction = 1
    jump: int | Fraction = 1

    def then(self, inner: Axis) -> Axis:
        """The axis behind something that sees this one as `inner`.

        >>> Axis().then(sliding(7, 2, 3, 1)).then(sliding(3, 2, 0, 1))
        Axis(start=-3, end=8, jump=4)
        """
        jump = self.jump
        return Axis(
            self.start + inner.start * jump, self.end + (inner.end - 1) * jump, jump * inner.jump
        )

    def hull(self, other: Axis) -> Axis:
        """The smallest window that holds both, and the larger step."""
        start, end = min(self.start, other.start), max(self.end, other.end)
        return Axis(start, end, max(self.jump, other.jump))


PIXEL = Axis()


def sliding(kernel: int, stride: int, before: int, dilation: int) -> Axis:
    """What a window that slides over an axis sees of it."""
    return Axis(-before, (kernel - 1) * dilation - before + 1, stride)


def growing(factor: int, start: int, end: int) -> Axis:
    """What is seen of an axis by one of so many times as many positions.

    >>> growing(2, -1, 2)
    Axis(start=Fraction(-1, 2), end=Fraction(1, 1), jump=Fraction(1, 2))
    """
    from fractions import Fraction  # Few networks need it, and it takes time to load.

    factor = int(factor)
    return Axis(Fraction(start, factor), Fraction(end, factor), Fraction(1, factor))


def pixels(numbers: Iterable[int | Fraction]) -> Pixels:
    """Numbers as they are told: whole ones as such."""
    return tuple(int(each) if each == int(each) else float(each) for each in numbers)


def pixels_text(number: float) -> str:
    """A number of pixels, a part of one to three digits."""
    return str(number) if isinstance(number, int) else f"{number:.3f}".rstrip("0")


@dataclass(frozen=True)
class Trace:
    """What a tensor sees of the image, per axis; past the last map, what that map saw."""

    axes: tuple[Axis, ...]
    spatial: bool = True

    @once
    def field(self) -> Field:
        """Sizes, steps and offsets in pixels."""
        size = pixels(axis.end - axis.start for axis in self.axes)
        jumps = pixels(axis.jump for axis in self.axes)
        return Field(size, jumps, pixels(-axis.start for axis in self.axes))

    def then(self, inner: Trace) -> Trace:
        """The trace behind something that sees this tensor as `inner`."""
        if not self.spatial or inner is still(len(self.axes)):
            return self
        return Trace(tuple(map(Axis.then, self.axes, inner.axes)), inner.spatial)

    def hull(self, other: Trace) -> Trace:
        """What a join sees. A pooled gate beside a map doesn't blur the map's field."""
        if self.spatial != other.spatial:
            return self if self.spatial else other
        return Trace(tuple(map(Axis.hull, self.axes, other.axes)), self.spatial)


def _along(window: Window, axis: int) -> tuple[int, int, int, int]:
    """Kernel, stride, rows padded before, and dilation."""
    kernel, stride = int(window.kernel[axis]), int(window.stride[axis])
    return kernel, stride, int(window.before[axis]), int(window.dilation[axis])


@cache
def still(rank: int) -> Trace:
    """What sees each position of so many axes as it is."""
    return Trace((PIXEL,) * rank)


@cache
def everywhere(rank: int) -> Trace:
    """What sees the whole map at once, of so many axes."""
    return Trace((PIXEL,) * rank, spatial=False)


def followed(op: Op, x: Shape) -> Trace:
    """What one position behind a layer sees of what is before it."""
    if op.flattens(x):
        return everywhere(len(x.grid))
    if enlarging := op.enlarging(x):
        axes = map(growing, enlarging.factor, enlarging.start, enlarging.end)
        return Trace(tuple(axes))
    window = op.window(x)
    if window is None:
        return still(len(x.grid))
    return _slid(window)


@by_value(1024)
def _slid(window: Window) -> Trace:
    """What one position behind a window sees."""
    return Trace(tuple(sliding(*_along(window, axis)) for axis in range(len(window.kernel))))


def joined(traces: Iterable[Trace]) -> Trace:
    """The trace of a join of branches."""
    return reduce(Trace.hull, traces)


@by_value(4096)
def reads(size: int, outs: int, kernel: int, stride: int, before: int, dilation: int) -> int:
    """Along one axis, how many of the `outs * kernel` taps read one of `size` pixels.

    >>> reads(5, 5, 3, 1, 1, 1)
    13
    """
    total = 0
    for tap in range(kernel):
        offset = tap * dilation - before
        first = max(0, -(-(0 - offset) // stride))
        last = min(outs - 1, (size - 1 - offset) // stride)
        total += max(0, last - first + 1)
    return total


def _cut(enlarging: Enlarging) -> tuple[Axes, ...]:
    """Per axis kernel, stride, what is cut off before the map, and dilation."""
    ends = zip(enlarging.end, enlarging.factor, strict=True)
    cut = tuple(end - int(factor) for end, factor in ends)
    kernel, stride, dilation = (
        tuple(map(int, sides)) for sides in (enlarging.kernel, enlarging.factor, enlarging.dilation)
    )
    return kernel, stride, cut, dilation


def effective(macs: int, op: Op, x: Shape) -> int:
    """The multiply-accumulates of a layer that read a pixel; all of them without a window.

    Of a transposed convolution those that aren't cut off: its taps write, and the larger map is
    what they may miss.
    """
    if macs and (enlarging := op.enlarging(x)) and enlarging.kernel:
        sides = zip(x.grid, op.out(x).grid, *_cut(enlarging), strict=True)
        for size, outs, kernel, *rest in sides:
            macs = macs // (int(size) * kernel) * reads(int(outs), int(size), kernel, *rest)
        return macs
    window = op.window(x) if macs else None
    if window is None:
        return macs
    for taps, read in _taps(window, x.grid, op.out(x).grid):
        macs = macs // taps * read
    return macs


@by_value(1024)
def _taps(window: Window, grid: Axes, outs: Axes) -> list[tuple[int, int]]:
    """Along each axis, the taps of all places of a window, and how many of them read a pixel."""
    slides = [_along(window, axis) for axis in range(len(grid))]
    return [
        (int(out) * slide[0], reads(int(size), int(out), *slide))
        for size, out, slide in zip(grid, outs, slides, strict=True)
    ]
