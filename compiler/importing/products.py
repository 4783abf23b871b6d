"""Products of tensors, and the repeat of a gate over a map that a product does by itself."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from compiler.importing.graph import Graph, Join, Node, Reading, Scale, Spread
from compiler.importing.record import Ref
from compiler.importing.table import Given, reads
from compiler.ir.op import Shape, ShapeFault
from compiler.ops.join import JOINS

PRODUCT = (Join("mul"),)


@reads("input other", torch.mul, Tensor.mul, Tensor.mul_, Tensor.__rmul__)
def _mul(given: Given) -> tuple[Reading, ...]:
    sides = given("input"), given("other")
    factor = next((side for side in sides if isinstance(side, int | float)), None)
    if factor is not None:
        return ((Scale(float(factor)),),)
    if not all(isinstance(side, Ref) for side in sides):
        raise given.fault("multiplies by a tensor that isn't made from the input")
    shapes = tuple(Shape(*side.shape) for side in sides)
    try:
        JOINS["mul"].out(shapes)
    except ShapeFault as fault:
        sizes = " and ".join(map(str, shapes))
        raise given.fault(f"multiplies {sizes}: {fault}", fault.help) from None
    return (PRODUCT,)


@reads("input", Tensor.expand, Tensor.expand_as)
def _expand(given: Given) -> tuple[Reading, ...]:
    shape, single = given.call.shape, (given.inp[0], *(1 for _ in given.inp[1:]))
    if shape == given.inp:
        return ((),)
    if given.inp != single or shape[:1] != single[:1] or len(shape) != len(single):
        raise given.fault(f"repeats {given.inp} as {shape}")
    return ((Spread(),),)


def fold_spreads(graph: Graph) -> Graph:
    """The graph without repeats of one place that only products take, each beside a whole map."""
    users: dict[int, list[Node]] = {}
    for node in graph.nodes:
        for index in node.inputs:
            users.setdefault(index, []).append(node)
    ends = {graph.output, *graph.heads}

    def changed(index: int, node: Node) -> Node:
        taken = users.get(index, [])
        folds = _is_spread(node) and index not in ends and all(_gates(u, graph) for u in taken)
        return replace(node, readings=((),)) if folds else node

    return replace(graph, nodes=tuple(changed(*each) for each in enumerate(graph.nodes)))


def _is_spread(node: Node) -> bool:
    return node.readings[0] == (Spread(),)


def _gates(user: Node, graph: Graph) -> bool:
    """Whether a node is a product with something that isn't repeated."""
    whole = [index for index in user.inputs if not _is_spread(graph.nodes[index])]
    return user.readings[0] == PRODUCT and bool(whole)
