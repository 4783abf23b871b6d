"""What a run of nodes computes, however it is written: equal forms, equal networks.

A repeat is its steps, a list in a list is one list, an `identity` is nothing, a join of one
branch is that branch, a concat inside a concat is one concat, and a residual sum is an `add` of
the input or its shortcut, whose two sides may stand in either order (floating-point sums of two
commute).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from compiler.diff.facts import layer_facts
from compiler.ir.join import Join
from compiler.ir.kept import remembered
from compiler.ir.nodes import Leaf, Node, Parallel, Series, Tap
from compiler.ops.join import Add
from compiler.ops.linear import Identity

Form = tuple[Any, ...]
"""The forms of a node's layers and joins in order; an empty one passes its input on."""


def form(nodes: Iterable[Node]) -> Form:
    """The form of nodes in order."""
    return tuple(item for node in nodes for item in _form(node))


@remembered
def _form(node: Node) -> Form:
    match node:
        case Leaf(op=Identity()):
            return ()
        case Leaf():
            return (layer_facts(node),)
        case Tap():
            return (("tap", node.weight, form((node.body,))),)
        case Parallel():
            return _summed(node, _parallel(node))
        case Series():
            return _summed(node, form(node.nodes))


def _parallel(node: Parallel) -> Form:
    branches = tuple(map(_form, node.branches))
    if node.shares:
        joined: Form = (("split", tuple(map(int, node.shares)), node.join.word, *branches),)
    else:
        joined = _whole(node.join, branches)
    return joined + _form(node.then) if node.then else joined


def _summed(node: Series | Parallel, inner: Form) -> Form:
    """The form with the residual sum around it, if there is one."""
    if not node.residual:
        return inner
    scale, act, shortcut = float(node.residual.scale), node.residual.act, node.residual.shortcut
    beside = _form(shortcut) if shortcut else ()
    sum_ = _join(Add(), (beside, inner))
    whole: Form = (sum_ if scale == 1 else ("scaled add", scale, inner, *beside),)
    return whole + (_form(act) if act else ())


def _whole(join: Join, branches: tuple[Form, ...]) -> Form:
    """Branches that each get the whole input, joined."""
    if join.nests:
        branches = tuple(part for branch in branches for part in _inside(join, branch))
    return branches[0] if len(branches) == 1 else (_join(join, branches),)


def _inside(join: Join, branch: Form) -> tuple[Form, ...]:
    """The branches of a branch that is nothing but the same join."""
    nested = len(branch) == 1 and branch[0][0] == join.word
    return branch[0][1:] if nested else (branch,)


def _join(join: Join, branches: tuple[Form, ...]) -> Form:
    either = join.commutes and len(branches) == 2
    return (join.word, *(sorted(branches, key=repr) if either else branches))
