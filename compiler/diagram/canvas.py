"""DOT text: nodes of fixed sizes with ids of their own, edges, and what all drawings share."""

from __future__ import annotations

from collections.abc import Iterable

import graphviz  # type: ignore[import-untyped]  # has no py.typed marker

from compiler.diagram.style import EDGE, FONT, MUTED, PAPER, Look
from compiler.diagram.text import clean

GRAPH = {
    "bgcolor": PAPER.light,
    "fontname": FONT,
    "labelloc": "t",
    "labeljust": "l",
    "margin": "0",
    "newrank": "true",
    "outputorder": "edgesfirst",
    "pad": "0.25",
}
NODE = {
    "shape": "box",
    "style": "rounded,filled",
    "fixedsize": "true",
    "margin": "0",
    "penwidth": "1.1",
    "fontname": FONT,
    "fontsize": "11",
    "fontcolor": MUTED.light,
}
EDGES = {"color": EDGE.light, "arrowsize": "0.6", "penwidth": "1.1"}


def inches(points: float) -> str:
    """Points as DOT wants sizes."""
    return f"{points / 72:.4f}".rstrip("0").rstrip(".")


class Canvas:
    """Collects nodes and edges; `text` is the drawing."""

    def __init__(self, title: str, **attributes: str) -> None:
        graph = {**GRAPH, "tooltip": graphviz.escape(clean(title)), **attributes}
        self._graph = graphviz.Digraph(graph_attr=graph, node_attr=NODE, edge_attr=EDGES)
        self._count = 0

    def head(self, label: str) -> None:
        """Put an HTML-like label above the drawing."""
        self._graph.graph_attr["label"] = f"<{label}>"

    def node(
        self,
        label: str,
        size: tuple[float, float],
        look: Look,
        *,
        tooltip: str = "",
        **attributes: str,
    ) -> str:
        """Add a box with an HTML-like label; its id is what edges name."""
        self._count += 1
        name = f"n{self._count}"
        lines = "\n".join(clean(line) for line in tooltip.split("\n"))
        self._graph.node(
            name,
            label=f"<{label}>" if label else "",
            id=name,
            width=inches(size[0]),
            height=inches(size[1]),
            fillcolor=look.fill.light,
            color=look.line.light,
            tooltip=graphviz.escape(lines or " "),
            **attributes,
        )
        return name

    def bend(self) -> str:
        """Add a point without size, where lines meet; edges name it by what is returned."""
        self._count += 1
        name = f"n{self._count}"
        self._graph.node(name, label="", shape="point", style="invis", width="0", height="0")
        return name

    def edge(self, tail: str, head: str, **attributes: str) -> None:
        """Join two nodes, each given as `id`, `id:port` or `id:port:side`."""
        self._graph.edge(tail, head, **attributes)

    def rank(self, names: Iterable[str]) -> None:
        """Put nodes at one height."""
        with self._graph.subgraph(graph_attr={"rank": "same"}) as row:
            for name in names:
                row.node(name)

    @property
    def text(self) -> str:
        """The DOT text."""
        return str(self._graph.source)
