"""Which kernel a branch is about: the colour of its piece in an overview's strip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from compiler.diagram.style import STRIP
from compiler.ir.nodes import Leaf, Node, Parallel, Series, children, leaves
from compiler.ops.window import pair_text
from compiler.ops.words import CONVS, family, is_identity


@dataclass(frozen=True, slots=True)
class Piece:
    """One branch in a strip: its output channels, its colour's name, and its kernel.

    `written` is what stands in the piece, as far as there is room: its colour says the rest.
    """

    channels: int
    bucket: str
    kernel: str
    written: str = field(default="", compare=False)


def strip(node: Node) -> list[Piece]:
    """The branches of a block, of the first in a repeat; empty for what has none."""
    match node:
        case Parallel() if node.join.keeps_sides:
            return _factors(node)
        case Parallel():
            return [piece(branch) for branch in node.branches]
        case Series():
            found = [pieces for child in node.nodes if (pieces := strip(child))]
            return found[-1] if found else []
        case _:
            return []


def _factors(node: Parallel) -> list[Piece]:
    """What a product multiplies, its gates apart; empty where that is the input alone."""
    spread = node.join.spread(tuple(branch.out for branch in node.branches))
    pairs = zip(node.branches, spread, strict=True)
    factors = [branch for branch, gate in pairs if not gate]
    return [] if all(map(is_identity, factors)) else [piece(branch) for branch in factors]


def piece(branch: Node) -> Piece:
    """A branch by its dominant kernel: the largest, or `pool` where nothing larger than 1×1 is.

    Where that is in branches side by side, it is called by all of them; what comes before a
    larger kernel that follows those doesn't count, as none of the channels is from there.
    """
    steps = _since_concat([*_steps(branch)])
    found = _dominant(branch, [leaf for _, leaf in leaves(tuple(steps))])
    largest = _largest(steps)
    for step in steps:
        if isinstance(step, Parallel) and _is_concat(step) and _largest([step]) == largest:
            names = dict.fromkeys(piece(inner).kernel for inner in step.branches)
            return replace(found, kernel=" | ".join(names), written=" | ".join(names))
    return found


def _dominant(branch: Node, inside: list[Leaf]) -> Piece:
    """A branch by the largest kernel of some of its layers."""
    width = int(branch.out.channels)
    sizes = [size for leaf in inside if (size := _size(leaf))]
    if max(sizes, default=(1, False))[0] == 1 and any(leaf.op.family == "pool" for leaf in inside):
        return Piece(width, "pool", "pool", "pool")
    if not sizes:
        return Piece(width, "other", "other")
    extent, factorised = max(sizes)
    rank = len(branch.inp.grid)
    name = "×".join([str(extent)] * rank)
    if factorised:
        name = f"1×{extent}, {extent}×1" if rank == 2 else _factorised(inside)
    if all(family(leaf) == "depthwise" for leaf in inside if _size(leaf) == max(sizes)):
        return Piece(width, "depthwise", f"depthwise {name}", name)
    return Piece(width, bucket(extent, factorised), name, name)


def _steps(node: Node) -> Iterator[Node]:
    """What runs one after the other in a branch: layers, and branches that are put side by side."""
    if isinstance(node, Parallel) and _is_concat(node):
        yield replace(node, then=None, residual=None)
        for child in children(node)[len(node.branches) :]:
            yield from _steps(child)
    elif isinstance(node, Leaf):
        yield node
    else:
        for child in children(node):
            yield from _steps(child)


def _is_concat(node: Parallel) -> bool:
    return node.join.nests and len(node.branches) > 1


def _since_concat(steps: list[Node]) -> list[Node]:
    """The steps after the last branches side by side, if there is a larger kernel than 1×1."""
    last = max((i for i, step in enumerate(steps, 1) if isinstance(step, Parallel)), default=0)
    return steps[last:] if _largest(steps[last:])[0] > 1 else steps


def _largest(steps: list[Node]) -> tuple[int, bool]:
    return max(
        (size for _, leaf in leaves(tuple(steps)) if (size := _size(leaf))), default=(1, False)
    )


def _factorised(inside: list[Leaf]) -> str:
    """The first two such kernels of clips, as they are: there are many ways to divide one."""
    slides = [leaf.op.window(leaf.inp) for leaf in inside if leaf.op.family == "factorised"]
    names = dict.fromkeys(pair_text(slide.kernel) for slide in slides if slide)
    return ", ".join([*names][:2])


def _size(leaf: Leaf) -> tuple[int, bool] | None:
    window = leaf.op.window(leaf.inp) or leaf.op.enlarging(leaf.inp)
    if window is None or leaf.op.family not in CONVS:
        return None
    return int(max(window.kernel)), leaf.op.family == "factorised"


def bucket(extent: int, factorised: bool) -> str:
    """The name in `STRIP` of kernels of that extent.

    >>> bucket(1, False), bucket(11, False), bucket(7, True)
    ('1×1', '7×7', '1×7')
    """
    known = [name for name in STRIP if "×" in name and (name[0] != name[-1]) == factorised]
    return min(known, key=lambda name: abs(int(name[-1]) - extent))
