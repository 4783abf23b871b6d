"""How many operations a pass launches: what small batches wait for, whatever each computes."""

from __future__ import annotations

from compiler.ir.kept import remembered
from compiler.ir.nodes import Leaf, Node, Parallel, Tap, children


@remembered
def launches(node: Node) -> int:
    """The operations inside that write something while evaluating, joins and sums included."""
    match node:
        case Leaf():
            return node.op.launches(node.inp)
        case Tap():
            return 0
    own = 1 if node.residual else 0
    if isinstance(node, Parallel):
        own += node.join.launches(tuple(branch.out for branch in node.branches))
    return own + sum(map(launches, children(node)))
