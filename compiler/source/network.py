"""The network's own class in the emitted source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from compiler.inits import describe, init_call
from compiler.ir import Leaf, Network, Node, Tap, leaves, own_inits
from compiler.op import Init
from compiler.ops.linear import Dropout
from compiler.source import names
from compiler.source.classes import Emitter
from compiler.source.describe import sizes
from compiler.source.expr import (
    WIDTH,
    Expr,
    call,
    commented,
    condition,
    conditional,
    lay_out,
    literals,
    signature,
    text,
)
from compiler.source.forward import apply, function_of
from compiler.symbols import Sym, SymFloat


def arguments(network: Network) -> list[str]:
    """The constructor's parameters."""
    found = []
    if _mentions_classes(network):
        found.append(f"num_classes: int = {network.classes}")
    found += ["*", f"in_channels: int = {int(network.input.channels)}"]
    if network.taps:
        found.append("aux_logits: bool = True")
    if (leaf := head_dropout(network)) is not None:
        found.append(f"dropout: float = {text(leaf.op.p)}")  # type: ignore[attr-defined]  # a Dropout
    return found


def _mentions_classes(network: Network) -> bool:
    widths = (leaf.out[0] for _, leaf in leaves(network.nodes))
    return any(isinstance(width, Sym) and "num_classes" in width.terms for width in widths)


def head_dropout(network: Network) -> Leaf | None:
    """The head's dropout, if there is just one: its rate becomes an argument."""
    found = [
        node
        for node in network.nodes
        if isinstance(node, Leaf)
        and isinstance(node.op, Dropout)
        and network.sections[node.name] == "head"
    ]
    return found[0] if len(found) == 1 else None


def init(network: Network, emitter: Emitter) -> Iterator[str]:
    """The constructor: signature and assignments, section by section."""
    yield from signature("__init__", ["self", *arguments(network)], "None", 1)
    yield "        super().__init__()"
    section = ""
    dropout = head_dropout(network)
    for node in network.nodes:
        if not isinstance(node, Tap) and network.sections[node.name] != section:
            section = network.sections[node.name]
            yield f"        # {section}"
        if isinstance(node, Leaf) and function_of(node, "x") is not None:
            continue
        yield from _assignment(_argued(node) if node is dropout else node, emitter)
    if network.init or any(own_inits(network)):
        yield "        self.reset_parameters()"


def _argued(node: Node) -> Node:
    """The head's dropout with its rate as the constructor's argument."""
    assert isinstance(node, Leaf), node
    assert isinstance(node.op, Dropout), node
    return replace(node, op=Dropout(SymFloat(node.op.p, "dropout")))


def _assignment(node: Node, emitter: Emitter) -> Iterator[str]:
    expr, start = emitter.expr(node), f"self.{node.name} = "
    optional = isinstance(node, Tap)
    lines = conditional(start, expr, "aux_logits", 2) if optional else lay_out(start, expr, depth=2)
    shape = node.body.out if isinstance(node, Tap) else node.out
    yield from commented(lines, f"-> {sizes(shape)}")


def forward(network: Network) -> Iterator[str]:
    """The body of `forward`: the trunk in order, heads at their taps in training."""
    last = [node for node in network.nodes if not isinstance(node, Tap)][-1]
    x = "x"
    for node in network.nodes:
        if isinstance(node, Tap):
            yield from _tapped(node.name, x)
            continue
        applied = apply(node, "x")
        if node is last:
            x = "logits"
            yield from lay_out("logits: Tensor = ", applied, depth=2)
        elif applied.flat != "x":
            yield from lay_out("x = ", applied, depth=2)
    yield from _returned(network)


def _tapped(name: str, x: str) -> Iterator[str]:
    conditions = ["self.training", f"self.{name} is not None"]
    applied = call(f"self.{name}", Expr(x))
    line = f"        {name} = {applied.flat} if {' and '.join(conditions)} else None"
    if len(line) <= WIDTH:
        yield line
        return
    yield f"        {name} = None"
    yield from condition("and", conditions, 2)
    yield from lay_out(f"{name} = ", applied, depth=3)


def _returned(network: Network) -> Iterator[str]:
    heads = [tap.name for tap in network.taps]
    if heads:
        yield from condition("or", [f"{name} is None" for name in heads], 2)
        yield "            return logits"
        output = call(output_name(network), *(Expr(name) for name in ("logits", *heads)))
        yield from lay_out("return ", output, depth=2)
    else:
        yield "        return logits"


def fields(network: Network) -> Iterator[str]:
    """What the class of what training gives holds beside the logits."""
    for tap in network.taps:
        comment = f"its loss counts {tap.weight} times"
        yield from commented([f"    {tap.name}: Tensor"], comment)


def output_name(network: Network) -> str:
    """The class of what training gives."""
    return f"{names.class_name(network)}Output"


def reset(network: Network) -> Iterator[str]:
    """The body of `reset_parameters`."""
    if network.init:
        yield "        for module in self.modules():"
        yield "            if isinstance(module, nn.Conv2d | nn.Linear):"
        yield from _draw(network.init, Expr("module.weight"), 4)
    heads = {tap.name for tap in network.taps}
    for top, layers in groupby(own_inits(network), key=lambda item: item[0].split(".")[0]):
        if top in heads:
            yield from condition("and", [f"self.{top} is not None"], 2)
        for path, init in layers:
            weight = call("self.get_parameter", Expr(f'"{path}.weight"'))
            yield from _draw(init, weight, 3 if top in heads else 2)


def _draw(init: Init, weight: Expr, depth: int) -> Iterator[str]:
    made = init_call(init)
    yield from lay_out("", call(made.name, weight, **literals(made.kwargs)), depth=depth)


def reset_doc(network: Network) -> str:
    """What `reset_parameters` does, in a sentence."""
    if network.init is None:
        return "Draw the layers whose distribution the spec gives."
    return f"Draw convolutions and linear layers from {describe(network.init)}."
