"""Which positions of a map are read, by a step and by what stands beside it on the same map."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from math import prod
from operator import or_

from compiler.findings.subject import Use
from compiler.findings.sweep import slide_of, sweeps
from compiler.ir.nodes import Leaf, Node, Parallel, Series
from compiler.ir.op import Shape
from compiler.ir.plugged import kind_of

Seen = tuple[frozenset[int], ...]
"""The positions that are read, along each axis."""


def unread(use: Use) -> Seen:
    """Along each axis, the positions of a step's map that nothing reads.

    What reads a position along an axis somewhere is taken to read it everywhere, and all that a
    step gives is taken to matter: of what is named here nothing is read for sure.
    """
    shape = use.node.inp
    rows = _everything(shape)
    for node in (use.node, *_beside(use)):
        rows = tuple(left - read for left, read in zip(rows, _seen(node, shape), strict=True))
    return rows


def share_of(rows: Seen, shape: Shape) -> float:
    """The share of a map's positions that lies in some rows of its axes."""
    kept = prod(size - len(row) for size, row in zip(shape.grid, rows, strict=True))
    return 1 - kept / shape.positions


def _everything(shape: Shape) -> Seen:
    return tuple(frozenset(range(size)) for size in map(int, shape.grid))


def _seen(node: Node, shape: Shape) -> Seen:
    """What a node reads of its map, by its first window."""
    match node:
        case Leaf():
            found = () if _is_pointwise(node) else sweeps(node)
            return tuple(each.seen for each in found) or _everything(shape)
        case Series(nodes=()):
            return _everything(shape)
        case Series(residual=None):
            first = next((part for part in node.nodes if not _is_pointwise(part)), node.nodes[0])
            return _seen(first, shape)
        case Parallel(residual=None):
            return tuple(
                reduce(or_, rows)
                for rows in zip(*(_seen(branch, shape) for branch in node.branches), strict=True)
            )
    return _everything(shape)


def _is_pointwise(node: Node) -> bool:
    """Whether each position of the output comes from that position of the input alone."""
    if isinstance(node, Leaf):
        slide = slide_of(node)
        moves = slide is not None and not (slide.is_unit and set(slide.stride) == {1})
        return node.inp.grid == node.out.grid and not moves and kind_of(node.op) is None
    return isinstance(node, Series) and not node.residual and all(map(_is_pointwise, node.nodes))


def _beside(use: Use) -> Iterator[Node]:
    """What reads the same map as a step does."""
    inner = use.node
    for around in reversed(use.around):
        match around:
            case Series():
                yield from _at_the_sum(around, inner)
                before = around.nodes[: _place(around.nodes, inner)]
                if not all(map(_is_pointwise, before)):
                    return
            case Parallel():
                if inner is around.then:
                    return
                if not around.shares:
                    yield from (branch for branch in around.branches if branch is not inner)
                yield from _at_the_sum(around, inner)
            case _:
                return
        inner = around


def _place(nodes: tuple[Node, ...], inner: Node) -> int:
    """Where a node stands; a shortcut stands in front of all."""
    return next((at for at, node in enumerate(nodes) if node is inner), 0)


def _at_the_sum(around: Series | Parallel, inner: Node) -> Iterator[Node]:
    """What the residual sum adds: the map itself, or a shortcut, or what the shortcut is beside."""
    if around.residual is None:
        return
    shortcut = around.residual.shortcut
    if shortcut is inner:
        yield from around.nodes[:1] if isinstance(around, Series) else around.branches
    else:
        yield shortcut or Series("identity", (), around.inp)
