"""All that the language has no words for in a model, said at once."""

from __future__ import annotations

from collections.abc import Iterable

from compiler.importing.atoms import Unsaid
from compiler.importing.faults import INEXPRESSIBLE, Reason, hold_none
from compiler.importing.graph import Graph, Node


def hold_said(graphs: Iterable[Graph]) -> None:
    """Raise `SpecError` for every module that does what no spec says, in any of some runs."""
    found: dict[str, Node] = {}
    for graph in graphs:
        for node in graph.nodes:
            if node.unsaid and _before(node.unsaid, found.get(node.path)):
                found[node.path] = node
    hold_none((path, _reason(node)) for path, node in found.items())


def _before(one: Unsaid, other: Node | None) -> bool:
    """Whether a fault tells more of its module than the one that is known."""
    return other is None or other.unsaid is None or (one.telling and not other.unsaid.telling)


def _reason(node: Node) -> Reason:
    assert node.unsaid is not None, "only nodes with a fault are gathered"
    return Reason(node.kind, INEXPRESSIBLE, node.unsaid.why, node.unsaid.help)
