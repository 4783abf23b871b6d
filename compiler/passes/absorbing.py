"""How a linear layer takes in its neighbour that is a factor and a constant a channel.

Behind it, for any padding, stride, dilation and grouping:

    s f(x) + t = (s w) * x + (s b + t)

In front of it, where each output reads as many inputs as any other, as without padding:

    f(s x + t) = (w s) * x + (b + the sum of w t)

Padding is put around s x + t, so its zeros would stand for -t / s: not the same at the border. A
factor alone may pass any padding, as 0 stays 0. A transposed convolution reads another number of
inputs at its border, so it takes a factor alone, too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from operator import is_
from types import UnionType

from compiler.ir.nodes import Leaf, Node, Series
from compiler.ops.conv import DEPTHWISE, Conv
from compiler.ops.deconv import Deconv
from compiler.ops.linear import Linear
from compiler.ops.scale import LayerScale
from compiler.passes import tensors
from compiler.passes.neighbours import Found, first_of, last_of, with_first, with_last
from compiler.passes.tensors import Affine, Filters
from compiler.passes.walking import ROOT, Change, Edits, under

Both = tuple[Node | None, Node | None]
"""What stands in the places of two neighbours afterwards."""
Kind = type[Affine] | UnionType
"""A kind of layer to take in, or several."""


def absorbing(kind: Kind) -> Change:
    """Layers of a kind, or of several, become a part of the linear layers beside them."""

    def change(path: str, node: Node, edits: Edits) -> Node:
        return _in_series(path, node, edits, kind) if isinstance(node, Series) else node

    return change


def _in_series(path: str, series: Series, edits: Edits, kind: Kind) -> Series:
    nodes, place = list(series.nodes), 0
    while place + 1 < len(nodes):
        both = _pair(path, nodes[place], nodes[place + 1], edits, kind)
        if both is None:
            place += 1
            continue
        nodes[place : place + 2] = [node for node in both if node is not None]
        place = max(place - 1, 0)  # What is left may have a neighbour in front.
    unchanged = len(nodes) == len(series.nodes) and all(map(is_, nodes, series.nodes))
    return series if unchanged else replace(series, nodes=tuple(nodes))


def _pair(path: str, one: Node, other: Node, edits: Edits, kind: Kind) -> Both | None:
    last = last_of(under(path, one.name), one)
    first = first_of(under(path, other.name), other)
    if last is None or first is None:
        return None
    if isinstance(last[1].op, Filters) and isinstance(first[1].op, kind):
        return _behind(path, (one, last), (other, first), edits)
    if isinstance(last[1].op, kind) and takes_before(first[1], last[1]):
        return _in_front(path, (one, last), (other, first), edits)
    return None


Side = tuple[Node, Found]
"""One of two neighbours: the node, and its layer that is meant."""


def _behind(path: str, one: Side, other: Side, edits: Edits) -> Both | None:
    """The layer in front takes in the one behind it.

    A step of the trunk keeps giving what its name says: there the layer goes to the other's place.
    """
    (node, (at, leaf)), (next_node, (where, affine)) = one, other
    if path == ROOT and not _is_alone(node):
        return None
    _absorb(edits, at, leaf, where, affine, tensors.after)
    edits.dropped(where, affine)
    made = _biased(leaf, affine)
    if path != ROOT:
        return with_last(node, made), with_first(next_node, None)
    edits.moved(at, made, where)
    return None, with_first(next_node, replace(made, name=affine.name))


def _in_front(path: str, one: Side, other: Side, edits: Edits) -> Both | None:
    """The layer behind takes in the one in front of it."""
    (node, (at, affine)), (next_node, (where, leaf)) = one, other
    if path == ROOT and not _is_alone(node):
        return None
    _absorb(edits, where, leaf, at, affine, tensors.before)
    edits.dropped(at, affine)
    return with_last(node, None), with_first(next_node, _biased(leaf, affine))


def _is_alone(node: Node) -> bool:
    """Whether a node is one layer, so that its name can go with it."""
    return isinstance(node, Leaf) or (
        isinstance(node, Series) and node.role == "unit" and len(node.nodes) == 1
    )


def takes_before(leaf: Leaf, affine: Leaf) -> bool:
    """Whether a layer can take in the one in front of it.

    The first half of a separable convolution has no bias in any spec, so it takes a factor alone.
    """
    if isinstance(affine.op, LayerScale):
        return isinstance(leaf.op, Filters)
    if leaf.name == DEPTHWISE:
        return False
    return isinstance(leaf.op, Linear) or never_pads(leaf)


def never_pads(leaf: Leaf) -> bool:
    """Whether it is a convolution that pads no map, of whatever size."""
    if not isinstance(leaf.op, Conv):
        return False
    slide = leaf.op.slide
    return not any(slide.padding) and (not slide.tf_same or all(n == 1 for n in slide.spans))


def _biased(leaf: Leaf, affine: Leaf) -> Leaf:
    op = leaf.op
    assert isinstance(op, (Conv, Deconv, Linear)), leaf
    return leaf if op.bias or isinstance(affine.op, LayerScale) else with_bias(leaf)


def with_bias(leaf: Leaf) -> Leaf:
    """The linear layer with a bias."""
    op = leaf.op
    assert isinstance(op, (Conv, Deconv, Linear)), leaf
    return replace(leaf, op=replace(op, bias=True))


def _absorb(
    edits: Edits, path: str, leaf: Leaf, where: str, affine: Leaf, put: Callable[..., None]
) -> None:
    """Work the layer at `where` into the weights of the one at `path`."""
    if (weights := edits.of(path)) is None:
        return
    op: Filters = leaf.op  # type: ignore[assignment]  # its callers asked
    factor, shift = tensors.factor_and_shift(weights, where, affine)
    put(weights, path, op, factor, shift)
