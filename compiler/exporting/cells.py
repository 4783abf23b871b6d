"""Adaptive poolings, which ONNX has for one cell alone."""

from __future__ import annotations

from operator import floordiv, mod

from compiler.exporting.place import Place
from compiler.exporting.windows import ints
from compiler.ops.pool import AdaptivePool


def adaptive_pool(op: AdaptivePool, at: Place) -> str:
    """Global where there is one cell, else a window, or slices where the cells aren't all equal.

    What isn't global is of a map of known size: `compiler.exporting.sizes` sees to that.
    """
    kind = "Average" if op.mode == "avg" else "Max"
    if op.is_global:
        return at.add(f"Global{kind}Pool", [at.x.name])
    grid, size = ints(at.x.shape.grid), ints(op.size)
    if not any(map(mod, grid, size)):
        kernel = tuple(map(floordiv, grid, size))
        return at.add(f"{kind}Pool", [at.x.name], kernel_shape=kernel, strides=kernel)
    return _by_axis(op, at, grid, size)


def _by_axis(op: AdaptivePool, at: Place, grid: tuple[int, ...], size: tuple[int, ...]) -> str:
    """Along one axis after the other: the mean of a cell is the mean of its rows' means."""
    x, last = at.x.name, len(grid) - 1
    for axis, (side, cells) in enumerate(zip(grid, size, strict=True)):
        rows = [
            _row(
                op,
                at,
                x,
                (axis, number),
                (number * side // cells, -(-(number + 1) * side // cells)),
            )
            for number in range(cells)
        ]
        x = at.add("Concat", rows, "" if axis == last else f"axis_{axis}", axis=axis + 2)
    return x


def _row(op: AdaptivePool, at: Place, x: str, which: tuple[int, int], ends: tuple[int, int]) -> str:
    axis, part = which[0] + 2, f"cell_{which[0]}_{which[1]}"
    places = (at.sizes(f"{part}_{word}", [n]) for word, n in zip(("from", "to"), ends, strict=True))
    found = at.add("Slice", [x, *places, at.sizes(f"{part}_axis", [axis])], f"{part}_rows")
    return reduced(at, "ReduceMean" if op.mode == "avg" else "ReduceMax", found, axis, part)


AXES_AS_INPUT = 18
"""From which opset on a reduction takes its axes as an input."""


def reduced(at: Place, op: str, x: str, axis: int, part: str = "") -> str:
    """A reduction over one axis, which stays with one position."""
    if at.opset < AXES_AS_INPUT:
        return at.add(op, [x], part, axes=(axis,), keepdims=1)
    return at.add(op, [x, at.sizes(f"{part or op}_over", [axis])], part, keepdims=1)
