"""Activation memory, from the lifetimes that Python gives the tensors of the compiled module.

A call holds its input until it returns, `x = layer(x)` frees the old x after the call, a
concat holds every branch's output, work in place and views take no memory of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from compiler.cost.known import Known, known
from compiler.ir.kept import remembered
from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node, Parallel, Series, Tap
from compiler.ir.op import Shape


def peak_bytes(network: Network, batch: int, dtype_bytes: int) -> int:
    """Most activation bytes alive at once in an evaluating forward pass, image included."""
    alive = step_peaks(network, batch, dtype_bytes).values()
    return max([network.input.elements * batch * dtype_bytes, *alive])


def step_peaks(network: Network, batch: int, dtype_bytes: int) -> dict[str, int]:
    """The same while each step runs, by its name; an auxiliary head doesn't."""
    image = network.input.elements * batch * dtype_bytes
    found, held = {}, 0
    for node in network.trunk:
        above, made = _peak(node, batch, dtype_bytes)
        found[node.name] = image + held + above
        held = made or held
    return found


@remembered
def _peak(node: Node, batch: int, dtype_bytes: int) -> tuple[int, int]:
    """The most bytes alive at once beside what is held outside, and those of the output."""
    meter = Meter(batch, dtype_bytes)
    made = meter.node(node, 0)
    return meter.most, made


@dataclass
class Meter:
    """Follows the bytes alive; each method returns those of its output, 0 for its input's."""

    batch: int
    dtype_bytes: int
    most: int = 0

    def size(self, shape: Shape) -> int:
        return shape.elements * self.batch * self.dtype_bytes

    def saw(self, live: int) -> None:
        self.most = max(self.most, live)

    def node(self, node: Node, live: int, *, piece: bool = False) -> int:
        """Run a node while `live` bytes are held outside, its input among them.

        That may be a `piece` of the channels of each input.
        """
        match node:
            case Leaf():
                return self.leaf(node, live, piece=piece)
            case Series():
                made = self.series(node.nodes, live, piece=piece)
                return self.summed(node, live, made, piece=piece)
            case Parallel():
                made = self.parallel(node, live, piece=piece)
                return self.summed(node, live, made, piece=piece)
            case Tap():
                return 0

    def leaf(self, leaf: Leaf, live: int, *, piece: bool = False) -> int:
        facts = known(leaf)
        if piece and facts.saved.copies:
            live += self.size(facts.inp)
        for moment in facts.peaks:
            self.saw(live + moment.size(self.batch, self.dtype_bytes))
        made = 0 if facts.shares[False] else facts.elements * self.batch * self.dtype_bytes
        self.saw(live + made)
        return made

    def series(self, nodes: tuple[Node, ...], live: int, *, piece: bool) -> int:
        held = 0
        for node in nodes:
            held = self.node(node, live + held, piece=piece and not held) or held
        return held

    def parallel(self, node: Parallel, live: int, *, piece: bool) -> int:
        piece = piece or takes_apart(node, self.batch)
        joined = self.folded if node.join.folds else self.gathered
        made = joined(node, live, piece)
        return (self.node(node.then, live + made) or made) if node.then else made

    def gathered(self, node: Parallel, live: int, piece: bool) -> int:
        """Every branch's output is held until the join is written."""
        held = 0
        for branch in node.branches:
            held += self.node(branch, live + held, piece=piece)
        made = self.size(node.joined)
        self.saw(live + held + made)
        return made

    def folded(self, node: Parallel, live: int, piece: bool) -> int:
        """Each branch is joined with what there is so far, which is then freed."""
        first, *others = node.branches
        held = self.node(first, live, piece=piece)
        running = node.join.running(tuple(branch.out for branch in node.branches))
        for branch, shape in zip(others, running, strict=True):
            other = self.node(branch, live + held, piece=piece)
            made = self.size(shape)
            self.saw(live + held + other + made)
            held = made
        return held

    def summed(self, node: Series | Parallel, live: int, inner: int, *, piece: bool) -> int:
        """Both sides of a residual sum are held until it is written."""
        if node.residual is None:
            return inner
        act, shortcut = node.residual.act, node.residual.shortcut
        beside = self.node(shortcut, live + inner, piece=piece) if shortcut else 0
        made = self.size(node.out)
        self.saw(live + inner + beside + made)
        return (self.node(act, live + made) or made) if act else made


def takes_apart(node: Parallel, batch: int) -> bool:
    """Whether branches get what doesn't lie in a row: of one input its channels do."""
    return bool(node.shares) and batch > 1


def saved_bytes(network: Network, batch: int, dtype_bytes: int, training: bool) -> int | None:
    """Activation bytes that a training forward pass keeps for the backward pass.

    None where a batch norm refuses the batch: a single value per channel has no variance.
    """
    kept, x = 0, Tensor(network.input.elements * batch * dtype_bytes, grad=False)
    for node in network.nodes:
        ran = _ran(node, batch, dtype_bytes, training, x.grad, x.kept)
        if ran.refused:
            return None
        kept += ran.kept
        x = replace(ran.output)
    return kept


@dataclass(frozen=True)
class _Ran:
    """What a node keeps of a training pass: bytes, and whether those of its output are kept."""

    kept: int
    refused: bool
    output: Tensor


@remembered
def _ran(
    node: Node, batch: int, dtype_bytes: int, training: bool, grad: bool, input_kept: bool
) -> _Ran:
    keeper = Keeper(batch, dtype_bytes, training)
    x = Tensor(node.inp.elements * batch * dtype_bytes, grad, input_kept)
    y = keeper.node(node, x)
    return _Ran(keeper.total, keeper.refused, y)


@dataclass(slots=True)
class Tensor:
    """One piece of memory: whether a gradient flows to it, and whether it is kept.

    `piece`: what works on it now gets a piece of the channels of each input.
    """

    size: int
    grad: bool
    kept: bool = False
    piece: bool = False


@dataclass
class Keeper:
    """Follows the tensors of a training pass and adds up what autograd keeps of them."""

    batch: int
    dtype_bytes: int
    training: bool
    total: int = 0
    refused: bool = False

    def tensor(self, shape: Shape, grad: bool) -> Tensor:
        return Tensor(shape.elements * self.batch * self.dtype_bytes, grad)

    def keep(self, tensor: Tensor, needed: bool) -> None:
        if needed and not tensor.kept:
            self.total += tensor.size
            tensor.kept = True

    def node(self, node: Node, x: Tensor) -> Tensor:
        match node:
            case Leaf():
                return self.leaf(known(node), x)
            case Series():
                return self.summed(node, x, self.series(node.nodes, x))
            case Parallel():
                return self.summed(node, x, self.parallel(node, x))
            case Tap():
                if self.training:
                    self.series(node.body.nodes, x)
                return x

    def series(self, nodes: tuple[Node, ...], x: Tensor) -> Tensor:
        for node in nodes:
            x = self.node(node, x)
        return x

    def leaf(self, layer: Known, x: Tensor) -> Tensor:
        """Nothing is kept where no gradient flows: before the first layer with weights."""
        grad = x.grad or layer.learns
        self.refused |= self.batch < layer.least_batch
        size = layer.elements * self.batch * self.dtype_bytes
        y = x if layer.shares[True] else Tensor(size, grad)
        if grad:
            saved = layer.saved
            self.total += saved.extra.size(self.batch, self.dtype_bytes)
            if x.piece and saved.copies:
                self.total += layer.inp.elements * self.batch * self.dtype_bytes
            else:
                self.keep(x, saved.input)
            self.keep(y, saved.output)
        return y

    def parallel(self, node: Parallel, x: Tensor) -> Tensor:
        """Concat and sums keep nothing themselves; a product keeps its factors."""
        before = x.piece
        x.piece = before or takes_apart(node, self.batch)
        y = self.product(node, x) if node.join.keeps_sides else self.joined(node, x)
        x.piece = before
        return self.node(node.then, y) if node.then else y

    def joined(self, node: Parallel, x: Tensor) -> Tensor:
        """Branches, and what they are written into."""
        outs = [self.node(branch, x) for branch in node.branches]
        if len(outs) == 1 and node.join.folds:
            return outs[0]
        return self.tensor(node.joined, any(out.grad for out in outs))

    def summed(self, node: Series | Parallel, x: Tensor, y: Tensor) -> Tensor:
        """A residual sum keeps nothing itself."""
        if node.residual is None:
            return y
        act, shortcut = node.residual.act, node.residual.shortcut
        beside = self.node(shortcut, x) if shortcut else x
        y = self.tensor(node.out, beside.grad or y.grad)
        return self.node(act, y) if act else y

    def product(self, node: Parallel, x: Tensor) -> Tensor:
        """Branches, each multiplied by what there is so far before the next one runs."""
        first, *others = node.branches
        y = self.node(first, x)
        running = node.join.running(tuple(branch.out for branch in node.branches))
        for branch, shape in zip(others, running, strict=True):
            y = self.multiplied(y, self.node(branch, x), shape)
        return y

    def multiplied(self, y: Tensor, other: Tensor, shape: Shape) -> Tensor:
        """Each factor is what the gradient of the other takes, where that has one."""
        self.keep(y, other.grad)
        self.keep(other, y.grad)
        return self.tensor(shape, y.grad or other.grad)
