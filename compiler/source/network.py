"""The network's own class in the emitted source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node, Tap, own_inits
from compiler.ir.symbols import SymFloat
from compiler.ops.linear import Dropout
from compiler.source.classes import Emitter
from compiler.source.describe import sizes
from compiler.source.expr import Expr, call, commented, conditional, lay_out, signature, text
from compiler.source.forward import function_of
from compiler.source.members import output_name


def arguments(network: Network, *, sized: bool) -> list[str]:
    """The constructor's parameters; `sized` says whether the number of classes is one."""
    found = []
    if sized:
        found.append(f"num_classes: int = {network.classes}")
    found += ["*", f"in_channels: int = {int(network.input.channels)}"]
    if network.taps:
        found.append("aux_logits: bool = True")
    if (leaf := head_dropout(network)) is not None:
        found.append(f"dropout: float = {text(leaf.op.p)}")  # type: ignore[attr-defined]  # a Dropout
    return found


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
    dropout = head_dropout(network)
    made = [
        (node, emitter.expr(_argued(node) if node is dropout else node))
        for node in network.nodes
        if not _is_function(node)
    ]
    sized = any("num_classes" in expr.free for _, expr in made)
    yield from signature("__init__", ["self", *arguments(network, sized=sized)], "None", 1)
    yield "        super().__init__()"
    if sized:
        yield "        self.num_classes = num_classes"
    section = ""
    for node, expr in made:
        if not isinstance(node, Tap) and network.sections[node.name] != section:
            section = network.sections[node.name]
            yield f"        # {section}"
        yield from _assignment(node, expr)
    if not network.rewritten and (network.init or any(own_inits(network.nodes))):
        yield "        self._init_weights()"


def _argued(node: Node) -> Node:
    """The head's dropout with its rate as the constructor's argument."""
    assert isinstance(node, Leaf), node
    assert isinstance(node.op, Dropout), node
    return replace(node, op=Dropout(SymFloat(node.op.p, "dropout")))


def _is_function(node: Node) -> bool:
    return isinstance(node, Leaf) and function_of(node, "x") is not None


def _assignment(node: Node, expr: Expr) -> Iterator[str]:
    start = f"self.{node.name} = "
    optional = isinstance(node, Tap)
    lines = conditional(start, expr, "aux_logits", 2) if optional else lay_out(start, expr, depth=2)
    shape = node.body.out if isinstance(node, Tap) else node.out
    yield from commented(lines, f"-> {sizes(shape)}")


def fields(network: Network) -> Iterator[str]:
    """What the class of what training gives holds beside the logits."""
    for tap in network.taps:
        comment = f"its loss counts {tap.weight} times"
        yield from commented([f"    {tap.name}: Tensor"], comment)


def registered(network: Network) -> Iterator[str]:
    """The statement under that class which lets exported programs be saved."""
    name = output_name(network)
    known = Expr(f'"{network.name}.{name}"')
    yield "# By this name torch.export saves and loads what training gives."
    made = call("pytree._register_namedtuple", Expr(name), serialized_type_name=known)
    first, *rest = lay_out("", made)
    yield f"{first}  # pyright: ignore[reportPrivateUsage]"  # torch has no public way
    yield from rest
