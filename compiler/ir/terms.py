"""Blocks in other terms: as they are inside, and written out where they are called.

Inside a block all is an expression over the block's own parameters; outside it is the
same over what the caller passed. `node.out` always answers in the terms of whoever stands
around; here is the rest of a node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from compiler.ir.nodes import (
    BlockUse,
    Leaf,
    Node,
    Parallel,
    Residual,
    Series,
    Tap,
    children,
    use_of,
)
from compiler.ir.op import Shape, Worded
from compiler.ir.rewriting import with_inside
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
    if isinstance(node, (Leaf, Tap)):
        return node
    made = with_inside(node, written_out)
    assert isinstance(made, (Series, Parallel)), made
    made = replace(made, use=None)
    return rewritten(made, _caller(node.use)) if node.use else made


def calls(inside: tuple[Node, ...], before: str = "") -> Iterator[tuple[str, BlockUse]]:
    """The calls of blocks among nodes and in them, by path, with arguments in the nodes' terms."""
    for node in inside:
        path = f"{before}{node.name}"
        within = calls(children(node), f"{path}.")
        if use := use_of(node):
            yield path, use
            within = _outwards(within, _caller(use))
        yield from within


def _outwards(
    found: Iterator[tuple[str, BlockUse]], write: Write
) -> Iterator[tuple[str, BlockUse]]:
    for path, use in found:
        args = {name: mapped(value, write) for name, value in use.args.items()}
        yield path, replace(use, args=args)


def _caller(use: BlockUse) -> Write:
    """Numbers of the block in terms of its caller."""
    bound: Mapping[str, Any] = use.bound

    def write(value: float) -> float:
        if isinstance(value, int):
            return substitute(value, bound)
        return substitute_real(value, bound)

    return write


def rewritten(node: Node, write: Write) -> Node:
    """A node without calls, every number of it written anew."""
    made = with_inside(node, lambda child: rewritten(child, write))
    match made:
        case Leaf():
            return replace(made, op=mapped(made.op, write), inp=_shape(made.inp, write))
        case Series(residual=residual):
            return replace(made, inp=_shape(made.inp, write), residual=_sum(residual, write))
        case Parallel(residual=residual):
            inp, shares = _shape(made.inp, write), mapped(made.shares, write)
            return replace(made, inp=inp, residual=_sum(residual, write), shares=shares)
    raise AssertionError("no auxiliary head stands inside a block")


def _sum(residual: Residual | None, write: Write) -> Residual | None:
    """A residual sum with its own number written anew; what it runs is so already."""
    return replace(residual, scale=write(residual.scale)) if residual else None


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
