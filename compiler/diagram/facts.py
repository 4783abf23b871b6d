"""What the drawings need to know of a node, read off the IR."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from compiler.diagram.text import place, shape, si
from compiler.ir.kept import remembered
from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node, Parallel, Series, children, macs, params
from compiler.ir.op import Shape
from compiler.ops.conv import Conv
from compiler.ops.words import CONVS, core, is_unit, joining, parts, words
from dsl.text.counts import count


class Habit(NamedTuple):
    """What a convolution brings with it: norm and activation as labels, empty for none."""

    norm: str = ""
    act: str = ""
    bias: bool = False

    @property
    def words(self) -> str:
        """`convolution, bias, ReLU`: what a legend says of all that no box says otherwise of."""
        brought = ("bias" if self.bias else "", self.norm, self.act)
        return ", ".join(["convolution", *filter(None, brought)])


@remembered
def habit(node: Node) -> Habit:
    """What a convolution brings; of a separable one it is the last layer that may have a bias."""
    found = {leaf.op.family: leaf.op.label for leaf in parts(node)}
    biases = [leaf.op.bias for leaf in parts(node) if isinstance(leaf.op, Conv)]
    return Habit(found.get("norm", ""), found.get("act", ""), any(biases[-1:]))


def _units(node: Node) -> Iterator[Node]:
    if is_unit(node) or (isinstance(node, Leaf) and node.op.family in CONVS):
        yield node
    else:
        for child in children(node):
            yield from _units(child)


@remembered
def _habits(node: Node) -> tuple[Habit, ...]:
    return tuple(map(habit, _units(node)))


def usual(network: Network) -> Habit:
    """What most convolutions of the network have around them."""
    habits = Counter(each for node in network.nodes for each in _habits(node))
    return habits.most_common(1)[0][0] if habits else Habit()


def deviation(node: Node, common: Habit) -> tuple[str, ...]:
    """How a convolution deviates from what is common, in the language's own words.

    A bias goes without saying where no norm follows, and for want of one elsewhere.
    """
    if core(node).op.family not in CONVS:
        return ()
    own = habit(node)
    odd = [
        *([own.norm or "norm=none"] if own.norm != common.norm else []),
        *([own.act or "act=none"] if own.act != common.act else []),
    ]
    odd = ["linear"] if odd and not own.norm and not own.act else odd
    alike = bool(own.norm) == bool(common.norm)
    expected = common.bias if alike and "linear" not in odd else not own.norm
    if own.bias != expected:
        odd.append("bias" if own.bias else "nobias")
    return tuple(odd)


@remembered
def amounts(node: Node) -> str:
    """`49.7 M MACs, 172,032 parameters`."""
    return f"{si(macs(node))} MACs, {count(params(node), 'parameter')}"


@remembered
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
            return f"{count(len(node.nodes), 'step')} and a residual sum"
        case _:
            return count(len(children(node)), "step")


def tooltip(node: Node, path: str = "", whose: str = "") -> str:
    """What the pointer tells: op, shape in and out, costs, and its place in the spec.

    `whose` says of which use the numbers are, where the drawing is of several.
    """
    passage = f"{shape(node.inp)} → {shape(node.out)}"
    lines = [f"{path or node.name}: {what(node)}", whose, passage, amounts(node), place(node.span)]
    return "\n".join(line for line in lines if line)


def meeting(
    node: Series | Parallel, said: str, ins: Iterable[Shape], out: Shape, whose: str
) -> str:
    """What the pointer tells of a bar: what comes together there, and what that makes."""
    passage = f"{', '.join(map(shape, ins))} → {shape(out)}"
    return "\n".join(line for line in (said, whose, passage, place(node.span)) if line)


def sheet_name(network: Network, part: str) -> str:
    """What tells a drawing from every other on one page."""
    return ".".join(filter(None, [network.name, network.variant, part]))
