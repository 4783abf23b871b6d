"""What becomes of a network's input first, and whether that can take in what was done before.

A factor and a constant a channel in front of the first layer become a part of its weights as
`absorbing.py` says. Only weights change, so here a block is looked into: each of its uses has
weights of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node, Parallel, Series, Tap
from compiler.ops.conv import DEPTHWISE, Conv
from compiler.ops.deconv import Deconv
from compiler.ops.linear import Linear
from compiler.passes.absorbing import never_pads
from compiler.passes.neighbours import Found
from compiler.passes.walking import under


def chain(network: Network) -> Iterator[Found]:
    """The first layers in order, each of which alone takes what the one before gives.

    The first one takes the input. It ends where a split, a residual sum or an auxiliary head reads
    what comes.
    """
    for path, node in _chain("", network.nodes):
        if not isinstance(node, Leaf):
            return
        yield path, node


def _chain(path: str, nodes: tuple[Node, ...]) -> Iterator[tuple[str, Node]]:
    """The same, and behind them whatever else is in the way."""
    for node in nodes:
        at = under(path, node.name)
        if isinstance(node, Series) and not node.residual:
            yield from _chain(at, node.nodes)
        else:
            yield at, node


def obstacle(network: Network, *, shifted: bool) -> str:
    """Why no layer can take in a factor a channel of the input; empty where one can.

    `shifted` asks for a constant as well.
    """
    path, node = next(_chain("", network.nodes), (network.name, None))
    match node:
        case Parallel():
            return f"the input goes to several branches, those of {path}"
        case Series():
            return f"the input goes around {path} as well, to its residual sum"
        case Tap():
            return f"the input goes to an auxiliary head as well, {path}"
        case Leaf(op=Conv() | Deconv() | Linear()):
            return _takes(path, node, shifted=shifted)
    return f"the first layer, {path}, is neither a convolution nor fully connected"


def _takes(path: str, leaf: Leaf, *, shifted: bool) -> str:
    if not shifted or isinstance(leaf.op, Linear):
        return ""
    if leaf.name == DEPTHWISE:
        return f"{path}, the first half of a separable convolution, has no bias"
    if isinstance(leaf.op, Deconv):
        return f"{path}, a transposed convolution, reads less at its border"
    return "" if never_pads(leaf) else f"{path} is padded, and its padding would no longer be 0"
