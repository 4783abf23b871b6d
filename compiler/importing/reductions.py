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
    rows = isinstance(first, Reduced) and first.mode == last.mode
    if not before.inputs or not (rows or isinstance(first, Lined)):
        return node
    whole = graph.nodes[before.inputs[0]].shape
    pooled = node.shape == (whole[0], *(1 for _ in node.shape[1:]))
    if not pooled or not _rest(first, last, before, len(whole)):
        return node
    pool = GlobalPool(mode=last.mode)
    reading: Reading = (pool,) if len(node.shape) == len(whole) else (pool, Flatten())
    return replace(node, readings=(reading,), inputs=before.inputs)


def _rest(first: Atom | None, last: Reduced, before: Node, axes: int) -> bool:
    """Whether the second step takes the axes, of those of a map, that the first one has left."""
    if not isinstance(first, Reduced):
        return last.dims == (2,)
    left = [axis for axis in range(2, axes + 1) if axis not in first.dims]
    kept = len(before.shape) == axes
    return list(last.dims) == (left if kept else [*range(2, 2 + len(left))])
