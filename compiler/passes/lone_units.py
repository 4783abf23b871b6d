"""Units in which one layer is left become that layer, as if the spec had said so.

A series of one is what is in it. Of a convolution whose norm was folded, and which has no
activation, the layer takes the unit's name, as it would for `1x1 64 linear` without a norm, and its
weights lose a step of their path: `x.conv.weight` becomes `x.weight`. `Network.origins` knows the
path that it had. Whether it happens follows from the unit alone, so all uses of a block agree.
"""

from __future__ import annotations

from dataclasses import replace

from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node, Series
from compiler.passes.passing import Held, Pass, Weights
from compiler.passes.walking import Edits, under, walked


def lone_units(network: Network, weights: Weights | None) -> Held:
    """Units of one layer become layers."""
    return walked(network, weights, _alone)


LONE_UNITS = Pass("units of one layer made layers", lone_units)


def _alone(path: str, node: Node, edits: Edits) -> Node:
    match node:
        case Series(role="unit", nodes=(Leaf() as leaf,)):
            edits.moved(under(path, leaf.name), leaf, path)
            return replace(leaf, name=node.name, span=node.span)
    return node
