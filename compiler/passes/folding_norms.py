"""Batch norm folded into the convolution before it.

While evaluating, batch norm is a factor and a constant a channel:

    gamma * (w * x + b - mean) / sqrt(var + eps) + beta
        = (s w) * x + (s (b - mean) + beta),    s = gamma / sqrt(var + eps)

It holds for any padding, stride, dilation and grouping, with or without a bias or gamma, as long as
nothing but the norm reads what the convolution gives.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node, Series, nodes
from compiler.ir.rewriting import rewrite
from compiler.ops.conv import Conv
from compiler.ops.norm import BatchNorm
from compiler.passes.passing import Held, Pass, Weights

if TYPE_CHECKING:
    from torch import Tensor


def fold_batch_norm(network: Network, weights: Weights | None) -> Held:
    """Batch norms right behind a convolution in one series become a part of it."""
    made = rewrite(network, _folded)
    if weights is None or made is network:
        return made, weights
    changed = dict(weights)
    for path, conv, norm in _pairs(network):
        _fold(changed, f"{path}.{conv.name}", f"{path}.{norm.name}", norm)
    return made, changed


FOLD_BATCH_NORM = Pass("batch norm folded into convolutions", fold_batch_norm)


def _pairs(network: Network) -> Iterator[tuple[str, Leaf, Leaf]]:
    for path, node in nodes(network.nodes):
        if isinstance(node, Series):
            yield from ((path, conv, norm) for conv, norm in _adjacent(node))


def _adjacent(node: Series) -> Iterator[tuple[Leaf, Leaf]]:
    for before, behind in pairwise(node.nodes):
        match before, behind:
            case Leaf(op=Conv()), Leaf(op=BatchNorm()):
                yield before, behind


def _folded(node: Node) -> Node:
    if not isinstance(node, Series) or not (pairs := list(_adjacent(node))):
        return node
    biased = {conv.name: _biased(conv) for conv, _ in pairs}
    norms = {norm.name for _, norm in pairs}
    kept = (part for part in node.nodes if part.name not in norms)
    return replace(node, nodes=tuple(biased.get(part.name, part) for part in kept))


def _biased(conv: Leaf) -> Leaf:
    assert isinstance(conv.op, Conv), conv
    return replace(conv, op=replace(conv.op, bias=True))


def _fold(weights: dict[str, Tensor], conv: str, norm: str, leaf: Leaf) -> None:
    assert isinstance(leaf.op, BatchNorm), leaf
    weight = weights[f"{conv}.weight"]
    mean, var = (weights.pop(f"{norm}.running_{kind}").double() for kind in ("mean", "var"))
    gamma, beta = weights.pop(f"{norm}.weight", None), weights.pop(f"{norm}.bias").double()
    weights.pop(f"{norm}.num_batches_tracked", None)
    factor = (var + float(leaf.op.eps)) ** -0.5
    factor = factor if gamma is None else factor * gamma.double()
    bias = weights.get(f"{conv}.bias")
    shift = beta + ((0 if bias is None else bias.double()) - mean) * factor
    scaled = weight.double() * factor.reshape(-1, *(1,) * (weight.dim() - 1))
    weights[f"{conv}.weight"] = scaled.to(weight.dtype)
    weights[f"{conv}.bias"] = shift.to(weight.dtype)
