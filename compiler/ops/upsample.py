"""Larger maps without weights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import mul
from typing import Any

from compiler.ir.facts import Axes, Enlarging, Work
from compiler.ir.op import Call, Ending, Op, Shape, ShapeFault
from compiler.ir.symbols import is_plainly
from compiler.ops.window import POSITIONS, every, fit, pair_text, short
from dsl.models.extent import number_of_axes, the_map
from dsl.models.fields import RESAMPLING
from dsl.models.scalars import MOST

NEAREST, *_BETWEEN = RESAMPLING
LINEAR = ("", *_BETWEEN)
"""What interpolation along every axis is called, by how many there are."""


@dataclass(frozen=True, repr=False)
class Upsample(Op):
    """`factor` times as many positions along each axis: repeated, or interpolated between.

    Interpolation is along each axis for itself, between the middles of positions, and past the
    outer ones it stays what these are: torch's `align_corners=False`.
    """

    factor: Axes
    mode: str = NEAREST

    @property
    def label(self) -> str:
        return f"upsample {pair_text(self.factor)}"

    @property
    def notes(self) -> tuple[str, ...]:
        return () if self.mode == NEAREST else (self.mode,)

    def out(self, x: Shape) -> Shape:
        fit(x, self.factor)
        if self.mode not in (NEAREST, LINEAR[len(self.factor)]):
            axes = number_of_axes(LINEAR.index(self.mode))
            message, help = f"{self.mode} is for {axes}, {the_map(x)}", LINEAR[len(self.factor)]
            raise ShapeFault("E114", message, f"write {help}", field="mode")
        if is_plainly(self.factor, every(1, self.factor)):
            raise ShapeFault("E013", "enlarging a map by 1 changes nothing", "leave it out")
        return Shape(x.channels, *bounded(map(mul, x.grid, map(int, self.factor))))

    def call(self, x: Shape) -> Call:
        kwargs: dict[str, Any] = {"scale_factor": short(self.factor)}
        if self.mode != NEAREST:
            kwargs["mode"] = self.mode
        return Call("nn.Upsample", (), kwargs)

    def work(self, x: Shape) -> Work:
        return Work(eltwise_elems=self.out(x).elements)

    def enlarging(self, x: Shape) -> Enlarging:
        ends = [_seen(int(by), self.mode) for by in self.factor]
        start, end = zip(*ends, strict=True)
        return Enlarging(self.factor, start, end)

    def ending(self, x: Shape, before: Ending) -> Ending:
        return before


def _seen(by: int, mode: str) -> tuple[int, int]:
    """Along one axis, what an even window needs to hold what each position reads, in 1/by.

    Nearest reads the position i // by. Interpolation reads those on either side of
    (i + 1/2) / by - 1/2; one alone where it falls on that.
    """
    if mode == NEAREST:
        return 1 - by, by
    return -((3 * by - 2) // 2), 3 * by // 2


def bounded(grid: Iterable[int]) -> Axes:
    """A grid that was made larger. Raises `ShapeFault` where it is larger than any input's."""
    sides = tuple(grid)
    for what, size in zip(POSITIONS[len(sides)], sides, strict=True):
        if size > MOST:
            message = f"makes {int(size):,} {what}, and {MOST:,} is the most"
            raise ShapeFault("E013", message, "enlarge less")
    return sides
