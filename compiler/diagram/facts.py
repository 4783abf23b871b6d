"""What the drawings need to know of a node, read off the IR."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from compiler.diagram.text import place, shape, si
from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node, Parallel, Series, children, macs, params
from compiler.ops.words import CONVS, core, is_unit, joining, parts, words

Habit = tuple[str, str]
"""The norm and the activation around a convolution, as labels; empty for none."""


def habit(node: Node) -> Habit:
    """The norm and the activation that a convolution has."""
    found = {leaf.op.family: leaf.op.label for leaf in parts(node)}
    return found.get("norm", ""), found.get("act", "")


def _units(node: Node) -> Iterator[Node]:
    if is_unit(node) or (isinstance(node, Leaf) and node.op.family in CONVS):
        yield node
    else:
        for child in children(node):
            yield from _units(child)


def usual(network: Network) -> Habit:
    """What most convolutions of the network have around them."""
    habits = Counter(habit(unit) for node in network.nodes for unit in _units(node))
    return habits.most_common(1)[0][0] if habits else ("", "")


def deviation(node: Node, common: Habit) -> tuple[str, ...]:
    """How the norm and the activation of a convolution deviate from what is common."""
    if core(node).op.family not in CONVS:
        return ()
    norm, act = habit(node)
    odd_norm = () if norm == common[0] else (norm or "no norm",)
    odd_act = () if act == common[1] else (act or "linear",)
    return (*odd_norm, *odd_act)


def amounts(node: Node) -> str:
    """`49.7 M MACs, 172,032 parameters`."""
    return f"{si(macs(node))} MACs, {params(node):,} parameters"


def what(node: Node) -> str:
    """A node in a word or two: its ops, or how its branches come together."""
    match node:
        case Parallel():
            return joining(node)
        case Series() if is_unit(node):
            return ", ".join(words(leaf).label for leaf in node.nodes if isinstance(leaf, Leaf))
        case Leaf():
            return words(node).label
        case Series() if node.residual:
            return f"{len(node.nodes)} steps and a residual sum"
        case _:
            return f"{len(children(node))} steps"


def tooltip(node: Node, path: str = "") -> str:
    """What the pointer tells: op, shape in and out, costs, and its place in the spec."""
    passage = f"{shape(node.inp)} → {shape(node.out)}"
    lines = [f"{path or node.name}: {what(node)}", passage, amounts(node), place(node.span)]
    return "\n".join(line for line in lines if line)


def sheet_name(network: Network, part: str) -> str:
    """What tells a drawing from every other on one page."""
    return ".".join(filter(None, [network.name, network.variant, part]))
