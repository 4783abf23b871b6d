"""What a drawing shows, before it has positions: boxes, splits into branches, and frames.

A chain of items stands for a series. A split has one chain per branch and ends in a bar
that joins them; a residual sum is a split too, whose second branch is empty: the shortcut.
A frame is around what a block consists of that is called there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from compiler.diagram.kernels import Colour
from compiler.picture.labels import Run, small
from compiler.picture.sheet import Outline

NOTHING = small("")


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its text in the middle, a name at its left, a shape at its right, and its looks."""

    text: tuple[Run, ...]
    family: str
    tooltip: str = field(default="", compare=False)
    right: Run = NOTHING
    left: Run = field(default=NOTHING, kw_only=True, compare=False)
    notes: tuple[str, ...] = ()
    path: str = ""
    """What it is called among all boxes of a drawing."""
    outline: Outline = "rounded"
    kernel: tuple[str, str] = field(default=("", ""), compare=False)
    """Of a convolution its colour's name and its kernel, of the first use where there are more."""
    branches: tuple[Colour, ...] = field(default=(), compare=False)
    """Of a bar its branches' colours."""

    @property
    def colour(self) -> str:
        """The name of its look."""
        return self.kernel[0] or self.family


@dataclass(frozen=True, slots=True)
class Split:
    """Branches, and the bar in which they end: a coloured cell for each."""

    branches: tuple[Chain, ...]
    cells: tuple[str, ...]
    """What the bar says of each branch."""
    names: tuple[str, ...]
    """What each branch is called; nothing where that isn't shown."""
    bar: Box
    shares: tuple[str, ...] = ()
    """The channels that each branch gets, where not each gets them all."""

    def past(self, names: Iterable[str]) -> tuple[str, ...]:
        """Of what branches are called only what those are that are the input itself."""
        pairs = zip(self.branches, names, strict=True)
        return tuple("" if chain else name for chain, name in pairs)


@dataclass(frozen=True, slots=True)
class Frame:
    """What a called block consists of, below a box that names it."""

    title: Box
    chain: Chain
    """At least one item."""


Item = Box | Split | Frame
Chain = tuple[Item, ...]


def boxes(chain: Chain) -> Iterator[Box]:
    """Every box, bar and title of a chain."""
    for item in chain:
        match item:
            case Box():
                yield item
            case Frame():
                yield item.title
                yield from boxes(item.chain)
            case Split():
                for branch in item.branches:
                    yield from boxes(branch)
                yield item.bar


def last_of(chain: Chain) -> Box:
    """The box or bar in which a chain of something ends."""
    match chain[-1]:
        case Box() as box:
            return box
        case Split(bar=bar):
            return bar
        case Frame(chain=inside):
            return last_of(inside)
