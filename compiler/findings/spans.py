"""The kernels in a part of a network, and how far they reach together."""

from __future__ import annotations

from compiler.ir.facts import Axes, Window
from compiler.ir.nodes import Leaf, Node, Parallel, children, leaves


def kernels(node: Node) -> set[Axes]:
    """The kernels of all convolutions and poolings inside."""
    found = (leaf.op.window(leaf.inp) for _, leaf in leaves((node,)))
    return {tuple(map(int, window.kernel)) for window in found if window}


def reach(node: Node) -> Axes:
    """How many positions one of the output sees on each axis, by the branch that sees most."""
    sizes, _ = _through(node)
    return sizes


def _through(node: Node) -> tuple[Axes, Axes]:
    """Size and stride of what one position sees."""
    if isinstance(node, Leaf):
        window = node.op.window(node.inp)
        if window is None:
            return (1,) * len(node.inp.grid), (1,) * len(node.inp.grid)
        return _span(window), tuple(map(int, window.stride))
    size = stride = (1,) * len(node.inp.grid)
    if isinstance(node, Parallel):
        seen = [_through(branch) for branch in node.branches]
        return tuple(map(max, *(s for s, _ in seen), size)), tuple(
            map(max, *(s for _, s in seen), stride)
        )
    for child in children(node):
        more, step = _through(child)
        pairs = zip(size, stride, more, strict=False)
        size = tuple(have + by * (extra - 1) for have, by, extra in pairs)
        stride = tuple(by * each for by, each in zip(stride, step, strict=False))
    return size, stride


def _span(window: Window) -> Axes:
    pairs = zip(window.kernel, window.dilation, strict=True)
    return tuple(1 + int(dilation) * (int(side) - 1) for side, dilation in pairs)
