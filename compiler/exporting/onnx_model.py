"""A network with its weights as a model of ONNX: no module is built, and nothing is traced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from compiler.exporting.wishes import Wishes

if TYPE_CHECKING:
    from onnx import ModelProto
    from torch import Tensor

    from compiler.exporting.graph import Graph
    from compiler.ir.network import Network

USUAL = Wishes()


def onnx_model(
    network: Network, weights: Mapping[str, Tensor], wishes: Wishes = USUAL
) -> ModelProto:
    """The network, evaluating, with weights by path as in its state dict.

    Raises `ExportFault` for what can't be exported as it is wished, and `ImportError` where the
    package onnx is missing.
    """
    from compiler.exporting.protobuf import model

    return model(network, onnx_graph(network, weights, wishes), wishes)


def onnx_graph(network: Network, weights: Mapping[str, Tensor], wishes: Wishes = USUAL) -> Graph:
    """The same as plain data, which needs NumPy alone."""
    from compiler.exporting.arrays import arrays
    from compiler.exporting.entering import INPUT, batch_of, enter
    from compiler.exporting.graph import Graph
    from compiler.exporting.leaving import leave, promised, softened
    from compiler.exporting.sizes import free
    from compiler.exporting.tree import Writer

    nodes = network.nodes if wishes.aux else network.trunk
    held = arrays(nodes, network.taps, weights)
    graph = Graph(network.name)
    graph.taken = {*held, INPUT}
    outputs = promised(network, wishes, graph)
    x = enter(network, wishes, graph, free(network, wishes))
    writer = Writer(graph, held, (wishes.dtype, wishes.version), batch_of(wishes))
    last = writer.through(nodes, x)
    if wishes.softmax:
        last = softened(network, wishes, last, graph)
    leave(outputs, last, writer.values, wishes, graph)
    return graph
