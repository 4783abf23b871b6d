"""What evaluating doesn't do, left out: auxiliary heads, dropout, drop path, and identities.

While evaluating, dropout and drop path give what they take, as an identity always does, and no
auxiliary head runs, so nothing reads their weights. A branch in which nothing is left gives its
input: it is an identity. A step that is left out has no name any more, and the others keep theirs.
"""

from __future__ import annotations

from dataclasses import replace
from operator import is_

from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node, Parallel, Residual, Series, Tap
from compiler.ops.linear import Dropout, DropPath, Identity
from compiler.passes.passing import Held, Pass, Weights
from compiler.passes.walking import Edits, walked


def drop_heads(network: Network, weights: Weights | None) -> Held:
    """The network without its auxiliary heads, which `heads_left_out` names then."""
    made, weights = walked(network, weights, _without_tap)
    return (made if made is network else _said(made, network)), weights


def drop_idle(network: Network, weights: Weights | None) -> Held:
    """The network without layers that do nothing while evaluating."""
    return walked(network, weights, _without_idle)


DROP_HEADS = Pass("auxiliary heads left out", drop_heads)
DROP_IDLE = Pass("dropout and identities left out", drop_idle)


def _without_tap(path: str, node: Node, edits: Edits) -> Node | None:
    if not isinstance(node, Tap):
        return node
    edits.dropped(path, node)
    return None


def _said(made: Network, before: Network) -> Network:
    """The network with what it lost said, also of what it was before its classifier went."""
    heads = tuple(tap.name for tap in before.taps if tap.name not in before.heads_left_out)
    whole = _said(made.whole, before.whole) if made.whole and before.whole else made.whole
    return replace(made, heads_left_out=(*before.heads_left_out, *heads), whole=whole)


def _without_idle(path: str, node: Node, edits: Edits) -> Node | None:
    match node:
        case Leaf(op=Dropout() | DropPath()):
            edits.dropped(path, node)
            return None
        case Series():
            nodes = tuple(each for each in node.nodes if not _is_idle(each))
            made = node if len(nodes) == len(node.nodes) else replace(node, nodes=nodes)
            return _with_sum(made)
        case Parallel():
            return _with_sum(_with_identities(node))
    return node


def _is_idle(node: Node | None) -> bool:
    """Whether it is an identity, in whatever form."""
    if isinstance(node, Series):
        return not node.nodes and not node.residual
    return isinstance(node, Leaf) and isinstance(node.op, Identity)


def _with_identities(node: Parallel) -> Parallel:
    """The split, each branch in which nothing is left an identity, as a spec would say it."""
    branches = tuple(map(_as_identity, node.branches))
    then = None if _is_idle(node.then) else node.then
    if then is node.then and all(map(is_, branches, node.branches)):
        return node
    return replace(node, branches=branches, then=then)


def _as_identity(branch: Node) -> Node:
    if not isinstance(branch, Series) or not _is_idle(branch):
        return branch
    return Leaf(branch.name, Identity(), branch.inp, branch.span)


def _with_sum(node: Series | Parallel) -> Series | Parallel:
    """A shortcut that does nothing is none."""
    residual = node.residual
    if residual is None or not residual.shortcut or not _is_idle(residual.shortcut):
        return node
    return replace(node, residual=Residual(residual.scale, residual.act))
