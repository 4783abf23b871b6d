"""Which layer gives what the next one takes, and nothing else takes: through plain series.

A residual sum reads its input twice, a split as often as it has branches, and an auxiliary head
reads what passes by, so that none of them is looked through. A block keeps its class, which other
uses share: what is in it is no neighbour of what stands around it.
"""

from __future__ import annotations

from dataclasses import replace

from compiler.ir.nodes import Leaf, Node, Parallel, Series
from compiler.passes.walking import under

Found = tuple[str, Leaf]
"""A layer with its path."""


def last_of(path: str, node: Node) -> Found | None:
    """The layer whose output a node gives as it is."""
    if isinstance(node, Leaf):
        return path, node
    inner = _last(node)
    return last_of(under(path, inner.name), inner) if inner else None


def first_of(path: str, node: Node) -> Found | None:
    """The layer that alone takes a node's input."""
    if isinstance(node, Leaf):
        return path, node
    if not _is_plain(node) or not isinstance(node, Series) or not node.nodes:
        return None
    return first_of(under(path, node.nodes[0].name), node.nodes[0])


def with_last(node: Node, leaf: Leaf | None) -> Node | None:
    """The node with another layer, or none, in the place of `last_of`; None where it was alone."""
    if isinstance(node, Leaf):
        return leaf
    inner = _last(node)
    assert inner is not None, node
    made = with_last(inner, leaf)
    if isinstance(node, Series):
        return _with_nodes(node, (*node.nodes[:-1], *((made,) if made else ())))
    assert isinstance(node, Parallel), node
    return replace(node, then=made)


def with_first(node: Node, leaf: Leaf | None) -> Node | None:
    """The same in the place of `first_of`."""
    if isinstance(node, Leaf):
        return leaf
    assert isinstance(node, Series), node
    made = with_first(node.nodes[0], leaf)
    return _with_nodes(node, (*((made,) if made else ()), *node.nodes[1:]))


def _with_nodes(node: Series, nodes: tuple[Node, ...]) -> Series | None:
    return replace(node, nodes=nodes) if nodes else None


def _last(node: Node) -> Node | None:
    """The node inside whose output a node gives."""
    if not _is_plain(node):
        return None
    if isinstance(node, Parallel):
        return node.then
    return node.nodes[-1] if isinstance(node, Series) and node.nodes else None


def _is_plain(node: Node) -> bool:
    return isinstance(node, (Series, Parallel)) and not node.residual and not node.use
