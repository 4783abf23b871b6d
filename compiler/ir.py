"""The intermediate representation: a network as a tree of series and parallels.

Inception networks are series-parallel, so four node kinds say everything: `Leaf` (one
op), `Series` (one after the other), `Parallel` (side by side, then joined) and `Tap`
(an auxiliary head). Shapes are derived from the ops, so they cannot disagree with them.

Every op owns its facts (`Op`): output shape, parameters, work, and a torch constructor
call held as plain data, which the module emitter performs and the source emitter prints.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Any, ClassVar, Self

from dsl.problems import NOWHERE, Span

Pair = tuple[int, int]


class Shape(tuple[int, ...]):
    """One sample's shape without the batch: (C, H, W) for a map, (F,) for a vector."""

    __slots__ = ()

    def __new__(cls, *dims: int) -> Self:
        return super().__new__(cls, dims)

    @property
    def channels(self) -> int:
        """C, or the length of a vector."""
        return self[0]

    @property
    def grid(self) -> Pair:
        """(H, W); a vector counts as 1x1."""
        return (self[1], self[2]) if len(self) == 3 else (1, 1)

    @property
    def is_map(self) -> bool:
        """Whether there is a grid at all."""
        return len(self) == 3

    @property
    def elements(self) -> int:
        """C * H * W."""
        return prod(map(int, self))

    def __str__(self) -> str:
        return "x".join(str(int(n)) for n in self)


@dataclass(frozen=True, slots=True)
class Call:
    """A torch constructor call as plain data: `nn.Conv2d(128, 192, (1, 7))`.

    `name` is a class of `torch.nn`, or one of `compiler.runtime` where torch has none.
    """

    name: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Window:
    """A sliding window per axis, for receptive fields and padding waste.

    `before` and `after` are the rows and columns padded at each end.
    """

    kernel: Pair
    stride: Pair = (1, 1)
    before: Pair = (0, 0)
    after: Pair = (0, 0)
    dilation: Pair = (1, 1)


@dataclass(frozen=True, slots=True)
class Work:
    """What one op does with one sample, in multiply-accumulates and elements; see docs/cost.md.

    `constants` counts values that don't depend on the input, whatever the batch.
    """

    macs: int = 0
    activations: int = 0
    bias_adds: int = 0
    bn_elems: int = 0
    act_elems: int = 0
    pool_elems: int = 0
    eltwise_elems: int = 0
    constants: int = 0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if type(value) is not int:
                object.__setattr__(self, name, int(value))

    @property
    def outputs(self) -> int:
        """Elements that it writes, constants apart."""
        elementwise = self.bn_elems + self.act_elems + self.pool_elems + self.eltwise_elems
        return self.activations + elementwise


@dataclass(frozen=True, slots=True)
class Extra:
    """Tensors that an op makes: elements per sample, and `fixed` ones whatever the batch.

    `indices` are the int64 elements per sample.
    """

    elements: int = 0
    fixed: int = 0
    indices: int = 0

    def size(self, batch: int, dtype_bytes: int) -> int:
        """Bytes."""
        floats = batch * int(self.elements) + int(self.fixed)
        return floats * dtype_bytes + 8 * batch * int(self.indices)


NOTHING = Extra()


@dataclass(frozen=True, slots=True)
class Saved:
    """What an op keeps for the backward pass, in training mode.

    `input`/`output`: whether that tensor itself is kept; `extra`: tensors that exist only
    for the backward pass.
    """

    input: bool = False
    output: bool = False
    extra: Extra = NOTHING


class Op(ABC):
    """One operation and every fact about it. Subclasses are frozen dataclasses."""

    @property
    def family(self) -> str:
        """Its colour in a diagram: pointwise, conv, factorised, pool, norm, act, linear, other."""
        return "other"

    aliases: ClassVar[bool] = False
    """Whether the output shares its input's memory (views, dropout when evaluating)."""

    @abstractmethod
    def out(self, x: Shape) -> Shape:
        """The output shape. Raises `ShapeFault` where the input can't be taken."""

    @abstractmethod
    def call(self, x: Shape) -> Call:
        """How torch constructs it for this input."""

    @property
    @abstractmethod
    def label(self) -> str:
        """A short name for diagrams and tables: `1×7`, `max pool 3×3`, `ReLU`."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What else a diagram should say: `s2`, `V` for valid padding, `d2`, `g32`."""
        return ()

    def params(self, x: Shape) -> dict[str, tuple[int, ...]]:
        """Names and shapes of the trainable parameters, in torch's order."""
        return {}

    def buffers(self, x: Shape) -> dict[str, tuple[int, ...]]:
        """Names and shapes of the buffers, in torch's order."""
        return {}

    def work(self, x: Shape) -> Work:
        """Elements touched by one sample while evaluating, by category."""
        return Work()

    def training_work(self, x: Shape) -> Work:
        """The same while training."""
        return self.work(x)

    def window(self, x: Shape) -> Window | None:
        """The sliding window, where there is one."""
        return None

    def flattens(self, x: Shape) -> bool:
        """Whether positions end here: what comes out sees the whole map at once."""
        return False

    def shares(self, training: bool) -> bool:
        """Whether the output lies in its input's memory: views, and work in place."""
        return self.aliases

    def peaks(self, x: Shape) -> tuple[Extra, ...]:
        """What it makes beside its input at moments when more is alive than the output."""
        return ()

    def saved(self, x: Shape) -> Saved:
        """What autograd keeps for the backward pass."""
        return Saved()

    def least_batch(self, x: Shape) -> int:
        """The smallest batch that it can train on."""
        return 1


class ShapeFault(ValueError):
    """An input that an op can't take; `help` says what would do."""

    def __init__(self, code: str, message: str, help: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.help = help


@dataclass(frozen=True)
class Leaf:
    """One op at one place."""

    name: str
    op: Op
    inp: Shape
    span: Span = NOWHERE

    @cached_property
    def out(self) -> Shape:
        """The op's output shape."""
        return self.op.out(self.inp)


@dataclass(frozen=True)
class BlockUse:
    """Which block of the spec a node was made from, and with what.

    `args` binds the block's parameters to what the caller gives (which may be symbols of
    the caller), `params` are all of them with their defaults (None: no default); `inner`
    is the block's node in terms of its own symbols. `kind` is inception, reduction or aux.
    """

    block: str
    kind: str
    params: Mapping[str, Any]
    args: Mapping[str, Any]
    inner: Series | Parallel
    inp: Shape
    """The input in the caller's terms."""
    span: Span = NOWHERE
    """Where the block is defined."""


@dataclass(frozen=True)
class Series:
    """Nodes one after the other.

    `role` says what it is in hand-written code: a `unit` (convolution, norm and
    activation as one layer), a `block` (a class of its own, steps as attributes) or a
    `sequence` (an `nn.Sequential`, unnamed steps numbered from 0).
    """

    name: str
    nodes: tuple[Node, ...]
    inp: Shape
    role: str = "sequence"
    use: BlockUse | None = None
    span: Span = NOWHERE

    @cached_property
    def out(self) -> Shape:
        """The last node's output shape; the input's if there are none."""
        return self.nodes[-1].out if self.nodes else self.inp


class Join(ABC):
    """How parallel branches become one tensor."""

    word: ClassVar[str]
    folds: ClassVar[bool] = False
    """Whether each branch is joined as it comes, not all of them at the end."""

    @abstractmethod
    def out(self, shapes: tuple[Shape, ...]) -> Shape:
        """The joined shape. Raises `ShapeFault` where the branches don't fit."""

    @abstractmethod
    def elements_written(self, shapes: tuple[Shape, ...]) -> int:
        """Elements that the join writes."""


@dataclass(frozen=True)
class Residual:
    """`act(x + scale * f(x))` around a parallel; `act` is None for no activation."""

    scale: float
    act: Leaf | None


@dataclass(frozen=True)
class Parallel:
    """Branches side by side on one input, joined; then `then`, then the residual sum."""

    name: str
    branches: tuple[Node, ...]
    join: Join
    inp: Shape
    then: Node | None = None
    residual: Residual | None = None
    use: BlockUse | None = None
    span: Span = NOWHERE

    @cached_property
    def joined(self) -> Shape:
        """The shape right after the join."""
        return self.join.out(tuple(branch.out for branch in self.branches))

    @cached_property
    def out(self) -> Shape:
        """The shape after `then` and the residual sum."""
        return self.then.out if self.then else self.joined


@dataclass(frozen=True)
class Tap:
    """An auxiliary head, present in training only: its input is the trunk at this place."""

    name: str
    body: Series
    weight: float
    source: str
    span: Span = NOWHERE

    @property
    def inp(self) -> Shape:
        """The trunk's shape at the tap."""
        return self.body.inp

    @property
    def out(self) -> Shape:
        """What the trunk goes on with: the tap changes nothing."""
        return self.body.inp


Node = Leaf | Series | Parallel | Tap


@dataclass(frozen=True)
class Init:
    """How weights are drawn: a function of `torch.nn.init` without its underscore."""

    scheme: str
    args: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Network:
    """A whole lowered network, ready for every emitter."""

    name: str
    title: str
    paper: str
    input: Shape
    classes: int
    nodes: tuple[Node, ...]
    sections: Mapping[str, str]
    """Section (stem, body, head) of each top-level node by name."""
    init: Init | None = None
    variant: str | None = None
    origin: str = ""
    """The spec's file name, for headers."""

    @cached_property
    def out(self) -> Shape:
        """The logits' shape."""
        return self.nodes[-1].out

    @property
    def taps(self) -> tuple[Tap, ...]:
        """The auxiliary heads, in the order in which they tap the trunk."""
        return tuple(node for node in self.nodes if isinstance(node, Tap))


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly inside, in the order in which they are constructed."""
    match node:
        case Series():
            return node.nodes
        case Parallel():
            inside = node.branches + ((node.then,) if node.then else ())
            return inside + ((node.residual.act,) if node.residual and node.residual.act else ())
        case Tap():
            return node.body.nodes
        case Leaf():
            return ()


def leaves(nodes: tuple[Node, ...], prefix: str = "") -> Iterator[tuple[str, Leaf]]:
    """Every leaf with its path, in construction order."""
    for node in nodes:
        path = f"{prefix}{node.name}"
        if isinstance(node, Leaf):
            yield path, node
        else:
            yield from leaves(children(node), f"{path}.")


def verify(network: Network) -> None:
    """Check that the tree holds together: shapes thread and sibling names are unique.

    Raises `AssertionError` naming the node; a failure is a bug of the compiler.
    """
    _verify_series(network.nodes, network.input, network.name)


def _verify_series(nodes: tuple[Node, ...], shape: Shape, where: str) -> None:
    names = [node.name for node in nodes]
    assert len(set(names)) == len(names), f"{where}: names {names} repeat"
    for node in nodes:
        assert node.inp == shape, f"{where}.{node.name}: takes {node.inp}, gets {shape}"
        _verify_inside(node, f"{where}.{node.name}")
        shape = node.out


def _verify_inside(node: Node, where: str) -> None:
    match node:
        case Series():
            _verify_series(node.nodes, node.inp, where)
        case Tap():
            _verify_series(node.body.nodes, node.inp, where)
        case Parallel():
            names = [child.name for child in children(node)]
            assert len(set(names)) == len(names), f"{where}: names {names} repeat"
            for branch in node.branches:
                _verify_series((branch,), node.inp, where)
            if node.then:
                _verify_series((node.then,), node.joined, where)
        case Leaf():
            assert node.out == node.op.out(node.inp), where
