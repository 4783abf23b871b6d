"""What each head ends in, for the loss: logits, or what a softmax or a sigmoid made of them.

Read off the tree from the image on, since what follows a softmax may leave probabilities as
they are (an identity, a flatten of one position) or not (a dropout).
"""

from __future__ import annotations

from collections.abc import Iterable

from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node, Parallel, Series, Tap, children
from compiler.ir.op import Ending


def endings(network: Network) -> dict[str, Ending]:
    """What the trunk ends in, as `logits`, and each auxiliary head, by the head's name."""
    found: dict[str, Ending] = {}
    ending: Ending = "logits"
    for node in network.nodes:
        if isinstance(node, Tap):
            found[node.name] = _through(node.body.nodes, ending)
        else:
            ending = _behind(node, ending)
    return {"logits": ending, **found}


def _through(nodes: Iterable[Node], ending: Ending) -> Ending:
    for node in nodes:
        ending = _behind(node, ending)
    return ending


def _behind(node: Node, before: Ending) -> Ending:
    match node:
        case Leaf():
            return node.op.ending(node.inp, before)
        case Parallel():
            return _joined(node, before)
        case Series():
            return _summed(node, before, _through(node.nodes, before))
    return _through(children(node), before)


def _joined(node: Parallel, before: Ending) -> Ending:
    inside: Ending = "altered" if node.shares and before == "softmax" else before
    ending = node.join.ending(tuple(_behind(branch, inside) for branch in node.branches))
    if node.then:
        ending = _behind(node.then, ending)
    return _summed(node, before, ending)


def _summed(node: Series | Parallel, before: Ending, ending: Ending) -> Ending:
    """What comes out of the residual sum, if there is one."""
    if node.residual is None:
        return ending
    beside = _behind(node.residual.shortcut, before) if node.residual.shortcut else before
    ending = "logits" if "logits" in (beside, ending) else "altered"
    return _behind(node.residual.act, ending) if node.residual.act else ending
