"""A step several times over (`x4`), and what it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from compiler.diff.identity import fingerprint
from compiler.ir.kept import remembered
from compiler.ir.nodes import Node, Series, children


@remembered
def is_repeat(node: Node) -> bool:
    """Whether a node is one step several times over."""
    inside = children(node)
    numbered = [child.name for child in inside] == [str(n) for n in range(len(inside))]
    plain = isinstance(node, Series) and not node.use and numbered and len(inside) > 1
    return plain and len({fingerprint(child) for child in inside}) == 1


def once(node: Node) -> Node:
    """What is repeated; any other node itself."""
    return children(node)[0] if is_repeat(node) else node


def steps(node: Node) -> Sequence[Node]:
    """A repeat's steps by their whole names; any other node itself."""
    if not is_repeat(node):
        return (node,)
    return [replace(step, name=f"{node.name}.{step.name}") for step in children(node)]
