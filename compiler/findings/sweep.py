"""How windows meet the maps that they slide over: exactly, along each axis."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from compiler.cost.field import reads
from compiler.findings.subject import Subject
from compiler.ir.kept import remembered
from compiler.ir.nodes import Leaf, Node
from compiler.ops.conv import Conv
from compiler.ops.pool import Pool
from compiler.ops.window import Sliding


@dataclass(frozen=True, slots=True)
class Sweep:
    """One axis of a window on a map: `size` positions in, `outs` out, `before` padded in front."""

    size: int
    outs: int
    kernel: int
    stride: int
    before: int
    dilation: int

    @property
    def read(self) -> int:
        """How many of all taps, at all places of the window, read a pixel."""
        return reads(self.size, self.outs, self.kernel, self.stride, self.before, self.dilation)

    @property
    def alive(self) -> int:
        """How many taps of the kernel read a pixel anywhere."""
        return sum(bool(self._places(tap)) for tap in range(self.kernel))

    @property
    def seen(self) -> frozenset[int]:
        """The positions of the map that some tap reads."""
        return frozenset(at for tap in range(self.kernel) for at in self._places(tap))

    def held(self, at: int) -> int:
        """How many taps of the window at one place read a pixel."""
        start = at * self.stride - self.before
        taps = (start + tap * self.dilation for tap in range(self.kernel))
        return sum(0 <= position < self.size for position in taps)

    @property
    def reach(self) -> int:
        """How many positions one window covers, with its holes."""
        return (self.kernel - 1) * self.dilation + 1

    @property
    def unread_end(self) -> int:
        """How many positions at the end of the map lie behind the last window."""
        return max(0, self.size - ((self.outs - 1) * self.stride - self.before + self.reach))

    def _places(self, tap: int) -> range:
        """The positions of the map that one tap reads."""
        offset, step = tap * self.dilation - self.before, self.stride
        first = max(0, -(offset // step))
        last = min(self.outs - 1, (self.size - 1 - offset) // step)
        return range(offset + first * step, offset + last * step + 1, step)


Sweeps = tuple[Sweep, ...]


def slide_of(node: Node) -> Sliding | None:
    """The window of a convolution or a pooling that slides; None for what has none."""
    return node.op.slide if isinstance(node, Leaf) and isinstance(node.op, (Conv, Pool)) else None


@remembered
def sweeps(node: Node) -> Sweeps:
    """The window of a layer along each axis of its map; empty for what has none."""
    slide, grid = slide_of(node), node.inp.grid
    if slide is None or not grid:
        return ()
    return tuple(
        Sweep(
            int(grid[axis]),
            int(node.out.grid[axis]),
            int(slide.kernel[axis]),
            int(slide.stride[axis]),
            int(slide.pads(axis, grid[axis])[0]),
            int(slide.dilation[axis]),
        )
        for axis in slide.axes
    )


def on_padding(found: Sweeps) -> float:
    """The share of taps, over all places of the window, that read padding."""
    return 1 - prod(each.read for each in found) / prod(each.outs * each.kernel for each in found)


def dead_taps(found: Sweeps) -> int:
    """How many taps of the whole kernel never read a pixel."""
    return prod(each.kernel for each in found) - prod(each.alive for each in found)


def weights_of(leaf: Leaf) -> int:
    """Weights of a convolution or linear layer, biases apart."""
    return prod(leaf.op.params(leaf.inp)["weight"])


def conv_weights(subject: Subject) -> int:
    """Weights of all convolutions of the trunk and its heads."""
    leaves = (leaf for use in subject.uses for leaf in use.leaves if isinstance(leaf.op, Conv))
    return sum(map(weights_of, leaves))
