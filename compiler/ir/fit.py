"""Whether a network takes an input of another size than its spec's, and what the least one is."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from compiler.ir.facts import Axes
from compiler.ir.kept import remembered
from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node, Parallel, Series, Tap, leaves, shares_of
from compiler.ir.op import LETTERS, Shape, ShapeFault
from dsl.models.extent import kernel_text, samples
from dsl.text.counts import count


def takes(network: Network, what: str = "") -> str:
    """What a network, or its part from `network.input` on, takes; left out, images or the like."""
    what = what or samples(len(network.input.grid))
    if not network.input.is_map:
        return f"{network.name} takes (N, {int(network.input[0])}) {what}"
    channels, *grid = (int(n) for n in network.input)
    letters, size = ", ".join(LETTERS[len(grid)]), kernel_text(grid)
    return f"{network.name} takes (N, {channels}, {letters}), such as {size} {what}"


def misfit(network: Network, shape: tuple[int, ...], training: bool, what: str = "") -> str:
    """Why an input, (N, C, H, W) of images, can't be taken, as a sentence; empty where it can."""
    wanted = takes(network, what)
    if len(shape) != 1 + len(network.input):
        return f"{wanted}; got {count(len(shape), 'dimension')}: {shape}"
    if shape[1] != network.input[0]:
        return f"{wanted}; got {count(shape[1], 'channel')}: {shape}"
    try:
        Walk(training).through(network.nodes, Shape(*shape[1:]))
    except ShapeFault as fault:
        known = fault.code == "E102" and not what
        hint = f" (the least input is {least(network)})" if known else ""
        size = kernel_text(shape[2:])
        return f"{wanted}; {size} doesn't fit: {fault}{hint}"
    return ""


def norms_of_one(network: Network, shape: Shape, training: bool) -> tuple[str, ...]:
    """Paths of the norms that get one value a channel of each input of this shape.

    In training they need two inputs to normalise over.
    """
    found: set[int] = set()
    _Norms(training, found=found).through(network.nodes, shape)
    return tuple(path for path, leaf in leaves(network.nodes) if id(leaf) in found)


@dataclass(frozen=True)
class Walk:
    """Follows another shape through nodes that were lowered for their own.

    `lax` overlooks what a larger input doesn't mend: branches that give different grids, and
    more features than a linear layer was made for.
    """

    training: bool = False
    lax: bool = False

    def through(self, nodes: tuple[Node, ...], shape: Shape) -> Shape:
        """The shape after the nodes.

        Raises `ShapeFault` naming the first layer that can't take what it gets.
        """
        for node in nodes:
            shape = self._node(node, shape)
        return shape

    def _node(self, node: Node, shape: Shape) -> Shape:
        match node:
            case Leaf():
                return self._leaf(node, shape)
            case Series():
                return self._summed(node, shape, self._named(node.name, node.nodes, shape))
            case Tap():
                if self.training:
                    self._named(node.name, node.body.nodes, shape)
                return shape
            case Parallel():
                return self._parallel(node, shape)

    def _named(self, name: str, nodes: tuple[Node, ...], shape: Shape) -> Shape:
        try:
            return self.through(nodes, shape)
        except ShapeFault as fault:
            raise ShapeFault(fault.code, f"{name}.{fault}", fault.help) from None

    def _leaf(self, leaf: Leaf, shape: Shape) -> Shape:
        try:
            out = leaf.op.out(shape)
        except ShapeFault as fault:
            raise ShapeFault(fault.code, f"{leaf.name}: {fault}", fault.help) from None
        # A layer has weights by channels, whatever the grid.
        if shape[0] == leaf.inp[0] or leaf.op.params(shape) == leaf.op.params(leaf.inp):
            return out
        if self.lax and shape.elements > leaf.inp.elements:
            return leaf.out
        raise ShapeFault("E104", f"{leaf.name} was made for {leaf.inp}, it gets {shape}")

    def _inputs(self, node: Parallel, shape: Shape) -> tuple[Shape, ...]:
        """What each branch gets; where shares are `lax`, a vector may be longer than they."""
        if self.lax and shape[0] > node.inp[0]:
            return node.inputs
        return shares_of(node, shape)

    def _parallel(self, node: Parallel, shape: Shape) -> Shape:
        pairs = zip(node.branches, self._inputs(node, shape), strict=True)
        outs = tuple(self._named(node.name, (branch,), x) for branch, x in pairs)
        if self.lax:
            outs = _evened(node, outs)
        try:
            joined = node.join.out(outs)
        except ShapeFault as fault:
            raise ShapeFault(fault.code, f"{node.name}: {fault}", fault.help) from None
        made = self._named(node.name, (node.then,), joined) if node.then else joined
        return self._summed(node, shape, made)

    def _summed(self, node: Series | Parallel, x: Shape, made: Shape) -> Shape:
        """The shape after the residual sum, which adds equal ones."""
        if node.residual is None:
            return made
        shortcut = node.residual.shortcut
        beside = self._named(node.name, (shortcut,), x) if shortcut else x
        if not self.lax and tuple(beside) != tuple(made):
            raise ShapeFault("E112", f"{node.name}: the residual sum adds {beside} and {made}")
        return made


def _evened(node: Parallel, outs: tuple[Shape, ...]) -> tuple[Shape, ...]:
    """What branches give, as if all gave the grid of the first that isn't a gate."""
    pairs = list(zip(outs, node.join.spread(outs), strict=True))
    first = next(out for out, alone in pairs if not alone)
    return tuple(out if alone else Shape(out[0], *first[1:]) for out, alone in pairs)


@dataclass(frozen=True)
class _Norms(Walk):
    """Notes the leaves that can't train on one input."""

    found: set[int] = field(default_factory=set)

    def _leaf(self, leaf: Leaf, shape: Shape) -> Shape:
        if leaf.op.least_batch(shape) > 1:
            self.found.add(id(leaf))
        return super()._leaf(leaf, shape)


@dataclass(frozen=True)
class Least:
    """The least size that a network takes, per axis, when evaluating and in training."""

    evaluating: Axes
    training: Axes

    def __str__(self) -> str:
        sizes = [kernel_text(size) for size in (self.evaluating, self.training)]
        return sizes[0] if sizes[0] == sizes[1] else f"{sizes[0]}, for training {sizes[1]}"


def least(network: Network) -> Least:
    """The least input: of a network for square images the least square one.

    Otherwise each side is found by itself, beside the spec's own other ones.
    Batch norm's need of more than one value a channel is no matter of the input's size alone,
    and not counted.
    """
    evaluating = _least(network, Walk(), (1,) * len(network.input.grid))
    if not network.taps:
        return Least(evaluating, evaluating)
    return Least(evaluating, _least(network, Walk(training=True), evaluating))


def _least(network: Network, walk: Walk, known: Axes) -> Axes:
    """The least sides, none less than what is `known` to be needed anyway.

    Sides that are equal in the spec stay so: a square, or the frames of a clip.
    """
    own = network.input.grid
    found = list(own)
    for size in dict.fromkeys(own):
        alike = [axis for axis, other in enumerate(own) if other == size]
        sides = range(max(known[axis] for axis in alike), size)
        side = _least_side(network, walk, sides, partial(_with_side, own, alike))
        for axis in alike:
            found[axis] = side
    return tuple(found)


def _with_side(grid: Axes, axes: list[int], side: int) -> Axes:
    """The grid with another size on some axes."""
    return tuple(side if axis in axes else size for axis, size in enumerate(grid))


def _least_side(network: Network, walk: Walk, sides: range, grid: Callable[[int], Axes]) -> int:
    """The least of the sides; the end of the range, the spec's own side, is one that fits.

    Whatever is too small stays so for every smaller side, so that limit is found by halving,
    unless the first one, which training has from evaluating, is enough; from there on up,
    branches may still disagree about a size.
    """

    def enough(side: int) -> bool:
        return _fits(network, replace(walk, lax=True), grid(side))

    if sides and not enough(sides[0]):
        if walk.training and not enough(sides[-1]):
            return sides.stop  # Many an auxiliary head is made for the spec's own size alone.
        sides = sides[bisect_left(sides, True, lo=1, key=enough) :]
    return next((n for n in sides if _fits(network, walk, grid(n))), sides.stop)


def _fits(network: Network, walk: Walk, grid: Axes) -> bool:
    shape: Shape | None = Shape(network.input.channels, *grid)
    for node in network.nodes:
        shape = None if shape is None else _behind(node, walk, shape)
    return shape is not None


@remembered
def _behind(node: Node, walk: Walk, shape: Shape) -> Shape | None:
    """The shape behind a step; None where it can't take what it gets."""
    try:
        return walk.through((node,), shape)
    except ShapeFault:
        return None
