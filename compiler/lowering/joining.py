"""Joins of branches, and what is said where they don't fit together."""

from __future__ import annotations

from compiler.ir.nodes import Node, Parallel, Series
from compiler.ir.op import Shape, ShapeFault
from compiler.lowering.scope import Scope
from dsl.text.problems import Span


def joined(node: Parallel, scope: Scope) -> Shape:
    """The joined shape, if the branches fit together."""
    try:
        return node.joined
    except ShapeFault as error:
        shapes = tuple(branch.out for branch in node.branches)
        keeps = scope.block not in scope.spec.reduction
        span, sizes = _odd_branches(node, shapes, keeps)
        help = "give the branches equal strides, paddings and ceil"
        if len({shape.is_map for shape in shapes}) > 1:
            help = "flatten each branch, or none"
        elif len({shape.grid for shape in shapes}) == 1:
            help = "give the branches equal widths"
        message = f"{node.join.word}{where(node, scope)}: {error}: {sizes}"
        scope.fail(error.code, span, message, help=error.help or help)


def where(node: Series | Parallel, scope: Scope) -> str:
    """What a node is in an error: the body of a block, or a step by its name."""
    block = scope.spec.blocks.get(scope.block)
    if block is not None and block.body.at.span == node.span:
        return f" of block {scope.block}"
    inside = f" in block {scope.block}" if scope.block else ""
    return f" at {scope.label(node.name)}{inside}"


def _odd_branches(node: Parallel, shapes: tuple[Shape, ...], keeps: bool) -> tuple[Span, str]:
    """The place of the first branch that isn't like most, and what the branches give.

    Where as many give one thing as another, those are right that do what they should:
    keep the grid, or shrink it.
    """
    found: dict[str, list[Node]] = {}
    for branch, given in zip(node.branches, node.join.compared(shapes), strict=True):
        if given:
            found.setdefault(given, []).append(branch)
    pairs = zip(node.branches, node.join.spread(shapes), strict=True)
    gates = {branch.name for branch, spread in pairs if spread}

    def rank(given: str) -> tuple[int, bool, bool]:
        first = found[given][0]
        return (
            len(found[given]),
            first.name not in gates,
            (first.out.grid == node.inp.grid) == keeps,
        )

    usual = max(found, key=rank)
    odd = [branch for given in found if given != usual for branch in found[given]]
    others = [given for given in found if given != usual]
    said = [f"{_listed(found[given])} {given}" for given in others]
    rest = "the others give" if len(found[usual]) > 1 else _listed(found[usual])
    first = next(branch for branch in node.branches if branch in odd)
    return first.span, ", ".join([*said, f"{rest} {usual}"])


MOST_LISTED = 8
"""Branches that a message names."""


def _listed(branches: list[Node]) -> str:
    names = [branch.name for branch in branches]
    if len(names) == 1:
        return f"{names[0]} gives"
    if len(names) > MOST_LISTED:
        return f"{', '.join(names[:MOST_LISTED])} and {len(names) - MOST_LISTED} more give"
    return f"{', '.join(names[:-1])} and {names[-1]} give"
