"""What the network's own class does: `forward` and its two halves.

Auxiliary heads tap the trunk in its middle. So that `forward` can run them and
`forward_features` can leave them out, what lies between them is a method each.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from compiler.ir.network import Network
from compiler.ir.nodes import Node, Tap
from compiler.lowering.classifier import classifier
from compiler.source import classnames
from compiler.source.describe import sizes
from compiler.source.expr import WIDTH, Expr, Test, call, condition, lay_out, signature
from compiler.source.forward import apply, in_order
from compiler.source.loss import loss
from compiler.source.resets import resets

Nodes = tuple[Node, ...]


def methods(network: Network) -> Iterator[list[str]]:
    """Each method but the constructor, in lines."""
    if not network.rewritten:  # Its weights come from a file, and it isn't trained.
        yield from resets(network)
        yield from loss(network, returns(network))
    features, head = halves(network)
    if features and head:
        yield from _features(network, features)
        yield _head(network, head)
    start = signature("forward", ["self", "x: Tensor"], returns(network), 1)
    yield [*start, *_forward(network, features, head)]


def halves(network: Network) -> tuple[Nodes, Nodes]:
    """Stem and body with their auxiliary heads, and the head."""
    nodes = network.nodes
    places = (i for i, node in enumerate(nodes) if network.sections.get(node.name) == "head")
    start = next(places, len(nodes))
    return nodes[:start], nodes[start:]


def _runs(features: Nodes) -> list[tuple[str, Nodes]]:
    """What runs between the auxiliary heads, by the names of their methods."""
    runs: list[tuple[str, Nodes]] = []
    before = ""
    for tapped, group in groupby(features, key=lambda node: isinstance(node, Tap)):
        nodes = tuple(group)
        if tapped:
            runs[-1] = f"_to_{nodes[0].name}", runs[-1][1]
            before = nodes[-1].name
        else:
            runs.append((f"_from_{before}", nodes))
    return runs if len(runs) > 1 else [("forward_features", runs[0][1])]


def _features(network: Network, features: Nodes) -> Iterator[list[str]]:
    runs = _runs(features)
    doc = f'        """Stem and body: {sizes(network.input)} -> {sizes(features[-1].out)}."""'
    start = [*_typed("forward_features"), doc]
    if len(runs) == 1:
        yield [*start, *in_order(runs[0][1])]
        return
    *steps, last = [call(f"self.{name}", Expr("x")) for name, _ in runs]
    lines = [line for step in steps for line in lay_out("x = ", step, depth=2)]
    yield [*start, *lines, *lay_out("return ", last, depth=2)]
    for name, nodes in runs:
        yield [*_typed(name), *in_order(nodes)]


def _typed(name: str, *more: str) -> list[str]:
    return signature(name, ["self", "x: Tensor", *more], "Tensor", 1)


def _head(network: Network, head: Nodes) -> list[str]:
    """The head alone; its auxiliary heads are `forward`'s."""
    steps = tuple(node for node in head if not isinstance(node, Tap))
    shapes = f"{sizes(head[0].inp)} -> {sizes(network.out)}"
    last = classifier(network)
    if last is None or last not in steps:
        said = f'        """The head: {shapes}."""'
        return [*_typed("forward_head"), said, *in_order(steps, "logits")]
    end = steps.index(last)
    doc = _head_doc(shapes, sizes(last.inp))
    stop = ["        if pre_logits:", "            return x"]
    start = _typed("forward_head", "pre_logits: bool = False")
    return [*start, *doc, *_straight(steps[:end]), *stop, *in_order(steps[end:], "logits")]


def _head_doc(shapes: str, before: str) -> list[str]:
    line = f'        """The head: {shapes}, or {before} with `pre_logits`."""'
    if len(line) <= WIDTH:
        return [line]
    start = [f'        """The head: {shapes}.', ""]
    return [*start, f"        With `pre_logits`, {before}.", '        """']


def _straight(nodes: Nodes) -> Iterator[str]:
    for node in nodes:
        if (applied := apply(node, "x")).flat != "x":
            yield from lay_out("x = ", applied, depth=2)


def _forward(network: Network, features: Nodes, head: Nodes) -> Iterator[str]:
    """The body of `forward`: the halves, and auxiliary heads in training."""
    if features and head and not network.taps:
        yield "        return self.forward_head(self.forward_features(x))"
    elif features and head:
        yield from _between_taps(features)
        if any(isinstance(node, Tap) for node in head):
            yield from _spelt_out(head)
        else:
            yield "        logits = self.forward_head(x)"
        yield from _returned(network)
    elif not network.taps:
        yield from in_order(network.nodes, "logits")
    else:
        yield from _spelt_out(network.nodes)
        yield from _returned(network)


def _between_taps(features: Nodes) -> Iterator[str]:
    names_of = {id(nodes[0]): name for name, nodes in _runs(features)}
    for node in features:
        if isinstance(node, Tap):
            yield from _tapped(node.name, "x")
        elif id(node) in names_of:
            yield from lay_out("x = ", call(f"self.{names_of[id(node)]}", Expr("x")), depth=2)


def _spelt_out(nodes: Nodes) -> Iterator[str]:
    """Step by step, auxiliary heads where they tap."""
    last = [node for node in nodes if not isinstance(node, Tap)][-1]
    x = "x"
    for node in nodes:
        if isinstance(node, Tap):
            yield from _tapped(node.name, x)
        elif node is last:
            x = "logits"
            yield from lay_out("logits: Tensor = ", apply(node, "x"), depth=2)
        else:
            yield from _straight((node,))


def _tapped(name: str, x: str) -> Iterator[str]:
    conditions = (Test("self.training"), Test(f"self.{name}", "is not None"))
    applied = call(f"self.{name}", Expr(x))
    line = f"        {name} = {applied.flat} if {' and '.join(map(str, conditions))} else None"
    if len(line) <= WIDTH:
        yield line
        return
    yield from _nothing_yet(name)
    yield from condition("and", conditions, 2)
    yield from lay_out(f"{name} = ", applied, depth=3)


def _nothing_yet(name: str) -> Iterator[str]:
    """`name: Tensor | None = None`: scripting asks for the type."""
    line = f"        {name}: Tensor | None = None"
    bracketed = [f"        {name}: (", "            Tensor | None", "        ) = None"]
    yield from [line] if len(line) <= WIDTH else bracketed


def _returned(network: Network) -> Iterator[str]:
    heads = [tap.name for tap in network.taps]
    yield from condition("or", [Test(name, "is None") for name in heads], 2)
    yield "            return logits"
    output = call(output_name(network), *(Expr(name) for name in ("logits", *heads)))
    yield from lay_out("return ", output, depth=2)


def output_name(network: Network) -> str:
    """The class of what training gives."""
    return f"{classnames.class_name(network)}Output"


def returns(network: Network) -> str:
    """The type of what `forward` gives."""
    return f"Tensor | {output_name(network)}" if network.taps else "Tensor"
