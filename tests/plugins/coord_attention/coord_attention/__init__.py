"""Coordinate attention (arXiv:2103.02907) as a layer: `coordatt 32`.

A map is averaged along each axis, what all the averages have in common is squeezed out of them
together, and each then scales the map along its axis. The paper has two axes; one and three follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from math import prod
from typing import Annotated, Any

from compiler.plugins import (
    Call,
    Extra,
    Family,
    Layer,
    LayerKind,
    Op,
    Saved,
    Shape,
    ShapeFault,
    Spelled,
    Whole,
    Work,
)

LEAST = 8
"""Channels between squeezing and expanding, at least."""


class CoordAtt(Layer):
    """`coordatt 32`: by what the channels are divided in between."""

    keyword = "coordatt"
    example = "coordatt 32"
    auto = "attention"
    weighted = True
    reduction: Annotated[Whole, Spelled(place=True)] = 32


@dataclass(frozen=True)
class CoordinateAttention(Op):
    """The facts of it. Below, c are channels, m those in between, s the sum of the sides."""

    reduction: int = 32

    @property
    def family(self) -> str:
        return "attention"

    @property
    def label(self) -> str:
        return "coordinate attention"

    @property
    def notes(self) -> tuple[str, ...]:
        return (f"÷{self.reduction}",)

    def out(self, x: Shape) -> Shape:
        if not x.is_map:
            raise ShapeFault("E106", f"needs a map, gets a vector of {x}")
        return x

    def call(self, x: Shape) -> Call:
        given = {} if self.reduction == 32 else {"reduction": self.reduction}
        return Call("CoordinateAttention", (x.channels, len(x.grid)), given)

    def _sizes(self, x: Shape) -> tuple[int, int, int]:
        c = int(x.channels)
        return c, max(LEAST, c // int(self.reduction)), sum(map(int, x.grid))

    def params(self, x: Shape) -> dict[str, tuple[int, ...]]:
        c, m, _ = self._sizes(x)
        found: dict[str, tuple[int, ...]] = {
            "squeeze.weight": (m, c, 1),
            "squeeze.bias": (m,),
            "norm.weight": (m,),
            "norm.bias": (m,),
        }
        for axis in range(len(x.grid)):
            found |= {f"expand.{axis}.weight": (c, m, 1), f"expand.{axis}.bias": (c,)}
        return found

    def buffers(self, x: Shape) -> dict[str, tuple[int, ...]]:
        m = self._sizes(x)[1]
        names = ("norm.running_mean", "norm.running_var")
        return {**dict.fromkeys(names, (m,)), "norm.num_batches_tracked": ()}

    def work(self, x: Shape) -> Work:
        c, m, s = self._sizes(x)
        axes = len(x.grid)
        return Work(
            macs=2 * c * m * s,
            activations=(m + c) * s,
            bias_adds=(m + c) * s,
            bn_elems=m * s,
            act_elems=(m + c) * s,
            pool_elems=c * s if axes > 1 else 0,
            eltwise_elems=c * s + axes * x.elements,
        )

    def peaks(self, x: Shape) -> tuple[Extra, ...]:
        c, m, s = self._sizes(x)
        sides = list(map(int, x.grid))
        means = c * s if len(sides) > 1 else 0
        before = accumulate(sides[:-1], initial=0)
        gates = max(c * (done + 2 * side) for done, side in zip(before, sides, strict=True))
        squeezing = means + max(c * s + m * s, 2 * m * s, 2 * m * s + gates)
        return Extra(squeezing), Extra(c * s + min(2, len(sides)) * x.elements)

    def saved(self, x: Shape) -> Saved:
        c, m, s = self._sizes(x)
        scaled = (len(x.grid) - 1) * x.elements
        return Saved(input=True, extra=Extra(2 * c * s + 3 * m * s + scaled, fixed=2 * m))

    def least_batch(self, x: Shape) -> int:
        return 2 if self._sizes(x)[2] == 1 else 1


def lower(step: CoordAtt, x: Shape, scope: Any) -> CoordinateAttention:
    """The op of a step, the names in it replaced by what they stand for."""
    return CoordinateAttention(scope.positive(step, "reduction"))


def reference(x: Any, weights: Any, values: Any, training: bool) -> Any:
    """What it gives, by matrix products: (N, C, *grid) -> the same, and the statistics after."""
    import torch

    grid = x.shape[2:]
    rows = [x.movedim(2 + axis, 2).flatten(3) for axis in range(len(grid))] if len(grid) > 1 else []
    y = torch.cat([row.sum(3) / (prod(grid) // row.shape[2]) for row in rows] or [x], dim=2)
    y = weights["squeeze.weight"][:, :, 0] @ y + weights["squeeze.bias"][:, None]
    mean, var = weights["norm.running_mean"], weights["norm.running_var"]
    moved = {}
    if training:
        mean, var, count = y.mean((0, 2)), y.var((0, 2), correction=0), y.numel() // y.shape[1]
        seen = {"norm.running_mean": mean, "norm.running_var": var * count / (count - 1)}
        moved = {name: 0.9 * weights[name] + 0.1 * value for name, value in seen.items()}
        moved["norm.num_batches_tracked"] = weights["norm.num_batches_tracked"] + 1
    y = (y - mean[:, None]) / (var[:, None] + 1e-5).sqrt()
    y = y * weights["norm.weight"][:, None] + weights["norm.bias"][:, None]
    y = y * (y + 3).clamp(0, 6) / 6
    for axis, part in enumerate(y.split(list(grid), dim=2)):
        gate = weights[f"expand.{axis}.weight"][:, :, 0] @ part
        gate = 1 / (1 + (-gate - weights[f"expand.{axis}.bias"][:, None]).exp())
        gate = gate.reshape(*gate.shape[:2], *([1] * (len(grid) - 1)), -1)
        x = (x.movedim(2 + axis, -1) * gate).movedim(-1, 2 + axis)
    return x, moved


COORDATT = LayerKind(
    model=CoordAtt,
    op=CoordinateAttention,
    lower=lower,
    module="coord_attention.layers",
    reference=reference,
    family=Family("attention", "#e3ecc4", "#8a9f3c", "#3d461c", "#b3c95e"),
)
