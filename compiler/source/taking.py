"""How emitted classes take their input apart: a share of its channels for each branch."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.ir.nodes import Parallel, children
from compiler.ir.symbols import names_in, same
from compiler.source import classnames
from compiler.source.expr import Expr, call, lay_out, literal

MOST_NAMED = 6
"""Pieces that get a name each; more are numbered."""


def is_even(shares: tuple[int, ...]) -> bool:
    """Whether all shares are one number, whatever a block is called with."""
    return all(same(share, shares[0]) for share in shares)


def shares_name(node: Parallel) -> str:
    """What a class calls its shares, where they are in terms of its parameters."""
    return classnames.free("shares", (child.name for child in children(node)))


def listed(shares: tuple[int, ...]) -> Expr:
    """The shares as a list, as torch wants them."""
    return Expr("[", tuple(map(literal, shares)), "]")


def pieces(node: Parallel) -> tuple[str, ...]:
    """What `forward` calls that which each branch gets."""
    count = len(node.branches)
    if not node.shares:
        return ("x",) * count
    return _named(count) if count <= MOST_NAMED else tuple(f"pieces[{i}]" for i in range(count))


def _named(count: int) -> tuple[str, ...]:
    return tuple(f"x{place}" for place in range(1, count + 1))


def taken_apart(node: Parallel) -> Iterator[str]:
    """`x1, x2 = x.chunk(2, dim=1)`, where the branches share the channels out."""
    if not node.shares:
        return
    count = len(node.branches)
    names = ", ".join(_named(count)) if count <= MOST_NAMED else "pieces"
    along = Expr("dim=1")
    if is_even(node.shares):
        made = call("x.chunk", literal(count), along)
    elif names_in(node.shares):
        made = call("torch.split", Expr("x"), Expr(f"self.{shares_name(node)}"), along)
    else:
        made = call("torch.split", Expr("x"), listed(node.shares), along)
    yield from lay_out(f"{names} = ", made, depth=2)
