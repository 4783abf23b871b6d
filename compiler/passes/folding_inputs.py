"""What is done to the input before the network, as a part of its first layer.

A factor s and a constant t a channel, as of images that are normalised:

    f(s x + t) = (w s) * x + (b + the sum of w t)

It holds where one layer alone takes the input, and that is linear and pads nothing; a factor
without a constant may pass any padding (`absorbing.py`). The network takes another input from then
on, so a pipeline has this pass only where somebody wants that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from compiler.ir.network import Network
from compiler.ir.nodes import Node, children
from compiler.passes import tensors
from compiler.passes.absorbing import with_bias
from compiler.passes.entrance import chain, obstacle
from compiler.passes.passing import Held, Pass, Weights
from compiler.passes.tensors import Filters
from compiler.passes.walking import Edits, in_order, walked

Numbers = Sequence[float]


def fold_input(factors: Numbers, shifts: Numbers) -> Pass:
    """The pass for `factors * x + shifts`, one number a channel each.

    Left alone is a network of which `refusal` says why.
    """

    def run(network: Network, weights: Weights | None) -> Held:
        if refusal(network, shifts):
            return network, weights
        return _folded(network, weights, factors, shifts if any(shifts) else None)

    return Pass("input normalisation folded into the first layer", run)


def refusal(network: Network, shifts: Numbers) -> str:
    """Why the network can't take it in; empty where it can.

    A block is the same in all places, so one that has no bias doesn't get one.
    """
    if why := obstacle(network, shifted=any(shifts)):
        return why
    path, leaf = next(chain(network))
    op: Filters = leaf.op  # type: ignore[assignment]  # `obstacle` asked
    if any(shifts) and not op.bias and _in_block(network.nodes, path):
        return f"{path} is in a block and has no bias"
    return ""


def _in_block(nodes: tuple[Node, ...], path: str) -> bool:
    name, _, rest = path.partition(".")
    node = next(node for node in nodes if node.name == name)
    return bool(rest) and (
        getattr(node, "use", None) is not None or _in_block(children(node), rest)
    )


def _folded(
    network: Network, weights: Weights | None, factors: Numbers, shifts: Numbers | None
) -> Held:
    at, leaf = next(chain(network))
    op: Filters = leaf.op  # type: ignore[assignment]  # `refusal` asked

    def change(path: str, node: Node, edits: Edits) -> Node:
        return with_bias(leaf) if path == at else node

    grows = shifts is not None and not op.bias
    made = walked(network, None, change)[0] if grows else replace(network)
    if weights is None:
        return made, None
    fresh = dict(weights)
    like = tensors.needed(fresh, f"{at}.weight").double()
    shift = None if shifts is None else like.new_tensor(shifts)
    tensors.before(fresh, at, op, like.new_tensor(factors), shift)
    return made, in_order(made.nodes, fresh)
