"""What the emitted classes do with their layers: the bodies of `forward`."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.ir.nodes import Leaf, Node, Parallel, Series, children
from compiler.ir.symbols import SymFloat, names_in
from compiler.ops.act import Activation, Softmax
from compiler.ops.linear import Flatten, Identity
from compiler.ops.shuffle import ChannelShuffle
from compiler.ops.unlearned import L2Norm
from compiler.source import classnames, units
from compiler.source.expr import WIDTH, Expr, call, lay_out, text
from compiler.source.switches import Switch
from compiler.source.taking import pieces, taken_apart


def attributes(node: Node) -> Iterator[Node]:
    """The children of a class that are modules; functions need no attribute."""
    inside: tuple[Node, ...] = ()
    if isinstance(node, (Series, Parallel)):
        inside = children(node)
    for child in inside:
        if not isinstance(child, Leaf) or function_of(child, "x") is None:
            yield child


def function_of(leaf: Leaf, inner: str) -> str | None:
    """How a class applies a layer that needs no module; None for those that do."""
    match leaf.op:
        case Identity():
            return inner
        case Flatten():
            return f"torch.flatten({inner}, 1)"
        case ChannelShuffle(groups=groups) if not names_in(groups):
            return f"F.channel_shuffle({inner}, {groups})"
        case L2Norm(eps=eps) if not names_in(eps):
            given = "" if eps == 1e-12 else f", eps={text(eps)}"
            return f"F.normalize({inner}, dim=1{given})"
        case Softmax():
            return f"torch.softmax({inner}, dim=1)"
        case Activation() if units.is_function(leaf):
            return units.applied(leaf, inner).flat
    return None


def apply(node: Node, inner: str) -> Expr:
    """How a class applies one of its children."""
    function = function_of(node, inner) if isinstance(node, Leaf) else None
    return call(f"self.{node.name}", Expr(inner)) if function is None else Expr(function)


def forward_of(node: Node, switch: Switch | None = None) -> Iterator[str]:
    """The body of a class's `forward`."""
    assert isinstance(node, (Series, Parallel)), type(node)
    if isinstance(node, Parallel):
        yield from _parallel(node, switch)
    elif node.residual:
        yield from _around(node, switch)
    else:
        yield from in_order(node.nodes)


def _around(node: Series, switch: Switch | None) -> Iterator[str]:
    """Steps in order, and the sum of what they give with what comes in."""
    inner, start = "x", "y: Tensor = "
    for step in node.nodes:
        if (applied := apply(step, inner)).flat != inner:
            yield from lay_out(start, applied, depth=2)
            inner, start = "y", "y = "
    yield from _residual(node, switch, inner)


def in_order(nodes: tuple[Node, ...], result: str = "y") -> Iterator[str]:
    """One statement a step; what the last one gives is returned, under a name of its own."""
    every = [apply(node, "x") for node in nodes]
    *steps, last = [applied for applied in every if applied.flat != "x"] or every[:1]
    for applied in steps:
        yield from lay_out("x = ", applied, depth=2)
    yield from _given(last, result)


def _given(last: Expr, name: str) -> Iterator[str]:
    """What a method gives: a module's result has no type until it has a name."""
    if last.items is None:
        yield f"        return {last.flat}"
    else:
        yield from lay_out(f"{name}: Tensor = ", last, depth=2)
        yield f"        return {name}"


def _parallel(node: Parallel, switch: Switch | None) -> Iterator[str]:
    last = not node.then and not node.residual
    yield from taken_apart(node)
    terms = tuple(map(apply, node.branches, pieces(node)))
    if len(terms) == 1 and last:
        yield from in_order(node.branches)
    elif not node.join.folds:
        joined = call("torch.cat", Expr("[", terms, "]"), Expr("dim=1"))
        again = node.residual and (node.then or node.residual.shortcut)
        typed = "y: Tensor = " if again else "y = "
        yield from lay_out("return " if last else typed, joined, depth=2)
    else:
        yield from _folded(node.join.sign, terms)
        if last:
            yield "        return y"
    if node.residual:
        if node.then and (applied := apply(node.then, "y")).flat != "y":
            yield from lay_out("y = ", applied, depth=2)
        yield from _residual(node, switch)
    elif node.then:
        yield from _given(apply(node.then, "y"), "out")


def _folded(sign: str, terms: tuple[Expr, ...]) -> Iterator[str]:
    """Branch after branch, so that no more than two outputs are ever alive."""
    line = f"        y: Tensor = {f' {sign} '.join(term.flat for term in terms)}"
    if len(line) <= WIDTH:
        yield line
        return
    yield from lay_out("y: Tensor = ", terms[0], depth=2)
    for term in terms[1:]:
        yield from lay_out(f"y = y {sign} ", term, depth=2)


def _residual(node: Series | Parallel, switch: Switch | None, y: str = "y") -> Iterator[str]:
    """The sum of `y` and the shortcut, and what follows it."""
    assert node.residual is not None, node.name
    shortcut = node.residual.shortcut
    beside = apply(shortcut, "x").flat if shortcut else "x"
    if len(beside) > LONG:
        yield from lay_out("identity: Tensor = ", apply(shortcut, "x"), depth=2)  # type: ignore[arg-type]  # only a shortcut is long
        beside = "identity"
    scale = node.residual.scale
    alpha = f"self.{scale_name(node)}" if isinstance(scale, SymFloat) else text(scale)
    typed = not beside.startswith("self.")
    terms = f"{beside} + {y}" if typed else f"{y} + {beside}"
    made = Expr(terms if alpha == "1.0" else f"torch.add({beside}, {y}, alpha={alpha})")
    if switch:
        yield f"        y = {made.flat}"
        acted = units.applied(switch.act, "y").flat
        made = Expr(f"{acted} if self.{switch.act.name} else y")
    elif node.residual.act:
        made = units.applied(node.residual.act, made.flat)
        if not units.is_function(node.residual.act):  # What a module gives is of any type.
            yield f"        y = {made.flat}"
            made = Expr("y")
    elif not typed and alpha == "1.0":  # Nor has its sum, to a type checker.
        yield f"        out: Tensor = {terms}"
        made = Expr("out")
    yield from lay_out("return ", made, depth=2)


LONG = 24
"""Letters of a shortcut that find room in a sum on one line."""


def scale_name(node: Node) -> str:
    return classnames.free("scale", (child.name for child in attributes(node)))
