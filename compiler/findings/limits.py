"""Which inputs a network takes: between what sizes, where a linear layer holds it to some."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from compiler.ir.facts import Axes
from compiler.ir.fit import Walk
from compiler.ir.network import Network
from compiler.ir.nodes import Node, Tap
from compiler.ir.op import Shape, ShapeFault
from dsl.models.extent import kernel_text


@dataclass(frozen=True)
class Limits:
    """The sizes of inputs, around the spec's own, that fit."""

    least: Axes
    most: Axes

    def __str__(self) -> str:
        if self.least == self.most:
            return kernel_text(self.least)
        return f"{kernel_text(self.least)} to {kernel_text(self.most)}"


def limits(network: Network, head: Tap | None = None) -> Limits | None:
    """Between what sizes inputs must be; None where one of twice the size fits as well.

    Of the trunk, or of it and one auxiliary head in training. Sides that are equal in the spec
    stay so; the first of them that have limits are told.
    """
    nodes = tuple(node for node in network.nodes if node is head or not isinstance(node, Tap))
    sized = _Sized(network, nodes)
    for size in dict.fromkeys(network.input.grid):
        if not sized.fits(size, 2 * size):
            least = sized.last(size, range(size, 0, -1))
            return Limits(least, sized.last(size, range(size, 2 * size)))
    return None


@dataclass(frozen=True)
class _Sized:
    """Nodes of a network, and whether they take an input with other sides."""

    network: Network
    nodes: tuple[Node, ...]

    def grid(self, side: int, other: int) -> Axes:
        """The spec's own grid with another number for each side of that size."""
        return tuple(other if size == side else size for size in self.network.input.grid)

    def fits(self, side: int, other: int) -> bool:
        """Whether an input of such a grid is taken."""
        shape = Shape(self.network.input.channels, *self.grid(side, other))
        try:
            Walk(training=True).through(self.nodes, shape)
        except ShapeFault:
            return False
        return True

    def last(self, side: int, way: Iterable[int]) -> Axes:
        """The last grid on the way from the spec's own that fits."""
        found = side
        for other in way:
            if not self.fits(side, other):
                break
            found = other
        return self.grid(side, found)
