"""All that the language has no words for in a model, said at once."""

from __future__ import annotations

from collections.abc import Iterable

from compiler.importing.faults import INEXPRESSIBLE, place
from compiler.importing.graph import Graph, Node, Unsaid
from dsl.problems import NOWHERE, Problem, SpecError


def hold_said(graphs: Iterable[Graph]) -> None:
    """Raise `SpecError` for every module that does what no spec says, in any of some runs."""
    found: dict[str, Node] = {}
    for graph in graphs:
        for node in graph.nodes:
            if node.unsaid and _before(node.unsaid, found.get(node.path)):
                found[node.path] = node
    if problems := list(_problems(found.values())):
        raise SpecError(problems)


def _before(one: Unsaid, other: Node | None) -> bool:
    """Whether a fault tells more of its module than the one that is known."""
    return other is None or other.unsaid is None or (one.telling and not other.unsaid.telling)


def _problems(nodes: Iterable[Node]) -> Iterable[Problem]:
    """One problem a reason: modules of one class that do the same are named together."""
    groups: dict[tuple[str, Unsaid | None], list[Node]] = {}
    for node in nodes:
        groups.setdefault((node.kind, node.unsaid), []).append(node)
    for (kind, unsaid), same in groups.items():
        assert unsaid is not None, "only nodes with a fault are gathered"
        more = f" and {len(same) - 1} more" if len(same) > 1 else ""
        message = f"{place(same[0].path, kind)}{more}: {unsaid.why}"
        yield Problem(INEXPRESSIBLE, NOWHERE, message, help=unsaid.help)
