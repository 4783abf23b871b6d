"""Whole samples that are dropped in training: a mask that is drawn, rescaled and multiplied."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from compiler.importing.atoms import CHANCE, Blank, Drawn, Join, Reading, Sampled, Scale, tidy
from compiler.importing.graph import Graph, Node
from compiler.importing.table import Given, UnsaidError, reads
from dsl.models.layers import DropPath


@reads("input size", Tensor.new_empty)
def _empty(given: Given) -> tuple[Reading, ...]:
    return ((Blank(),),)


@reads("input p", Tensor.bernoulli_)
def _drawn(given: Given) -> tuple[Reading, ...]:
    kept, once = given("p", 0.5), given.call.shape == tuple(1 for _ in given.call.shape)
    if not once or not isinstance(kept, int | float):
        raise UnsaidError(CHANCE)
    return ((Drawn(float(kept)),),)


def fold_drops(graph: Graph) -> Graph:
    """The graph with each map times its drawn mask as one layer."""
    return graph.mapped(lambda node: _folded(node, graph))


def _folded(node: Node, graph: Graph) -> Node:
    product = isinstance(node.plainest, Sampled) or node.readings[0] == (Join("mul"),)
    if not product or len(node.inputs) != 2:
        return node
    for index, other in (node.inputs, node.inputs[::-1]):
        kept = _kept(other, graph)
        if kept is not None:
            change = DropPath(p=tidy(1 - kept))
            return replace(node, readings=((change,),), inputs=(index,))
    return node


def _kept(index: int, graph: Graph) -> float | None:
    """The share of samples that a mask keeps, if what is kept is scaled to make up for the rest."""
    mask, scaled = graph.nodes[index], 1.0
    if isinstance(scale := mask.plainest, Scale):
        scaled, mask = scale.factor, graph.nodes[mask.inputs[0]]
    if not isinstance(drawn := mask.plainest, Drawn):
        return None
    if any(graph.nodes[index].fault_read for index in mask.inputs):
        return None  # One number for all samples.
    kept = drawn.kept
    return kept if kept == 0 or tidy(scaled * kept) == 1 else None
