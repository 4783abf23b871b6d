"""Neighbours that are one step of a spec: convolution, norm and activation; separable ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from compiler.importing.strands import Chain, Fork, Item, Leaf, Sum, mapped
from dsl.models import layers

Pairing = Callable[[Item, Item], Item | None]
"""Two items as one; None where they stay two."""


def fused(chain: Chain) -> Chain:
    """The chain with every unit as one step."""
    for pairing in (_separable, _normed, _activated):
        chain = mapped(chain, lambda each, pairing=pairing: _paired(each, pairing))  # type: ignore[misc]  # mypy can't infer it
    return mapped(chain, lambda each: _flattened(tuple(map(_depthwise, each))))


def _paired(chain: Chain, pairing: Pairing) -> Chain:
    found: list[Item] = []
    for item in chain:
        both = pairing(found[-1], item) if found and found[-1].tap is None else None
        found[len(found) - (both is not None) :] = [both or item]
    return tuple(found)


def _plain(conv: layers.Conv) -> bool:
    """Whether nothing has been fused to a convolution."""
    return conv.norm == conv.act == "none"


def _alone(leaf: Leaf) -> bool:
    """Whether a convolution filters each channel by itself, once."""
    conv = leaf.layer
    return isinstance(conv, layers.Conv) and conv.groups == conv.width == leaf.inp[0]


def _is_pointwise(conv: layers.Conv) -> bool:
    """Whether a convolution looks at one place at a time, and at each."""
    ones = (1,) * len(conv.kernel)
    return conv.kernel == conv.stride == ones and not any(conv.padding or ()) and conv.groups == 1


def _separable(one: Item, other: Item) -> Item | None:
    match one, other:
        case Leaf(layer=layers.Conv(bias=False) as deep), Leaf(layer=layers.Conv() as point) if (
            _alone(one) and _is_pointwise(point)
        ):
            fields = ("kernel", "stride", "padding", "dilation")
            window = {name: getattr(deep, name) for name in fields}
            rest = {name: getattr(point, name) for name in ("width", "bias", "norm", "act")}
            return _joined(one, other, layers.SepConv(**window, **rest))
    return None


def _normed(one: Item, other: Item) -> Item | None:
    match one, other:
        case Leaf(layer=layers.Filter(norm="none") as conv), Leaf(layer=layers.Norm() as norm):
            change = {"norm": _behind(norm), "eps": norm.eps, "gamma": norm.gamma}
            if isinstance(norm, layers.BatchNorm):
                change["momentum"] = norm.momentum
            return _joined(one, other, conv.model_copy(update=change))
    return None


def _behind(norm: layers.Norm) -> str:
    """A norm as `norm=` says it."""
    match norm:
        case layers.BatchNorm():
            return "batch"
        case layers.LayerNorm():
            return "layer"
        case layers.GroupNorm(groups=groups):
            return f"group:{groups}"
        case layers.InstanceNorm():
            return "instance"
    raise TypeError(type(norm))


def _activated(one: Item, other: Item) -> Item | None:
    match one, other:
        case Leaf(layer=layers.Filter(act="none") as conv), Leaf(layer=layers.Activation() as act):
            return _joined(one, other, conv.model_copy(update={"act": act.text}))
        case Fork(residual=Sum(act="none") as total), Leaf(layer=layers.Activation() as act):
            learned = replace(other, tap=None) if act.has_weights else None
            residual = replace(total, act=act.text, learned=learned)
            made_from = (*one.paths, *other.paths)
            return replace(one, residual=residual, tap=other.tap, paths=made_from)
        case Fork(join="add", then=(), residual=None), Leaf(layer=layers.Activation()):
            return replace(one, then=(replace(other, tap=None),), tap=other.tap)
    return None


def _joined(one: Leaf, other: Leaf, layer: layers.Layer) -> Leaf:
    weights = (*one.weights, *other.weights)
    return Leaf(layer, one.inp, other.out, (*one.paths, *other.paths), other.tap, weights)


def _depthwise(item: Item) -> Item:
    """Groups of one channel each as the word for it."""
    match item:
        case Leaf(layer=layers.Conv(groups=groups) as conv) if 1 != groups == item.inp[0]:
            width = None if conv.width == groups else conv.width
            change = {"groups": 1, "depthwise": True, "width": width}
            return replace(item, layer=conv.model_copy(update=change))
    return item


def _flattened(chain: Chain) -> Chain:
    """`flatten` behind elementwise steps, right before an `fc`, where it goes without saying."""
    found = list(chain)
    for place in range(len(found) - 1):
        one, other = found[place], found[place + 1]
        match one, other:
            case Leaf(layer=layers.Flatten(), tap=None), Leaf(layer=layers.Dropout()):
                moved = replace(other, inp=one.inp, out=one.inp)
                found[place : place + 2] = [moved, replace(one, tap=other.tap)]
    return tuple(found)
