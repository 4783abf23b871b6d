"""A concat directly inside a concat is one concat: each branch is written once, not twice.

    a | (b | c) | d = a | b | c | d

It holds to the bit for a join that says so (`Join.nests`) where the inner one is a branch by
itself: nothing stands behind it, no residual sum around it, and neither shares out channels, as
then the branches of the inner one read what only its own branch gets. A block keeps its class, and
so its join, even where it is nothing but a concat: source and drawings show it as the spec has it.
"""

from __future__ import annotations

from dataclasses import replace

from compiler.ir.network import Network
from compiler.ir.nodes import Node, Parallel, Series, children
from compiler.passes.passing import Held, Pass, Weights
from compiler.passes.walking import Edits, under, walked


def nested_joins(network: Network, weights: Weights | None) -> Held:
    """Branches of a join inside one of its kind become branches of that."""
    return walked(network, weights, _flat)


NESTED_JOINS = Pass("joins inside joins made one", nested_joins)


def _flat(path: str, node: Node, edits: Edits) -> Node:
    if not isinstance(node, Parallel) or not node.join.nests or node.shares:
        return node
    inner = {branch.name: _inner(node, branch) for branch in node.branches}
    if not any(inner.values()):
        return node
    taken = {child.name for child in children(node)}
    branches: list[Node] = []
    for branch in node.branches:
        if not (found := inner[branch.name]):
            branches.append(branch)
            continue
        below, join = found
        at = under(path, ".".join((branch.name, *below)))
        for each in join.branches:
            name = _free(each.name, branch.name, taken)
            taken.add(name)
            edits.moved(under(at, each.name), each, under(path, name))
            branches.append(replace(each, name=name))
    return replace(node, branches=tuple(branches))


def _inner(node: Parallel, branch: Node) -> tuple[tuple[str, ...], Parallel] | None:
    """The join that a branch is and nothing else, with the names that lead to it."""
    match branch:
        case Parallel(then=None, residual=None, use=None, shares=()):
            return ((), branch) if branch.join == node.join else None
        case Series(nodes=(only,), role="sequence", residual=None, use=None):
            found = _inner(node, only)
            return ((only.name, *found[0]), found[1]) if found else None
    return None


def _free(name: str, branch: str, taken: set[str]) -> str:
    """A branch's own name, or with that of the branch that it was in, or numbered besides."""
    both = name if name not in taken and not name.isdigit() else f"{branch}_{name}"
    found, number = both, 1
    while found in taken:
        number += 1
        found = f"{both}{number}"
    return found
