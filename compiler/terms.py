"""Shapes in the terms of whoever stands around: what a block gives, as its caller sees it.

Inside a block a shape is an expression over the block's own parameters; outside it is the
same expression over what the caller passed.
"""

from __future__ import annotations

from compiler.ir import Node, Parallel, Series
from compiler.op import Shape
from compiler.symbols import substitute


def outer(node: Node) -> Shape:
    """A node's output in the terms of whoever stands around it."""
    shape = inner(node)
    use = node.use if isinstance(node, (Series, Parallel)) else None
    if use is None:
        return shape
    bound = {**use.params, **use.args, "in_channels": use.inp.channels}
    given = {name: value for name, value in bound.items() if isinstance(value, int)}
    return Shape(substitute(shape[0], given), *shape[1:])


def inner(node: Node) -> Shape:
    """A node's output in the terms of its own inside."""
    match node:
        case Series(nodes=(*_, last)):
            return outer(last)
        case Parallel(then=None):
            return joined(node)
        case Parallel(then=then) if then is not None:
            return outer(then)
    return node.out


def joined(node: Parallel) -> Shape:
    """The shape right after the join. Raises `ShapeFault` where the branches don't fit."""
    return node.join.out(tuple(outer(branch) for branch in node.branches))
