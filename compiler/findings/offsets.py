"""Which positions of a map one position behind some layers reads: with the holes that are left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce
from itertools import product
from math import prod

from compiler.findings.sweep import sweeps
from compiler.ir.kept import remembered
from compiler.ir.nodes import Leaf, Node, Parallel, Series
from compiler.ir.plugged import kind_of
from compiler.ops.conv import Conv

Offsets = tuple[frozenset[int], ...]
"""Along each axis, where what is read lies from the position that reads it."""


def holes(offsets: Offsets) -> float:
    """The share of a field that is never read."""
    hull = prod(max(row) - min(row) + 1 for row in offsets)
    return 1 - prod(map(len, offsets)) / hull


def runs(nodes: Iterable[Node]) -> Iterator[tuple[tuple[Node, ...], Offsets]]:
    """Nodes in order for as long as each has a step of one, and what the last of them reads.

    Runs in the trunk come first, then those inside branches and residual sums.
    """
    row: list[Node] = []
    read: Offsets = ()
    flat = list(_flat(nodes))
    for node in flat:
        found = _offsets(node)
        if found is None and row:
            yield tuple(row), read
            row = []
        elif found is not None:
            read = _after(read, found) if row else found
            row.append(node)
    if row:
        yield tuple(row), read
    for node in filter(dilations, flat):
        if isinstance(node, Parallel):
            for branch in node.branches:
                yield from runs((branch,))
        elif isinstance(node, Series):
            yield from runs(node.nodes)


@remembered
def dilations(node: Node) -> int:
    """How many dilated convolutions follow each other in a node, at most."""
    match node:
        case Leaf():
            wide = any(each.kernel > 1 and each.dilation > 1 for each in sweeps(node))
            return int(isinstance(node.op, Conv) and wide)
        case Series():
            return sum(map(dilations, node.nodes))
        case Parallel():
            then = dilations(node.then) if node.then else 0
            return max(map(dilations, node.branches)) + then
    return 0


def _flat(nodes: Iterable[Node]) -> Iterator[Node]:
    """Nodes in order, series written out; one with a residual sum stays whole."""
    for node in nodes:
        if isinstance(node, Series) and not node.residual:
            yield from _flat(node.nodes)
        else:
            yield node


@remembered
def _offsets(node: Node) -> Offsets | None:
    """What a node reads; None where it steps, or it isn't known."""
    match node:
        case Leaf():
            return _of_a_leaf(node)
        case Series():
            parts = [_offsets(part) for part in node.nodes]
            made = _in_order(parts, len(node.inp.grid))
        case Parallel():
            made = _beside([_offsets(branch) for branch in node.branches])
            if node.then:
                made = _in_order([made, _offsets(node.then)], len(node.inp.grid))
        case _:
            return _still(len(node.inp.grid))
    if node.residual:
        shortcut = node.residual.shortcut
        beside = _offsets(shortcut) if shortcut else _still(len(node.inp.grid))
        return _beside([made, beside])
    return made


def _of_a_leaf(leaf: Leaf) -> Offsets | None:
    found = sweeps(leaf)
    if any(each.stride > 1 for each in found) or kind_of(leaf.op):
        return None
    if found:
        return tuple(
            frozenset(tap * each.dilation - each.before for tap in range(each.kernel))
            for each in found
        )
    return _still(len(leaf.inp.grid)) if leaf.inp.grid == leaf.out.grid else None


def _still(rank: int) -> Offsets:
    return (frozenset({0}),) * rank


def _after(before: Offsets, found: Offsets) -> Offsets:
    """What is read of the map before by what reads `found` of the one behind it."""
    pairs = zip(before, found, strict=True)
    return tuple(frozenset(a + b for a, b in product(one, other)) for one, other in pairs)


def _in_order(parts: list[Offsets | None], rank: int) -> Offsets | None:
    known = [part for part in parts if part is not None]
    return reduce(_after, known, _still(rank)) if len(known) == len(parts) else None


def _beside(parts: list[Offsets | None]) -> Offsets | None:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    return tuple(reduce(frozenset.union, rows) for rows in zip(*known, strict=True))
