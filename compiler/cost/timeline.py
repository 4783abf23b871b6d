"""Activation memory layer by layer: what is alive as each runs, and what each one keeps.

Both follow `compiler.cost.memory`, whose peak is the highest moment here and whose saved bytes
are the sum of what is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from compiler.cost.known import Known, known
from compiler.cost.memory import Keeper, Meter, Tensor
from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node
from compiler.ir.op import Shape

Bytes = dict[str, int]
"""Bytes by path, in the order of execution; what takes no memory isn't there."""


def alive(network: Network, batch: int, dtype_bytes: int) -> Bytes:
    """The most bytes alive while each layer of an evaluating pass runs, image included."""
    meter = _Alive(batch, dtype_bytes)
    image, held = network.input.elements * batch * dtype_bytes, 0
    for node in network.nodes:
        held = meter.node(node, image + held) or held
    return meter.by_path


def kept(network: Network, batch: int, dtype_bytes: int, training: bool) -> Bytes | None:
    """The bytes that each layer of a training pass adds to what is kept for the backward pass.

    None where a batch norm refuses the batch.
    """
    keeper = _Kept(batch, dtype_bytes, training)
    x = Tensor(network.input.elements * batch * dtype_bytes, grad=False)
    for node in network.nodes:
        x = keeper.node(node, x)
    return None if keeper.refused else keeper.by_path


@dataclass
class _Place:
    """Where a walk is: the path of the node that it is in."""

    path: str = ""
    by_path: Bytes = field(default_factory=dict)

    def inside(self, node: Node) -> str:
        """Go into a node; what to go back to."""
        outer = self.path
        self.path = f"{outer}.{node.name}" if outer else node.name
        return outer


@dataclass
class _Alive(_Place, Meter):
    """A meter that notes what it sees by path."""

    def saw(self, live: int) -> None:
        super().saw(live)
        self.by_path[self.path] = max(live, self.by_path.get(self.path, 0))

    def node(self, node: Node, live: int, *, piece: bool = False) -> int:
        outer = self.inside(node)
        made = super().node(node, live, piece=piece)
        self.path = outer
        return made

    def leaf(self, leaf: Leaf, live: int, *, piece: bool = False) -> int:
        """What writes into its input's memory is no moment of its own."""
        facts = known(leaf)
        if facts.shares[False] and not facts.peaks and not (piece and facts.saved.copies):
            return 0
        return super().leaf(leaf, live, piece=piece)


@dataclass
class _Kept(_Place, Keeper):
    """A keeper that notes by path by how much its total grows."""

    def node(self, node: Node, x: Tensor) -> Tensor:
        outer = self.inside(node)
        y = super().node(node, x)
        self.path = outer
        return y

    def leaf(self, layer: Known, x: Tensor) -> Tensor:
        before = self.total
        y = super().leaf(layer, x)
        self._grew(before)
        return y

    def multiplied(self, y: Tensor, other: Tensor, shape: Shape) -> Tensor:
        before = self.total
        made = super().multiplied(y, other, shape)
        self._grew(before)
        return made

    def _grew(self, before: int) -> None:
        if self.total > before:
            self.by_path[self.path] = self.by_path.get(self.path, 0) + self.total - before
