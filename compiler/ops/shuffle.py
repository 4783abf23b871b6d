"""Channels in another order."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.ir.facts import Work
from compiler.ir.op import Call, Ending, Op, Shape, ShapeFault
from compiler.ir.symbols import brief
from compiler.ops.window import divisors
from dsl.text.counts import count


@dataclass(frozen=True, repr=False)
class ChannelShuffle(Op):
    """The first channel of each group, then the second of each, and so on (arXiv:1707.01083)."""

    groups: int

    @property
    def label(self) -> str:
        return f"shuffle {brief(self.groups)}"

    def out(self, x: Shape) -> Shape:
        if not x.is_map:
            raise ShapeFault("E106", f"needs a map, gets a vector of {x}")
        groups, channels = int(self.groups), int(x.channels)
        if channels % groups:
            message = f"{count(channels, 'channel')} can't be divided into {count(groups, 'group')}"
            raise ShapeFault("E107", message, divisors(groups, channels), field="groups")
        if groups in (1, channels):
            message = f"shuffling {count(channels, 'channel')} by {groups} changes nothing"
            raise ShapeFault("E107", message, "leave it out", field="groups")
        return x

    def call(self, x: Shape) -> Call:
        return Call("nn.ChannelShuffle", (self.groups,))

    def work(self, x: Shape) -> Work:
        return Work(eltwise_elems=x.elements)

    def ending(self, x: Shape, before: Ending) -> Ending:
        return before
