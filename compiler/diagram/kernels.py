"""What a branch is coloured by, and what an overview's strip shows: where channels come from.

Pieces side by side are branches of a concat; rows one over the other are the terms of a sum, or
the factors of a product. A branch has the colour of its largest kernel, here and in bars.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from compiler.diagram.style import KERNELS, STRIP
from compiler.ir.facts import Axes
from compiler.ir.kept import remembered
from compiler.ir.nodes import Leaf, Node, Parallel, Series, children, leaves, residual_of
from compiler.ops.window import axes_text
from compiler.ops.words import CONVS, WEIGHTED, family, is_identity, is_sum, is_unit

DEPTHWISE = "depthwise"
MIXED = "mixed"
"""What has no colour: several kernels, and nobody can say which channels are of which."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One branch in a strip: its output channels, its colour's name, and its kernels.

    One that is made of several has these as parts, whose channels add up to its own.
    """

    channels: int
    bucket: str
    kernels: tuple[str, ...]
    parts: tuple[Piece, ...] = ()
    chosen: bool = False
    """Whether its colour is that of one of several sizes."""

    @property
    def colours(self) -> tuple[Piece, ...]:
        """What it is drawn as: itself, or its parts without gaps."""
        return self.parts or (self,)


Rows = Sequence[Sequence[Piece]]
"""Remembered with a node, so nobody adds to one."""


@remembered
def strip(node: Node) -> Rows:
    """The rows of a step's strip, of the last in a repeat; none for what has no branches."""
    residual = residual_of(node)
    if residual and isinstance(node, Series | Parallel):
        past = residual.shortcut
        beside = piece(past) if past else _past(int(node.out.channels))
        return [_row(replace(node, residual=None)), [beside]]
    match node:
        case Series():
            return _since(node, node.nodes)
        case Parallel(branches=(alone,)):
            return _since(node, (alone, *([node.then] if node.then else [])))
        case Parallel(then=then) if then and not _passes(then):
            return [[piece(node)]]
        case Parallel() if node.join.keeps_sides:
            return [_row(factor) for factor in _factors(node)]
        case Parallel() if is_sum(node):
            return [_row(branch) for branch in node.branches]
        case Parallel():
            return [[piece(branch) for branch in node.branches]]
    return []


def _since(node: Node, steps: tuple[Node, ...]) -> Rows:
    """The strip of steps in a series: of the one that makes the channels that come out."""
    return _made_last(steps) or ([[piece(node)]] if _nested(node) else [])


def _made_last(steps: tuple[Node, ...]) -> Rows:
    """The strip of the last step that makes channels of its own."""
    making = [step for step in steps if not _passes(step)]
    return strip(making[-1]) if making else []


def _row(node: Node) -> Sequence[Piece]:
    """A term's channels: branch by branch where it is a concat, else as one."""
    rows = strip(node)
    return rows[0] if len(rows) == 1 else [piece(node)]


def _past(channels: int) -> Piece:
    return Piece(channels, "other", ("identity",))


def _passes(node: Node) -> bool:
    """Whether each channel that comes out is made of the same one that comes in."""
    match node:
        case Leaf():
            same = int(node.out.channels) == int(node.inp.channels)
            return same and node.op.family not in WEIGHTED
        case Series():
            return node.residual is None and all(map(_passes, node.nodes))
        case Parallel():
            gated = node.join.keeps_sides and not _factors(node) and node.residual is None
            return gated and (node.then is None or _passes(node.then))
    return False


def _nested(node: Node) -> bool:
    """Whether there are branches in it, gates apart."""
    if isinstance(node, Leaf) or _passes(node):
        return False
    several = isinstance(node, Parallel) and len(node.branches) > 1
    return several or residual_of(node) is not None or any(map(_nested, children(node)))


def _factors(node: Parallel) -> list[Node]:
    """What a product multiplies, its gates apart; empty where that is the input alone."""
    spread = node.join.spread(tuple(branch.out for branch in node.branches))
    pairs = zip(node.branches, spread, strict=True)
    factors = [branch for branch, gate in pairs if not gate]
    return [] if all(map(is_identity, factors)) else factors


@remembered
def piece(branch: Node) -> Piece:
    """A branch by its largest kernel, `pool` where nothing larger than 1×1 is.

    Where branches are in it, it shows all that it is made of: side by side where it ends in a
    concat, else as one piece without a colour, which names all kernels.
    """
    width = int(branch.out.channels)
    if is_identity(branch):
        return _past(width)
    if not _nested(branch):
        layers = {_dominant(0, _leaves(layer)).bucket for layer in _layers(branch)} - {
            "other",
            "pool",
        }
        return replace(_dominant(width, _leaves(branch)), chosen=len(layers) > 1)
    rows = [] if isinstance(branch, Parallel) and branch.then else _strip_within(branch)
    if len(rows) == 1 and len(rows[0]) > 1:
        return _made_of(width, [part for each in rows[0] for part in each.colours])
    return _mixed(width, _leaves(branch))


def _leaves(node: Node) -> list[Leaf]:
    return [leaf for _, leaf in leaves((node,))]


def _layers(node: Node) -> Iterator[Node]:
    """The layers of a branch, each with what belongs to it."""
    if isinstance(node, Leaf) or is_unit(node):
        yield node
    else:
        for child in children(node):
            yield from _layers(child)


def _strip_within(branch: Node) -> Rows:
    """The strip of a branch, where that is more than the branch as one piece."""
    if isinstance(branch, Series) and not branch.residual:
        return _made_last(branch.nodes)
    return strip(branch)


def _made_of(width: int, parts: list[Piece]) -> Piece:
    """One piece of several: of their own colour where they share one."""
    first = parts[0]
    if all(part.bucket == first.bucket for part in parts):
        kernels = _sorted(name for part in parts for name in part.kernels)
        return Piece(width, first.bucket, kernels)
    return Piece(width, "other", (), tuple(parts))


def _mixed(width: int, inside: list[Leaf]) -> Piece:
    """One piece of all the kernels of some layers: of their own colour where they share one."""
    alone = [_dominant(0, [leaf]) for leaf in filter(_size, inside)]
    if len({each.bucket for each in alone}) < 2:
        return _dominant(width, inside)
    order = [*STRIP]
    kinds = sorted(alone, key=lambda each: (order.index(each.bucket), by_size(each.kernels[0])))
    return Piece(width, MIXED, tuple(dict.fromkeys(k for each in kinds for k in each.kernels)))


def _dominant(width: int, inside: list[Leaf]) -> Piece:
    """A branch by the largest kernel of some of its layers."""
    sizes = [size for leaf in inside if (size := _size(leaf))]
    if max(sizes, default=(1, False))[0] == 1 and any(leaf.op.family == "pool" for leaf in inside):
        return Piece(width, "pool", ("pool",))
    if not sizes:
        return Piece(width, "other", ("other",))
    largest = max(sizes)
    about = [leaf for leaf in inside if _size(leaf) == largest]
    depthwise = all(family(leaf) == DEPTHWISE for leaf in about)
    return Piece(width, DEPTHWISE if depthwise else bucket(*largest), _sorted(map(_kernel, about)))


def _kernel(leaf: Leaf) -> str:
    """A kernel's sides, each of them: `3×5`."""
    return axes_text(tuple(map(int, _sides(leaf))))


def _sides(leaf: Leaf) -> Axes:
    """The sides of its kernel; nothing of what has none."""
    window = leaf.op.window(leaf.inp) or leaf.op.enlarging(leaf.inp)
    return window.kernel if window else ()


def kernel_of(unit: Node, write: Callable[[int], str]) -> tuple[str, str]:
    """The colour's name of a convolution, and its kernel in the words of whoever shows it.

    Nothing of what has no kernel, or a colour of its own whatever its kernel is.
    """
    inside = _leaves(unit)
    name = _dominant(0, inside).bucket
    if name not in KERNELS:
        return "", ""
    largest = max(filter(_size, inside), key=lambda leaf: _size(leaf) or (0, False))
    return name, "×".join(map(write, _sides(largest)))


class Colour(NamedTuple):
    """What a branch is coloured by in a bar, and whether that is one of several sizes."""

    name: str
    chosen: bool = False


def colour(branch: Node) -> Colour:
    """A branch's colour; none where it is made of several."""
    found = piece(branch)
    alike = len({part.bucket for part in found.colours}) == 1
    return Colour(found.colours[0].bucket if alike else MIXED, found.chosen)


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names), key=by_size))


def by_size(name: str) -> tuple[int, list[int], str]:
    """What sorts 1×9 before 1×11, and 3×3 before both."""
    sides = [int(side) for side in re.findall(r"\d+", name)]
    return max(sides, default=0), sides, name


def every(rows: Rows) -> Iterator[Piece]:
    """All that has a colour in a strip."""
    return (colour for row in rows for each in row for colour in each.colours)


def _size(leaf: Leaf) -> tuple[int, bool] | None:
    sides = _sides(leaf)
    if not sides or leaf.op.family not in CONVS:
        return None
    return int(max(sides)), leaf.op.family == "factorised"


def bucket(extent: int, factorised: bool) -> str:
    """The name in `STRIP` of kernels of that extent.

    >>> bucket(1, False), bucket(2, False), bucket(11, False), bucket(7, True)
    ('1×1', '3×3', '7×7', '1×7')
    """
    known = [name for name in KERNELS if (name[0] != name[-1]) == factorised]
    alike = [name for name in known if (name[-1] == "1") == (extent == 1)] or known
    return min(alike, key=lambda name: abs(int(name[-1]) - extent))
