"""Which sides of its input a graph leaves to its caller, and why the others are fixed."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.exporting.windows import hangs, skips
from compiler.exporting.wishes import Wishes
from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node, Parallel, Series, Tap
from compiler.ops.conv import Conv
from compiler.ops.linear import Flatten
from compiler.ops.pool import AdaptivePool, AvgPool, MaxPool

Free = tuple[bool, ...]
"""Of each axis of a map, whether its size follows from one that the caller chooses."""


def fixed(network: Network, wishes: Wishes) -> dict[int, str]:
    """The axes of the input that have the spec's own size, each with the layer that asks for it.

    Without a reason (an empty text) where it was wished so. What fits still depends on the size:
    one that the module refuses, the graph can't take either.
    """
    axes = range(len(network.input.grid))
    if wishes.dynamic != "all":
        return dict.fromkeys(axes, "")
    nodes = network.nodes if wishes.aux else network.trunk
    found: dict[int, str] = {}
    _Reasons(found).through(nodes, tuple(True for _ in axes))
    return found


def free(network: Network, wishes: Wishes) -> Free:
    """Of each axis of the input, whether the caller chooses its size."""
    kept = fixed(network, wishes)
    return tuple(axis not in kept for axis in range(len(network.input.grid)))


def behind(leaf: Leaf, before: Free) -> Free:
    """Which axes are still free behind a layer."""
    if isinstance(leaf.op, AdaptivePool):
        return (False,) * len(before)
    return before if leaf.out.is_map else ()


class _Reasons:
    """Follows the axes through the tree; an axis keeps its number, whatever its size becomes."""

    def __init__(self, found: dict[int, str]) -> None:
        self.found = found

    def through(self, nodes: tuple[Node, ...], now: Free, prefix: str = "") -> Free:
        for node in nodes:
            now = self._node(node, now, f"{prefix}{node.name}")
        return now

    def _node(self, node: Node, now: Free, path: str) -> Free:
        match node:
            case Leaf():
                for axis in _asked(node):
                    if now[axis]:
                        self.found.setdefault(axis, path)
                return behind(node, now)
            case Tap():
                self.through(node.body.nodes, now, f"{path}.")
                return now
            case Series():
                return self._summed(node, now, self.through(node.nodes, now, f"{path}."), path)
        return self._summed(node, now, self._parallel(node, now, path), path)

    def _parallel(self, node: Parallel, now: Free, path: str) -> Free:
        outs = [self._node(each, now, f"{path}.{each.name}") for each in node.branches]
        free = tuple(map(any, zip(*outs, strict=True)))
        return self._node(node.then, free, f"{path}.{node.then.name}") if node.then else free

    def _summed(self, node: Series | Parallel, x: Free, made: Free, path: str) -> Free:
        residual = node.residual
        if residual is None:
            return made
        shortcut = residual.shortcut
        beside = self._node(shortcut, x, f"{path}.{shortcut.name}") if shortcut else x
        return tuple(map(any, zip(made, beside, strict=True)))


def _asked(leaf: Leaf) -> Iterator[int]:
    """The axes that a layer must know the size of."""
    match leaf.op:
        case Flatten():
            yield from range(len(leaf.inp.grid))
        case AdaptivePool(is_global=False):
            yield from range(len(leaf.inp.grid))
        case Conv(slide=slide):
            yield from (axis for axis in slide.axes if skips(slide, axis))
        case MaxPool(slide=slide) | AvgPool(slide=slide):
            yield from (a for a in slide.axes if hangs(slide, a) or skips(slide, a))
