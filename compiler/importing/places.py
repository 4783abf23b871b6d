"""Gates that work on a vector and are made a map again, as layers of a map of one place."""

from __future__ import annotations

from dataclasses import replace

from compiler.importing.atoms import Placed, Reading, Scale
from compiler.importing.graph import Graph, Node
from dsl.models import layers

ALIKE = (layers.Activation, layers.Dropout)
"""Layers that do the same with a vector and with a map of one place."""


def fold_places(graph: Graph) -> Graph:
    """The graph with fully connected layers between one place and one place as 1x1 convolutions.

    So gates are often written: a pooled map is flattened, goes through linear layers, and is
    seen as a map again for the product. Only what nothing else takes is changed.
    """
    nodes, users = list(graph.nodes), graph.users()
    for index, node in enumerate(graph.nodes):
        if node.plainest == Placed() and (found := _vectors(index, nodes, users, graph.ends)):
            for place, reading in found.items():
                shape = (nodes[place].shape[0], *node.shape[1:])
                nodes[place] = replace(nodes[place], readings=(reading,), shape=shape)
    return replace(graph, nodes=tuple(nodes))


def _vectors(
    index: int, nodes: list[Node], users: dict[int, list[Node]], ends: frozenset[int]
) -> dict[int, Reading] | None:
    """What the nodes from a map of one place to where it is one again are on that map."""
    axes = len(nodes[index].shape) - 1
    found: dict[int, Reading] = {index: ()}
    while True:
        (index,) = nodes[index].inputs
        node = nodes[index]
        taken = len(users[index]) > 1 or index in ends
        if taken or node.fault_read or len(node.inputs) != 1:
            return None
        match node.readings:
            case ((),):
                found[index] = ()
            case ((layers.Linear() as fc,),):
                assert isinstance(fc.width, int), "a reader has numbers alone"
                found[index] = (point(fc.width, fc.bias, axes),)
            case ((atom,),) if isinstance(atom, (*ALIKE, Scale)):
                found[index] = (atom,)
            case ((layers.Flatten(),),) if nodes[node.inputs[0]].shape[1:] == (1,) * axes:
                return found | {index: ()}
            case ((layers.GlobalPool() as pool, layers.Flatten()),):
                return found | {index: (pool,)}
            case _:
                return None


def point(width: int, bias: bool, axes: int) -> layers.Conv:
    """What a linear layer does at each place of a map."""
    ones, zeros = (1,) * axes, (0,) * axes
    return layers.Conv(kernel=ones, width=width, padding=zeros, bias=bias, norm="none", act="none")
