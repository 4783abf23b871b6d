"""The intermediate representation: a network as a tree of series and parallels.

Inception networks are series-parallel, so four node kinds say everything: `Leaf` (one
op), `Series` (one after the other), `Parallel` (side by side, then joined) and `Tap`
(an auxiliary head). Shapes are derived from the ops, so they cannot disagree with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any, Literal, cast

from compiler.ir.facts import Work
from compiler.ir.join import Join
from compiler.ir.once import once
from compiler.ir.op import Call, Init, Op, Shape, ShapeFault
from compiler.ir.symbols import substitute
from dsl.models.model import BlockSection
from dsl.text.counts import count
from dsl.text.memory import Generation
from dsl.text.problems import NOWHERE, Span

Role = Literal["unit", "block", "sequence"]
"""What a series is in hand-written code: a convolution with its norm and activation as one layer, a
class of its own with its steps as attributes, or an `nn.Sequential` with steps numbered from 0."""
BlockKind = BlockSection | Literal["aux"]
"""Under which key of a spec a block is defined."""


class Part:
    """What the four kinds of node have in common.

    Nodes are values: equal where they compute the same under the same names, whatever the place in
    a file, and whatever expressions their numbers stand for.
    """

    name: str

    @property
    def notes(self) -> dict[Any, Any]:
        """What has been worked out of a node, by whom and for what (`compiler.ir.kept`).

        Kept with the node; no part of its value.
        """
        kept = self.__dict__.get("_notes")
        if kept is None or kept[0] != Generation.now:
            kept = self.__dict__["_notes"] = (Generation.now, {})
        notes: dict[Any, Any] = kept[1]
        return notes

    def __getstate__(self) -> dict[str, Any]:
        """Leave behind what is private: it is made anew."""
        return {key: value for key, value in self.__dict__.items() if key[0] != "_"}

    def __repr__(self) -> str:
        """The tree from here down, a line a node."""
        from compiler.ir.outline import lines, outline  # Text builds upon what a node is.

        return outline(lines(cast("Node", self), self.name))


@dataclass(frozen=True, repr=False, init=False)
class Leaf(Part):
    """One op at one place."""

    name: str
    op: Op
    inp: Shape
    span: Span = field(default=NOWHERE, compare=False)

    def __init__(self, name: str, op: Op, inp: Shape, span: Span = NOWHERE) -> None:
        """As a frozen dataclass does, in a third of the time: networks have hundreds."""
        own = self.__dict__
        own["name"], own["op"], own["inp"], own["span"] = name, op, inp, span

    @once
    def out(self) -> Shape:
        """The op's output shape."""
        return self.op.out(self.inp)

    @once
    def call(self) -> Call:
        """How torch constructs the op here."""
        return self.op.call(self.inp)

    @once
    def work(self) -> Work:
        """What an evaluating pass does here with one input."""
        return self.op.work(self.inp)


@dataclass(frozen=True)
class BlockUse:
    """Which block of the spec a node was made from, and with what.

    `args` binds the block's parameters to what the caller gives (which may be symbols of
    the caller), `params` are all of them with their defaults (None: no default).
    """

    block: str
    kind: BlockKind
    params: Mapping[str, Any] = field(hash=False)
    args: Mapping[str, Any] = field(hash=False)
    inp: Shape
    """The input in the caller's terms."""
    span: Span = field(default=NOWHERE, compare=False)
    """Where the block is defined."""
    body: Span = field(default=NOWHERE, compare=False)
    """Where its steps or branches begin."""

    @property
    def bound(self) -> dict[str, Any]:
        """What each name inside stands for outside; a parameter without a value isn't there."""
        given = {**self.params, **self.args, "in_channels": self.inp.channels}
        return {name: value for name, value in given.items() if value is not None}

    def outside(self, shape: Shape) -> Shape:
        """A shape inside the block as its caller sees it."""
        return Shape(substitute(shape[0], self.bound), *shape[1:])


@dataclass(frozen=True, repr=False, init=False)
class Series(Part):
    """Nodes one after the other; then the residual sum, if there is one around them.

    A block's `inp` and what is in it are in terms of its own parameters; `out` is in terms
    of whoever stands around it.
    """

    name: str
    nodes: tuple[Node, ...]
    inp: Shape
    role: Role = "sequence"
    use: BlockUse | None = None
    span: Span = field(default=NOWHERE, compare=False)
    residual: Residual | None = None

    def __init__(
        self,
        name: str,
        nodes: tuple[Node, ...],
        inp: Shape,
        role: Role = "sequence",
        use: BlockUse | None = None,
        span: Span = NOWHERE,
        residual: Residual | None = None,
    ) -> None:
        """As that of a leaf."""
        own = self.__dict__
        own["name"], own["nodes"], own["inp"], own["role"] = name, nodes, inp, role
        own["use"], own["span"], own["residual"] = use, span, residual

    @once
    def out(self) -> Shape:
        """The last node's output shape; the input's if there are none."""
        shape = self.nodes[-1].out if self.nodes else self.inp
        return self.use.outside(shape) if self.use else shape


@dataclass(frozen=True)
class Residual:
    """`act(shortcut(x) + scale * f(x))`: no shortcut is x itself, no `act` no activation."""

    scale: float
    act: Leaf | None
    shortcut: Node | None = None

    @property
    def nodes(self) -> tuple[Node, ...]:
        """What it runs itself, in order."""
        return tuple(node for node in (self.shortcut, self.act) if node)


@dataclass(frozen=True, repr=False)
class Parallel(Part):
    """Branches side by side on one input, joined; then `then`, then the residual sum.

    With `shares` each branch gets so many of the input's channels, in order; without, all of
    them. In whose terms the shapes are: as for `Series`.
    """

    name: str
    branches: tuple[Node, ...]
    join: Join
    inp: Shape
    then: Node | None = None
    residual: Residual | None = None
    use: BlockUse | None = None
    shares: tuple[int, ...] = ()
    span: Span = field(default=NOWHERE, compare=False)

    @property
    def inputs(self) -> tuple[Shape, ...]:
        """What each branch gets."""
        return shares_of(self, self.inp)

    @once
    def joined(self) -> Shape:
        """The shape right after the join. Raises `ShapeFault` where the branches don't fit."""
        return self.join.out(tuple(branch.out for branch in self.branches))

    @once
    def out(self) -> Shape:
        """The shape after `then` and the residual sum."""
        shape = self.then.out if self.then else self.joined
        return self.use.outside(shape) if self.use else shape


@dataclass(frozen=True, repr=False)
class Tap(Part):
    """An auxiliary head, present in training only: its input is the trunk at this place."""

    name: str
    body: Series
    weight: float
    source: str
    span: Span = field(default=NOWHERE, compare=False)

    @property
    def inp(self) -> Shape:
        """The trunk's shape at the tap, in the trunk's terms."""
        return self.body.use.inp if self.body.use else self.body.inp

    @property
    def out(self) -> Shape:
        """What the trunk goes on with: the tap changes nothing."""
        return self.inp


Node = Leaf | Series | Parallel | Tap


def shares_of(node: Parallel, x: Shape) -> tuple[Shape, ...]:
    """What each branch of a parallel gets of an input.

    Raises `ShapeFault` where the node's shares don't add up to its channels.
    """
    if not node.shares:
        return (x,) * len(node.branches)
    if (found := sum(map(int, node.shares))) != x[0]:
        message = f"{node.name} shares out {count(found, 'channel')}, it gets {int(x[0])}"
        raise ShapeFault("E115", message)
    return tuple(Shape(share, *x[1:]) for share in node.shares)


def residual_of(node: Node) -> Residual | None:
    """The residual sum around a node, if there is one."""
    return node.residual if isinstance(node, (Series, Parallel)) else None


def use_of(node: Node) -> BlockUse | None:
    """The use of a block that a node was made from; of an auxiliary head its body has that."""
    return node.use if isinstance(node, (Series, Parallel)) else None


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly inside, in the order in which they are constructed."""
    match node:
        case Series():
            return node.nodes + (node.residual.nodes if node.residual else ())
        case Parallel():
            inside = node.branches + ((node.then,) if node.then else ())
            return inside + (node.residual.nodes if node.residual else ())
        case Tap():
            return node.body.nodes
        case Leaf():
            return ()


def nodes(inside: tuple[Node, ...], prefix: str = "") -> Iterator[tuple[str, Node]]:
    """Every node with its path, each before what is in it."""
    for node in inside:
        path = f"{prefix}{node.name}"
        yield path, node
        yield from nodes(children(node), f"{path}.")


def leaves(nodes: tuple[Node, ...], prefix: str = "") -> Iterator[tuple[str, Leaf]]:
    """Every leaf with its path, in construction order."""
    for node in nodes:
        path = f"{prefix}{node.name}"
        if isinstance(node, Leaf):
            yield path, node
        else:
            yield from leaves(children(node), f"{path}.")


def params(*nodes: Node) -> int:
    """Trainable parameters of everything inside."""
    shapes = (shape for _, leaf in leaves(nodes) for shape in leaf.op.params(leaf.inp).values())
    return sum(prod(shape) for shape in shapes)


def macs(*nodes: Node) -> int:
    """Multiply-accumulates of everything inside, for one input."""
    return sum(leaf.work.macs for _, leaf in leaves(nodes))


def own_inits(inside: tuple[Node, ...]) -> Iterator[tuple[str, Init]]:
    """Each layer whose weights are drawn otherwise than the rest, by path."""
    for path, leaf in leaves(inside):
        init = getattr(leaf.op, "init", None)
        if init is not None:
            yield path, init
