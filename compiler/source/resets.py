"""What the network's own class draws: all its weights, at first and anew, or its last layers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, leaves, own_inits
from compiler.ir.op import Init, Op
from compiler.ir.plugged import kind_of
from compiler.ir.symbols import names_in
from compiler.lowering.classifier import classified, sharing
from compiler.ops.act import Activation
from compiler.ops.conv import Conv
from compiler.ops.deconv import Deconv
from compiler.ops.inits import describe, init_call
from compiler.ops.linear import Linear
from compiler.ops.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, rank_of
from compiler.ops.scale import LayerScale
from compiler.source.expr import Expr, Test, call, condition, lay_out, literal, literals, signature


def resets(network: Network) -> Iterator[list[str]]:
    """The methods, each in lines; those that there is a use for."""
    if drawn := list(_drawn(network)):
        start = signature("_init_weights", ["self"], "None", 1)
        yield [*start, f'        """{_said(network)}"""', *drawn]
    if test := _resettable(network):
        start = signature("reset_parameters", ["self"], "None", 1)
        doc = '        """Draw all weights anew and forget all statistics, as in a new network."""'
        yield [*start, doc, *_anew(test), *(["        self._init_weights()"] if drawn else [])]
    sized = set(classified(network))
    layers = {path: leaf for path, leaf in leaves(network.nodes) if path in sized}
    heads = {tap.name for tap in network.taps}
    last = all(_is_last(path, leaf, heads) for path, leaf in layers.items())
    if layers and last and not sharing(network):
        start = signature("reset_classifier", ["self", "num_classes: int"], "None", 1)
        doc = '        """Put fresh last layers in place, for another number of classes."""'
        yield [*start, doc, *_classifier(network)]


def _said(network: Network) -> str:
    if network.init is None:
        return "Draw the layers whose distribution the spec gives."
    return f"Draw convolutions and linear layers from {describe(network.init)}."


LAYERS: dict[type[Op], str] = {
    Conv: "nn.Conv{rank}d",
    Deconv: "nn.ConvTranspose{rank}d",
    Linear: "nn.Linear",
    BatchNorm: "nn.BatchNorm{rank}d",
    LayerNorm: "nn.LayerNorm",
    GroupNorm: "nn.GroupNorm",
    InstanceNorm: "nn.InstanceNorm{rank}d",
    Activation: "nn.PReLU",
    LayerScale: "LayerScale",
}
"""The ops that hold weights or statistics, and the torch class that each is one of, by rank."""


def _resettable(network: Network) -> Expr | None:
    """The test of a module that draws weights or holds statistics; None where there is none.

    By the torch classes of the network's layers, in the order of `LAYERS`; what a plugin's layer
    is made of nobody knows here.
    """
    holding = [
        leaf
        for _, leaf in leaves(network.nodes)
        if leaf.op.params(leaf.inp) or leaf.op.buffers(leaf.inp)
    ]
    if any(kind_of(leaf.op) for leaf in holding):
        return Expr('module is not self and hasattr(module, "reset_parameters")')
    held = [(type(leaf.op), rank_of(leaf.inp)) for leaf in holding]
    unknown = {kind for kind, _ in held} - LAYERS.keys()
    assert not unknown, f"no way to reset {unknown}"
    names = (LAYERS[kind].format(rank=rank) for kind in LAYERS for one, rank in held if one is kind)
    kinds = tuple(map(Expr, dict.fromkeys(names)))
    return call("isinstance", Expr("module"), Expr("", kinds, "", joint=" | ")) if kinds else None


def _anew(test: Expr) -> Iterator[str]:
    """Every layer drawn as its constructor does, in the same order."""
    yield "        for module in self.modules():"
    yield from lay_out("if ", test, ":", 3)
    yield "                module.reset_parameters()"


def _drawn(network: Network) -> Iterator[str]:
    """The body of `_init_weights`."""
    if network.init:
        yield "        for module in self.modules():"
        ops = [leaf.op for _, leaf in leaves(network.nodes)]
        # A plugin's layer may be made of convolutions of any rank.
        ranks = (1, 2, 3) if any(map(kind_of, ops)) else (len(network.input.grid),)
        convs: list[type[Op]] = [Conv, Deconv] if Deconv in set(map(type, ops)) else [Conv]
        named = (LAYERS[kind].format(rank=rank) for kind in convs for rank in ranks)
        kinds = *named, LAYERS[Linear]
        yield f"            if isinstance(module, {' | '.join(kinds)}):"
        yield from _draw(network.init, Expr("module.weight"), 4)
    heads = {tap.name for tap in network.taps}
    for top, layers in groupby(own_inits(network.nodes), key=lambda item: item[0].split(".")[0]):
        if top in heads:
            yield from condition("and", [Test(f"self.{top}", "is not None")], 2)
        for path, init in layers:
            weight = call("self.get_parameter", Expr(f'"{path}.weight"'))
            yield from _draw(init, weight, 3 if top in heads else 2)


def _is_last(path: str, leaf: Leaf, heads: set[str]) -> bool:
    """Whether a layer is an `fc classes` of the network's class, or of a head's."""
    top, _, rest = path.partition(".")
    grows = "num_classes" in names_in(leaf.inp[0])
    in_place = rest.count(".") == 0 if top in heads else not rest
    return isinstance(leaf.op, Linear) and in_place and not grows


def _classifier(network: Network) -> Iterator[str]:
    """The body of `reset_classifier`."""
    heads = {tap.name for tap in network.taps}
    found, inits = dict(leaves(network.nodes)), dict(own_inits(network.nodes))
    yield "        self.num_classes = num_classes"
    for top, paths in groupby(classified(network), key=lambda path: path.split(".")[0]):
        if top in heads:
            yield from condition("and", [Test(f"self.{top}", "is not None")], 2)
        for path in paths:
            init = inits.get(path, network.init)
            yield from _fresh(path, found[path], init, 3 if top in heads else 2)


def _fresh(path: str, leaf: Leaf, init: Init | None, depth: int) -> Iterator[str]:
    settings = literals(leaf.call.kwargs)
    inputs = Expr(f"self.{path}.in_features")
    assert isinstance(leaf.op, Linear), leaf.op
    made = call("nn.Linear", inputs, literal(leaf.op.width), **settings)
    yield from lay_out(f"self.{path} = ", made, depth=depth)
    if init:
        yield from _draw(init, Expr(f"self.{path}.weight"), depth)


def _draw(init: Init, weight: Expr, depth: int) -> Iterator[str]:
    made = init_call(init)
    yield from lay_out("", call(made.name, weight, **literals(made.kwargs)), depth=depth)
