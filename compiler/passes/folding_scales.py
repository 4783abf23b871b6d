"""Layer scale, and a residual sum's constant, folded into the linear layer beside them.

A layer scale is a factor a channel, so a linear layer in front of it or behind it takes it in. A
residual sum multiplies what it adds by one number:

    shortcut(x) + c f(x),    c (w * y + b) = (c w) * y + c b

which its last layer takes in where that is linear and nothing else reads what it gives. Behind an
activation, a pool or a join there is no such layer, and the sum keeps its number.
"""

from __future__ import annotations

from dataclasses import replace

from compiler.ir.network import Network
from compiler.ir.nodes import Node, Parallel, Series
from compiler.ir.symbols import is_plainly
from compiler.passes import tensors
from compiler.passes.absorbing import absorbing
from compiler.passes.neighbours import Found, last_of
from compiler.passes.passing import Held, Pass, Weights
from compiler.passes.tensors import Affine, Filters
from compiler.passes.walking import Edits, under, walked


def fold_scales(network: Network, weights: Weights | None) -> Held:
    """Factors a channel and those of residual sums become a part of linear layers."""
    return walked(network, weights, _folded)


FOLD_SCALES = Pass("scales folded into convolutions", fold_scales)
_SCALES = absorbing(Affine)  # A norm may stand beside a linear layer once a scale went.


def _folded(path: str, node: Node, edits: Edits) -> Node | None:
    made = _SCALES(path, node, edits)
    if not isinstance(made, (Series, Parallel)) or made.residual is None:
        return made
    residual = made.residual
    if is_plainly(residual.scale, 1.0) or (found := _summed(path, made)) is None:
        return made
    at, leaf = found
    if (weights := edits.of(at)) is not None:
        weight = tensors.needed(weights, f"{at}.weight").double()
        factor = weight.new_full((int(leaf.out.channels),), float(residual.scale))
        op: Filters = leaf.op  # type: ignore[assignment]  # `_summed` asked
        tensors.after(weights, at, op, factor)
    return replace(made, residual=replace(residual, scale=1.0))


def _summed(path: str, node: Series | Parallel) -> Found | None:
    """The linear layer that gives what a residual sum multiplies."""
    inside = node.nodes[-1:] if isinstance(node, Series) else (node.then,)
    found = last_of(under(path, inside[0].name), inside[0]) if inside and inside[0] else None
    return found if found and isinstance(found[1].op, Filters) else None
