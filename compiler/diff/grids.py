"""On which grid a block works: how often a network has halved its input before it, and after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import log2

from compiler.diff.facts import is_layer
from compiler.diff.repeats import once, steps
from compiler.ir.network import Network
from compiler.ir.nodes import Node, Tap
from compiler.ir.op import Shape

Grid = tuple[int, int]
"""How often the input was halved before a step and after it; `FLAT` where no grid is left."""
Grids = Mapping[str, Grid]
"""The blocks of a network by name, and each step of those that repeat."""
FLAT = -1


def grids(network: Network) -> dict[str, Grid]:
    """The grid of every step of the trunk that is more than a layer.

    A layer is as much like any of its kernel, wherever it stands. Halvings are counted, not sizes
    compared: inputs may be of other sizes, and what is valid loses its edges.
    """
    found: dict[str, Grid] = {}
    halved, before = 0, _grid(network.input, 0)
    for whole in network.nodes:
        start, blocks = before, not is_layer(once(whole)) and not isinstance(whole, Tap)
        for node in steps(whole):
            halved += _halvings(node)
            after = _grid(node.out, halved)
            if blocks:
                found[node.name] = before, after
            before = after
        if blocks:
            found[whole.name] = start, before
    return found


def _grid(shape: Shape, halved: int) -> int:
    return halved if any(int(side) > 1 for side in shape.grid) else FLAT


def _halvings(node: Node) -> int:
    """How often a step halves its input, along the side where it does so most; less than 0 up."""
    return max(_along(node), key=abs, default=0)


def _along(node: Node) -> Iterator[int]:
    for before, after in zip(node.inp.grid, node.out.grid, strict=False):
        yield round(log2(int(before) / int(after)))
