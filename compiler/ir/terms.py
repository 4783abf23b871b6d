"""Blocks in other terms: as they are inside, and written out where they are called.

Inside a block all is an expression over the block's own parameters; outside it is the
same over what the caller passed. `node.out` always answers in the terms of whoever stands
around; here is the rest of a node.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from compiler.ir.nodes import BlockUse, Leaf, Node, Parallel, Residual, Series, Tap
from compiler.ir.op import Shape, Worded
from compiler.ir.symbols import substitute, substitute_real

Write = Callable[[float], float]
"""Another number, or another expression, in the place of one."""


def inside(node: Series | Parallel) -> Series | Parallel:
    """A block's node as the block itself sees it: what it gives is in its own terms, too."""
    return replace(node, use=None, span=node.use.body) if node.use else node


def written_out(node: Node) -> Node:
    """A node without calls: each is the block's own steps, in the terms of its caller.

    What stands in the place of a call says of itself where the call is.
    """
    match node:
        case Leaf() | Tap():
            return node
        case Series(use=use):
            made: Node = replace(node, nodes=tuple(map(written_out, node.nodes)), use=None)
        case Parallel(use=use):
            branches = tuple(map(written_out, node.branches))
            then = written_out(node.then) if node.then else None
            made = replace(node, branches=branches, then=then, use=None)
    return _rewritten(made, _caller(use)) if use else made


def _caller(use: BlockUse) -> Write:
    """Numbers of the block in terms of its caller."""
    bound: Mapping[str, Any] = use.bound

    def write(value: float) -> float:
        if isinstance(value, int):
            return substitute(value, bound)
        return substitute_real(value, bound)

    return write


def _rewritten(node: Node, write: Write) -> Node:
    """A node without calls, every number of it written anew."""
    match node:
        case Leaf():
            return replace(node, op=mapped(node.op, write), inp=_shape(node.inp, write))
        case Series():
            nodes = tuple(_rewritten(inner, write) for inner in node.nodes)
            return replace(node, nodes=nodes, inp=_shape(node.inp, write))
        case Parallel():
            return replace(
                node,
                branches=tuple(_rewritten(branch, write) for branch in node.branches),
                inp=_shape(node.inp, write),
                then=_rewritten(node.then, write) if node.then else None,
                residual=_residual(node.residual, write) if node.residual else None,
            )
    raise AssertionError("no auxiliary head stands inside a block")


def _residual(residual: Residual, write: Write) -> Residual:
    act = _rewritten(residual.act, write) if residual.act else None
    assert act is None or isinstance(act, Leaf), act
    return Residual(write(residual.scale), act)


def _shape(shape: Shape, write: Write) -> Shape:
    return Shape(*(mapped(size, write) for size in shape))


def mapped(value: Any, write: Write) -> Any:
    """An op, or a part of one, with every number in it written anew."""
    if isinstance(value, tuple):
        return tuple(mapped(part, write) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        given = {each.name: getattr(value, each.name) for each in fields(value) if each.init}
        made = replace(value, **{name: mapped(part, write) for name, part in given.items()})
        return made.reworded() if isinstance(made, Worded) else made
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return write(value)
    return value
