"""A learned factor for each channel."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.ir.facts import Saved as Kept
from compiler.ir.facts import Work
from compiler.ir.op import Call, Op, Shape
from compiler.ir.symbols import brief


@dataclass(frozen=True, repr=False)
class LayerScale(Op):
    """Each channel times a factor of its own, learned from `value` on (arXiv:2103.17239)."""

    value: float

    @property
    def family(self) -> str:
        return "norm"

    @property
    def label(self) -> str:
        return f"scale {brief(self.value)}"

    def out(self, x: Shape) -> Shape:
        return x

    def call(self, x: Shape) -> Call:
        return Call("LayerScale", (x.channels, self.value))

    def params(self, x: Shape) -> dict[str, tuple[int, ...]]:
        return {"gamma": (int(x.channels),)}

    def work(self, x: Shape) -> Work:
        return Work(eltwise_elems=x.elements)

    def saved(self, x: Shape) -> Kept:
        return Kept(input=True)
