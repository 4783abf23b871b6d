"""What the emitted docstrings say of a block: its branches in short, and its shapes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from compiler.ir.facts import Axes
from compiler.ir.fit import Walk
from compiler.ir.nodes import Leaf, Node, Parallel, Residual, Series
from compiler.ir.op import LETTERS, Shape
from compiler.ir.symbols import Sym, alone, is_plainly, names_in, substitute, term
from compiler.ir.terms import inside, written_out
from compiler.ops.linear import Flatten, Identity
from compiler.ops.pool import AdaptivePool, AvgPool, MaxPool
from compiler.ops.window import Sliding, are_same, every
from compiler.ops.words import is_separable
from compiler.source.switches import Switch

WIDEST = 88 - 10
"""Letters of a sentence that fits on one line."""


def document(
    nodes: Sequence[Series | Parallel], params: frozenset[str], switch: Switch | None = None
) -> Iterator[str]:
    """A class's docstring in lines: the branches, and the shapes in and out.

    `nodes` are all that it is the class of, `params` what its constructor takes, `switch`
    the activation that it turns on or off.
    """
    own = [inside(node) for node in nodes]
    said, shapes = branches(written_out(own[0]), switch), summary(own, params)
    sentence = f"{said}: {shapes}."
    if len(sentence) <= WIDEST:
        yield sentence
        return
    lines = textwrap.wrap(f"{said}.", 80, break_long_words=False)
    last = [f"{shapes}."]
    head, rest = (lines, last) if len(lines) == 1 else (last, lines)  # the first is one line
    yield from (*head, "", *rest)


def branches(node: Node, switch: Switch | None = None) -> str:
    """`1x1 | 1x1-3x3 | max-1x1`; what stands in order, one after the other."""
    match node:
        case Series(residual=Residual() as residual) | Parallel(residual=Residual() as residual):
            if switch:
                return f"{_sum(node, residual)}, {switch.act.op.label} if {switch.param}"
            return brief(node) if residual.act else _sum(node, residual)
        case Series(role="block"):
            return ", ".join(_steps(node.nodes))
        case Parallel(branches=(alone,), then=None, residual=None):
            return branches(alone)
        case Parallel(then=None, residual=None):
            return _joined(node)
    return brief(node)


def brief(node: Node) -> str:
    """A node as kernel sizes: `-` in order, `|` side by side."""
    match node:
        case Leaf():
            return _leaf(node)
        case Series(role="unit"):
            return "sep " * is_separable(node) + brief(node.nodes[0])
        case Series(residual=Residual() as residual) | Parallel(residual=Residual() as residual):
            return f"{residual.act.op.label if residual.act else ''}({_sum(node, residual)})"
        case Series():
            items = [brief(inner) for inner in node.nodes]
            if node.role != "block" and len(items) > 1 and len(set(items)) == 1:
                return f"({items[0]})x{len(items)}"
            return "-".join(_steps(node.nodes))
        case Parallel():
            return _branched(node)
    return ""


def _steps(nodes: Sequence[Node]) -> list[str]:
    """What steps in order do; what changes nothing is said only where there is nothing else."""
    return [brief(node) for node in nodes if not _is_silent(node)] or list(map(brief, nodes[-1:]))


def _is_silent(node: Node) -> bool:
    return isinstance(node, Leaf) and isinstance(node.op, (Flatten, Identity))


def _sum(node: Series | Parallel, residual: Residual) -> str:
    """`x + 0.1 * {1x1 | 3x3}-1x1`, `1x1/2 + {3x3/2-3x3}`."""
    factor = "" if is_plainly(residual.scale, 1.0) else f"{residual.scale} * "
    beside = brief(residual.shortcut) if residual.shortcut else "x"
    inner = f"{{{'-'.join(_steps(node.nodes))}}}" if isinstance(node, Series) else _branched(node)
    return f"{beside} + {factor}{inner}"


def _branched(node: Parallel) -> str:
    """Branches in braces, as one by itself is where something is done with it; and `then`."""
    bare = len(node.branches) == 1 and node.residual is None
    joined = _joined(node) if bare else f"{{{_joined(node)}}}"
    then = brief(node.then) if node.then else ""
    return f"{joined}-{then}" if then else joined


def _joined(node: Parallel) -> str:
    said = f" {node.join.sign} ".join(brief(branch) for branch in node.branches)
    return f"split: {said}" if node.shares else said


def _leaf(leaf: Leaf) -> str:
    match leaf.op:
        case Identity():
            return "x"
        case MaxPool():
            return "max" + _stride(leaf.op.slide.stride)
        case AvgPool():
            return "avg" + _stride(leaf.op.slide.stride)
        case AdaptivePool(size=size):
            return f"global {leaf.op.mode}" if set(size) == {1} else f"{leaf.op.mode} pool"
    slide = getattr(leaf.op, "slide", None)
    if isinstance(slide, Sliding):
        alone = "conv " * (len(slide.kernel) == 1)  # a number by itself reads like a term of a sum
        return alone + "x".join(map(term, slide.kernel)) + _stride(slide.stride)
    return leaf.op.label


def _stride(stride: Axes) -> str:
    if is_plainly(stride, every(1, stride)):
        return ""
    return f"/{term(stride[0])}" if are_same(stride) else f"/{'x'.join(map(term, stride))}"


def summary(nodes: Sequence[Node], params: frozenset[str]) -> str:
    """`(N, C, H, W) -> (N, 224 + pool, H, W)`, as it holds for all nodes of a class."""
    widths = {_widths(node) for node in nodes}
    if len(widths) > 1 or not _said(nodes[0]) <= params | {"in_channels"}:
        widths = {_threaded(node, params) for node in nodes}
    before, after = widths.pop() if len(widths) == 1 else ("C", "C'")
    kept = all(node.out.grid == node.inp.grid for node in nodes)
    first = nodes[0]
    return f"{_shape(first.inp, before)} -> {_shape(first.out, after, '' if kept else PRIME)}"


def _said(node: Node) -> frozenset[str]:
    return names_in((node.inp[0], node.out[0]))


def _widths(node: Node) -> tuple[str, str]:
    """What comes in and goes out, in the terms of the class; what a block gets is `C`."""
    before, after = node.inp[0], node.out[0]
    if alone(before) != "in_channels":
        return str(before), str(after)
    given = {"in_channels": Sym.named(int(before), "C")}
    return "C", str(substitute(after, given))


def _threaded(node: Node, params: frozenset[str]) -> tuple[str, str]:
    """The same where the class doesn't know what comes in, which is `C`.

    What it can't say for all that is `C'`.
    """
    shape = Shape(Sym.named(int(node.inp[0]), "C"), *node.inp[1:])
    after = Walk().through((written_out(node),), shape)[0]
    return "C", str(after) if names_in(after) <= params | {"C"} else "C'"


PRIME = "'"


def _shape(shape: Shape, width: str, prime: str = "") -> str:
    grid = (f"{letter}{prime}" for letter in LETTERS[len(shape.grid)])
    return f"(N, {', '.join((width, *grid))})"


def sizes(shape: Shape) -> str:
    """`(N, 192, 35, 35)`."""
    return f"(N, {', '.join(str(int(n)) for n in shape)})"
