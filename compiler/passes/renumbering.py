"""Steps of a list, which have numbers for names, are counted from 0 again after some of them went.

Lowering counts them so, and emitted source has a plain `nn.Sequential` only for such. Nothing but
paths changes: `x.2.weight` becomes `x.1.weight`, and `Network.origins` knows the path that it had.
Steps of the trunk, and all that have names of their own, keep them.
"""

from __future__ import annotations

from dataclasses import replace

from compiler.ir.network import Network
from compiler.ir.nodes import Node, Series
from compiler.passes.passing import Held, Pass, Weights
from compiler.passes.walking import ROOT, Edits, under, walked


def renumber(network: Network, weights: Weights | None) -> Held:
    """Numbered steps get the numbers that they would have been given."""
    return walked(network, weights, _counted)


RENUMBER = Pass("steps of lists numbered anew", renumber)


def _counted(path: str, node: Node, edits: Edits) -> Node:
    if not isinstance(node, Series) or node.role != "sequence" or path == ROOT:
        return node
    names = [each.name for each in node.nodes]
    wanted = [str(place) for place in range(len(names))]
    if names == wanted or not all(name.isdigit() for name in names):
        return node
    made: list[Node] = []
    for each, name in zip(node.nodes, wanted, strict=True):
        if each.name != name:
            edits.moved(under(path, each.name), each, under(path, name))
        made.append(replace(each, name=name))
    return replace(node, nodes=tuple(made))
