"""What a layer is called in diagrams and tables: `sepconv 3×3`, `depthwise 3×3 s2`, `ReLU`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

from compiler.ir.kept import remembered
from compiler.ir.nodes import Leaf, Node, Parallel, Series, children, leaves, residual_of
from compiler.ir.op import Op
from compiler.ir.symbols import Sym
from compiler.ir.terms import mapped
from compiler.ops.conv import DEPTHWISE, Conv
from compiler.ops.join import Add
from compiler.ops.linear import Identity

CONVS = ("pointwise", "conv", "factorised", "depthwise")
"""Families of convolutions; an op alone doesn't know that it is depthwise (see `family`)."""
WEIGHTED = (*CONVS, "linear")
"""Families whose boxes tell a width."""


@dataclass(frozen=True, slots=True)
class Words:
    """A layer's short name, and what is said beside it."""

    label: str
    notes: tuple[str, ...]


def words(node: Leaf | Series, channels: Callable[[int], str] | None = None) -> Words:
    """What a layer, or a unit by its convolution, is called.

    Everything in numbers, unless `channels` writes widths in the terms of a block.
    """
    if channels is None:
        return _plainly(node)
    return _words(node, _written(core(node).op, channels), channels)


@remembered
def _plainly(node: Node) -> Words:
    assert isinstance(node, Leaf | Series)
    return _words(node, in_numbers(core(node).op), _plain)


def _words(node: Leaf | Series, op: Op, channels: Callable[[int], str]) -> Words:
    if isinstance(op, Conv) and is_separable(node):
        return Words(f"sepconv {op.label}", op.slide.notes)
    if isinstance(op, Conv) and _is_depthwise(core(node), channels):
        return Words(f"depthwise {op.label}", op.slide.notes)
    return Words(op.label, op.notes)


class _Shown(Sym):
    """A number that is written as whoever shows it wants."""

    text: str

    def __str__(self) -> str:
        return self.text


def _written(op: Op, channels: Callable[[int], str]) -> Op:
    """The op with its own expressions in the words of whoever shows it."""

    def shown(number: float) -> float:
        if not isinstance(number, Sym):
            return number
        made, text = _Shown(int(number), number.terms, number.const), channels(number)
        made.text = text[1:-1] if len(number.parts) > 1 and text[:1] + text[-1:] == "()" else text
        return made

    found: Op = mapped(op, shown)
    return found


def family(node: Leaf | Series, channels: Callable[[int], str] | None = None) -> str:
    """The colour of a layer, or of a unit by its convolution: that of its op, or `depthwise`.

    Separable ones, which begin with a depthwise one, are of that too. `channels` as for `words`.
    """
    leaf = core(node)
    if isinstance(leaf.op, Conv) and (
        is_separable(node) or _is_depthwise(leaf, channels or _plain)
    ):
        return "depthwise"
    return leaf.op.family


def _plain(n: int) -> str:
    """A number, whatever it stands for."""
    return str(int(n))


def _is_depthwise(leaf: Leaf, write: Callable[[int], str]) -> bool:
    """Whether each channel has filters of its own, whatever the block is called with."""
    groups = leaf.op.groups if isinstance(leaf.op, Conv) else 1
    return groups != 1 and write(groups) == write(leaf.inp.channels)


def kind_of(node: Leaf | Series) -> str:
    """`conv 3×3 s2`, `sepconv 3×3`, `max pool 3×3 V`, `ReLU`: in numbers."""
    found = words(node)
    return " ".join((_titled(node, found), *found.notes))


MOST_KINDS = 3
"""Kinds of steps that are told one by one."""


def holding(node: Node) -> str:
    """What a step holds: its block's name, `A ×4`, `A, B ×2`, or its layer without strides."""
    match node:
        case Series() | Parallel() if node.use:
            return node.use.block
        case Leaf():
            return titled(node)
        case Series() if is_unit(node):
            return titled(node)
        case Series() | Parallel(branches=(_,)) if node.residual:
            return "residual"
        case Series():
            return _in_order(node.nodes)
        case Parallel(branches=(alone,)):
            return holding(alone)
        case Parallel():
            return node.join.word
    return ""


def _in_order(nodes: tuple[Node, ...]) -> str:
    """Equal neighbours together; of many kinds how many more there are."""
    runs = [(word, len(list(run))) for word, run in groupby(map(holding, nodes))]
    told = [_times(word, count) for word, count in runs]
    more = len(told) - MOST_KINDS
    return ", ".join(told if more < 2 else [*told[:MOST_KINDS], f"{more} more"])


def _times(word: str, count: int) -> str:
    """`A ×4`, `(A, B) ×4`, `(A ×2) ×4`."""
    if count == 1:
        return word
    return f"({word}) ×{count}" if ", " in word or " ×" in word else f"{word} ×{count}"


def titled(node: Leaf | Series) -> str:
    """`conv 3×3`, `sepconv 3×3`, `ReLU`: the name where no colour tells a convolution."""
    return _titled(node, words(node))


def _titled(node: Leaf | Series, found: Words) -> str:
    bare = core(node).op.family in CONVS and " " not in found.label
    return f"conv {found.label}" if bare else found.label


def is_unit(node: Node) -> bool:
    """Whether it is a convolution with what belongs to it: one box."""
    return isinstance(node, Series) and node.role == "unit"


def is_identity(node: Node) -> bool:
    """Whether it is the input and nothing else."""
    return isinstance(node, Leaf) and isinstance(node.op, Identity)


def is_sum(node: Node) -> bool:
    """Whether it adds up its branches."""
    return isinstance(node, Parallel) and isinstance(node.join, Add)


def has_sum(node: Node) -> bool:
    """Whether anything in it is added up: branches, or what goes past a block."""
    return is_sum(node) or residual_of(node) is not None or any(map(has_sum, children(node)))


def is_gated(node: Node) -> bool:
    """Whether anything in it is multiplied by one number a channel."""
    if isinstance(node, Parallel):
        outs = tuple(branch.out for branch in node.branches)
        if any(node.join.spread(outs)):
            return True
    return any(map(is_gated, children(node)))


def is_separable(node: Node) -> bool:
    """Whether it is a depthwise convolution and the 1×1 after it as one unit."""
    return isinstance(node, Series) and is_unit(node) and node.nodes[0].name == DEPTHWISE


def parts(node: Node) -> tuple[Leaf, ...]:
    """The leaves of a unit, or the leaf itself."""
    return tuple(leaf for _, leaf in leaves((node,)))


def core(node: Node) -> Leaf:
    """The leaf that a box is named for: of a unit, its (first) convolution."""
    inside = parts(node)
    return next((leaf for leaf in inside if leaf.op.family in WEIGHTED), inside[0])


def joining(node: Parallel) -> str:
    """`concat of 4 branches`; before it, how channels are shared out among them."""
    branches = len(node.branches)
    said = f"{node.join.word} of {branches} branches" if branches > 1 else "one branch"
    return f"split {sharing(node)}, {said}" if node.shares else said


MOST_SHARES = 8
"""Shares that are told one by one."""


def sharing(node: Parallel) -> str:
    """The channels that each branch gets, `24|8|8|8`; `none` where each gets them all."""
    if len(node.shares) > MOST_SHARES and len(set(node.shares)) == 1:
        return f"{len(node.shares)}×{int(node.shares[0])}"
    return "|".join(str(int(share)) for share in node.shares) or "none"


def in_numbers(op: Op) -> Op:
    """The op without the symbols of the block that it was lowered in.

    Not to be remembered by value: ops are equal whose initialisations differ.
    """
    found: Op = mapped(op, lambda number: int(number) if isinstance(number, int) else float(number))
    return found
