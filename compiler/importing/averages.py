"""Averages that leave padding out, which torch's own can't where TensorFlow's padding is uneven."""

from __future__ import annotations

from dataclasses import replace

from compiler.importing.atoms import Ones, Pad, Quotient
from compiler.importing.graph import Graph, Node
from compiler.importing.windows import with_paddings
from dsl.models import layers


def fold_counts(graph: Graph) -> Graph:
    """The graph with the mean of a padded map, divided by that of ones, as one average pool.

    The mean of zeros and ones is the share of a window that lies on the map.
    """
    return replace(graph, nodes=tuple(_folded(node, graph) for node in graph.nodes))


def _folded(node: Node, graph: Graph) -> Node:
    if not isinstance(node.plainest, Quotient) or len(node.inputs) != 2:
        return node
    mean, share = (graph.nodes[index] for index in node.inputs)
    pool, same = mean.plainest, share.plainest
    if not isinstance(pool, layers.AvgPool) or pool != same or not _plain(pool):
        return node
    pad, ones_pad = (graph.nodes[each.inputs[0]] for each in (mean, share))
    ones = graph.nodes[ones_pad.inputs[0]] if ones_pad.inputs else node
    source = graph.nodes[pad.inputs[0]] if pad.inputs else node
    around = pad.plainest
    if not isinstance(around, Pad) or around != ones_pad.plainest or around.value:
        return node
    if not isinstance(ones.plainest, Ones) or ones.shape[1:] != source.shape[1:]:
        return node
    changed = replace(mean, inputs=pad.inputs, shape=node.shape)
    return with_paddings(
        changed, pool.model_copy(update={"count_padding": False}), around, source.shape[1:]
    )


def _plain(pool: layers.AvgPool) -> bool:
    """Whether a pool pads nothing by itself, and so counts all that it sees."""
    return not any(pool.padding or ()) and not pool.ceil
