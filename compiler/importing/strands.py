"""The network as a tree of series and parallels: what a spec is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from compiler.importing.atoms import Dims, Part
from dsl.models.layers import Layer


@dataclass(frozen=True)
class Leaf:
    """A layer; `paths` are the modules of the model that it was made from."""

    layer: Layer
    inp: Dims
    out: Dims
    paths: tuple[str, ...]
    tap: int | None = None
    """Its node's number, where an auxiliary head takes its output."""
    weights: tuple[str, ...] = ()
    """The modules whose weights it has, in their order; of a layer scale the parameter itself."""
    part: Part | None = None
    """The channels that it takes, which a fork may share out."""


@dataclass(frozen=True)
class Sum:
    """`act(shortcut(x) + scale * f(x))` around a fork; `act` is `none` for no activation."""

    scale: float
    act: str = "none"
    shortcut: Chain = ()
    """Empty for x as it is."""
    learned: Leaf | None = None
    """The activation, where it has weights."""


@dataclass(frozen=True)
class Fork:
    """Branches on one input, joined; then the chain `then`, then the residual sum.

    `path` is the module that joins them; an empty branch is the input itself.
    """

    join: str
    branches: tuple[Chain, ...]
    inp: Dims
    out: Dims
    path: str
    then: Chain = ()
    residual: Sum | None = None
    tap: int | None = None
    split: tuple[int | str, ...] = ()
    """The share of the channels that each branch gets; empty where each gets them all."""
    paths: tuple[str, ...] = field(default=())
    """What else it was made from: an activation behind a residual sum."""

    @property
    def chains(self) -> tuple[Chain, ...]:
        """All that it consists of, in the order in which it is constructed."""
        return (*self.branches, self.then, self.residual.shortcut if self.residual else ())


Item = Leaf | Fork
Chain = tuple[Item, ...]


def leaves(chain: Chain) -> Iterator[Leaf]:
    """Every layer, in the order in which it is written."""
    for item in chain:
        if isinstance(item, Leaf):
            yield item
        else:
            for inner in item.chains:
                yield from leaves(inner)
            if item.residual and item.residual.learned:
                yield item.residual.learned


def paths(chain: Chain) -> Iterator[str]:
    """The modules that everything inside was made from."""
    for item in chain:
        yield from item.paths
        if isinstance(item, Fork):
            yield item.path
            for inner in item.chains:
                yield from paths(inner)


def deepest(chain: Chain, level: int = 0) -> tuple[int, str]:
    """How many forks lie in each other at most, and the module of the innermost."""
    found = [(level, "")]
    for item in chain:
        if isinstance(item, Fork):
            found.append((level + 1, item.path))
            found += [deepest(inner, level + 1) for inner in item.chains]
    return max(found, key=lambda one: (one[0], bool(one[1])))


def mapped(chain: Chain, change: Callable[[Chain], Chain]) -> Chain:
    """The chain with every chain in it changed, innermost first."""
    return change(tuple(_inside(item, change) for item in chain))


def _inside(item: Item, change: Callable[[Chain], Chain]) -> Item:
    if isinstance(item, Leaf):
        return item
    branches = tuple(mapped(branch, change) for branch in item.branches)
    then, residual = mapped(item.then, change) if item.then else (), item.residual
    if residual and residual.shortcut:
        residual = replace(residual, shortcut=mapped(residual.shortcut, change))
    return replace(item, branches=branches, then=then, residual=residual)
