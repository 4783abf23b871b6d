"""Products of tensors, and the repeat of a gate over a map that a product does by itself."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from compiler.importing.atoms import Join, Reading, Sampled, Spread, Unsaid, times
from compiler.importing.calls import Ref, Weight
from compiler.importing.graph import Graph, Node
from compiler.importing.table import BARE, Given, UnsaidError, reads
from compiler.ir.op import Shape, ShapeFault
from compiler.ops.join import JOINS
from dsl.models.layers import LayerScale

PRODUCT = (Join("mul"),)
USUAL_FACTOR = 1e-6
"""What a layer scale begins at, where the model has learned another one since."""


MULTIPLY = (torch.mul, Tensor.mul, Tensor.mul_, Tensor.__rmul__)
BARE.update(MULTIPLY)


@reads("input other", *MULTIPLY)
def _mul(given: Given) -> tuple[Reading, ...]:
    sides = given("input"), given("other")
    factor = next((side for side in sides if isinstance(side, int | float)), None)
    if factor is not None:
        return (times(float(factor)),)
    weight = next((side for side in sides if isinstance(side, Weight)), None)
    if weight is not None:
        return _scaled(given, weight)
    if not all(isinstance(side, Ref) for side in sides):
        raise given.fault("multiplies by a tensor that isn't made from the input")
    shapes = tuple(Shape(*side.shape) for side in sides)
    try:
        JOINS["mul"].out(shapes)
    except ShapeFault as fault:
        unsaid = Unsaid(f"multiplies {' and '.join(map(str, shapes))}: {fault}", fault.help)
        if any(shape.elements == 1 for shape in shapes):
            return ((Sampled(unsaid),),)
        raise UnsaidError(unsaid) from None
    return (PRODUCT,)


def _scaled(given: Given, weight: Weight) -> tuple[Reading, ...]:
    """A product with a parameter: a factor for each channel, as layer scale is."""
    if weight.buffer:
        raise given.fault("multiplies by a buffer, and a spec's factors are learned")
    channels, *grid = given.inp
    lined_up = (*(1 for _ in range(len(grid) + 2)), *weight.shape)[-len(grid) - 2 :]
    if given.last:
        lined_up = (*lined_up[:1], *lined_up[-1:], *lined_up[1:-1])
    if len(weight.shape) > len(grid) + 2 or lined_up != (1, channels, *(1 for _ in grid)):
        raise given.fault(f"multiplies {given.inp} by a parameter of {weight.shape}")
    return ((LayerScale(value=USUAL_FACTOR if weight.fill is None else weight.fill),),)


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
    users, ends = graph.users(), graph.ends

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
