"""Means and maxima over the grid in two steps, as one global pooling."""

from __future__ import annotations

from dataclasses import replace

from compiler.importing.atoms import Atom, Lined, Reading, Reduced
from compiler.importing.graph import Graph, Node
from dsl.models.layers import Flatten, GlobalPool


def fold_reductions(graph: Graph) -> Graph:
    """The graph with a mean of means, or a mean of places in a row, as the mean of a map.

    All rows are equally long, so that the mean of their means is that of all.
    """
    return graph.mapped(lambda node: _folded(node, graph))


def _folded(node: Node, graph: Graph) -> Node:
    if not isinstance(last := node.plainest, Reduced):
        return node
    before = graph.source(node)
    first = before.plainest
    rows = isinstance(first, Reduced) and first.mode == last.mode and len(first.dims) == 1
    if not before.inputs or not (rows or isinstance(first, Lined)):
        return node
    whole = graph.nodes[before.inputs[0]].shape
    pooled = len(whole) == 3 and node.shape == (whole[0], *(1 for _ in node.shape[1:]))
    if not pooled or not _others(first, last, before):
        return node
    pool = GlobalPool(mode=last.mode)
    reading: Reading = (pool,) if len(node.shape) == len(whole) else (pool, Flatten())
    return replace(node, readings=(reading,), inputs=before.inputs)


def _others(first: Atom | None, last: Reduced, before: Node) -> bool:
    """Whether the second step takes the axis that the first one has left."""
    if not isinstance(first, Reduced):
        return last.dims == (2,)
    if len(before.shape) == 3:
        return last.dims != first.dims and len(last.dims) == 1
    return last.dims == (2,)
