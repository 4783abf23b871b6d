"""What the drawings need to know of a node, read off the IR."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import prod

from compiler.diagram.text import place, shape, si
from compiler.ir import Leaf, Network, Node, Parallel, Series, Tap, children, leaves

CONVS = ("pointwise", "conv", "factorised")
WEIGHTED = (*CONVS, "linear")
"""Families whose boxes tell a width."""
Habit = tuple[str, str]
"""The norm and the activation around a convolution, as labels; empty for none."""


def macs(node: Node) -> int:
    """Multiply-accumulates of everything inside."""
    return sum(leaf.op.work(leaf.inp).macs for _, leaf in leaves((node,)))


def params(node: Node) -> int:
    """Trainable parameters of everything inside."""
    shapes = (s for _, leaf in leaves((node,)) for s in leaf.op.params(leaf.inp).values())
    return sum(prod(int(n) for n in each) for each in shapes)


def trunk(network: Network) -> tuple[Node, ...]:
    """What runs at inference: everything but the auxiliary heads."""
    return tuple(node for node in network.nodes if not isinstance(node, Tap))


def is_unit(node: Node) -> bool:
    """Whether it is a convolution with what belongs to it: one box."""
    return isinstance(node, Series) and node.role == "unit"


def parts(node: Node) -> tuple[Leaf, ...]:
    """The leaves of a unit, or the leaf itself."""
    return tuple(leaf for _, leaf in leaves((node,)))


def core(node: Node) -> Leaf:
    """The leaf that a box is named for: of a unit, its convolution."""
    inside = parts(node)
    return next((leaf for leaf in inside if leaf.op.family in WEIGHTED), inside[0])


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


def remarks(node: Node, common: Habit) -> tuple[str, ...]:
    """What a box says beside kernel and width: the op's notes, and how it deviates."""
    leaf = core(node)
    if leaf.op.family not in CONVS:
        return leaf.op.notes
    norm, act = habit(node)
    odd_norm = () if norm == common[0] else (norm or "no norm",)
    odd_act = () if act == common[1] else (act or "linear",)
    return (*leaf.op.notes, *odd_norm, *odd_act)


def amounts(node: Node) -> str:
    """`49.7 M MACs, 172,032 parameters`."""
    return f"{si(macs(node))} MACs, {params(node):,} parameters"


def what(node: Node) -> str:
    """A node in a word or two: its ops, or how its branches come together."""
    match node:
        case Parallel():
            return f"{node.join.word} of {len(node.branches)} branches"
        case Series() if is_unit(node):
            return ", ".join(leaf.op.label for leaf in node.nodes if isinstance(leaf, Leaf))
        case Leaf():
            return node.op.label
        case _:
            return f"{len(children(node))} steps"


def tooltip(node: Node) -> str:
    """What the pointer tells: op, shape in and out, costs, and its place in the spec."""
    passage = f"{shape(node.inp)} → {shape(node.out)}"
    lines = [f"{node.name}: {what(node)}", passage, amounts(node), place(node.span)]
    return "\n".join(line for line in lines if line)
