"""What a model computes, as a graph of layers, joins and the little arithmetic around them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from compiler.importing.faults import INEXPRESSIBLE, fault, place
from dsl.models.layers import Layer
from dsl.text.problems import SpecError

Dims = tuple[int, ...]


def tidy(value: float) -> float:
    """A number as a person would write it: 0.0003, where 1 - 0.9997 leaves 17 digits."""
    return float(f"{value:.12g}")


@dataclass(frozen=True)
class Unsaid:
    """Why the language has no words for a call; a `telling` reason says what its module is."""

    why: str
    help: str = ""
    telling: bool = False


@dataclass(frozen=True)
class Join:
    """Several tensors become one, by a word of the language; of a sum the second times `alpha`."""

    word: str
    alpha: float = 1.0

    def __str__(self) -> str:
        return self.word if self.alpha == 1 else f"{self.word} of {self.alpha:g} times the second"


@dataclass(frozen=True)
class Scale:
    """A tensor times a number."""

    factor: float

    def __str__(self) -> str:
        return f"times {self.factor:g}"


@dataclass(frozen=True)
class Pad:
    """Rows and columns around a map, filled with a value."""

    top: int
    bottom: int
    left: int
    right: int
    value: float = 0.0

    def __str__(self) -> str:
        return f"padding of {' '.join(map(str, self.sides))}"

    @property
    def sides(self) -> tuple[int, int, int, int]:
        """How much it adds on each side."""
        return self.top, self.bottom, self.left, self.right


@dataclass(frozen=True)
class Ones:
    """A tensor of ones in the shape of another."""


@dataclass(frozen=True)
class Quotient:
    """A tensor divided by another."""


@dataclass(frozen=True)
class Spread:
    """A map of one place repeated over a larger one."""


@dataclass(frozen=True)
class Part:
    """The channels of a tensor from `start` up to `stop`."""

    start: int
    stop: int

    def __str__(self) -> str:
        return f"{self.start} to {self.stop - 1}"


@dataclass(frozen=True)
class Grouped:
    """Channels in so many groups, which are an axis of their own."""

    groups: int


@dataclass(frozen=True)
class Turned:
    """The first two axes behind the images' in each other's place."""


@dataclass(frozen=True)
class Merged:
    """The first two axes behind the images' as one."""


@dataclass(frozen=True)
class Blank:
    """A tensor that holds nothing yet."""


@dataclass(frozen=True)
class Drawn:
    """One number for each sample, 1 with the chance of being kept and else 0."""

    kept: float


@dataclass(frozen=True)
class Sampled:
    """A tensor times one number for each sample; `unsaid` says why that is no product."""

    unsaid: Unsaid


Cut = Part | Grouped | Turned | Merged
Drop = Blank | Drawn | Sampled
Atom = Layer | Join | Scale | Pad | Ones | Quotient | Spread | Cut | Drop
Reading = tuple[Atom, ...]
"""What one call does: atoms in order, none where it changes nothing."""


def times(factor: float) -> Reading:
    """A product with a number; with one it is nothing."""
    return (Scale(factor),) if factor != 1 else ()


CHANCE = Unsaid(
    "draws random numbers, which a spec's network does in dropout and droppath alone",
    "if the model drops whole layers (stochastic depth) in a way of its own, build it without that",
    telling=True,
)
LEFT = {
    Blank: Unsaid("makes a tensor that isn't filled"),
    Drawn: CHANCE,
    Ones: Unsaid("makes a tensor of ones"),
    Quotient: Unsaid("divides by something other than a number"),
    Grouped: Unsaid("puts channels into groups, and a spec only shuffles them"),
    Turned: Unsaid("moves axes, and a spec only shuffles channels"),
    Merged: Unsaid("makes one axis of two, and a spec can only flatten a whole image"),
    Spread: Unsaid("repeats one place over a map, and in a spec only a product does so"),
}
"""What only means something beside others, and is a fault by itself."""


@dataclass(frozen=True)
class Node:
    """One call: what it may be read as (the plainest first), and whose outputs it takes.

    `path` is the module in which it happened, `kind` that module's class; `shape` is the
    output's without the batch. Node 0 is the model's input.
    """

    readings: tuple[Reading, ...]
    inputs: tuple[int, ...]
    path: str
    kind: str
    shape: Dims
    weights: tuple[str, ...] = ()
    """The parameters and buffers that it takes."""
    owner: str = ""
    """The module that has them under torch's names for them; empty if none has.

    Of a factor for each channel it is the parameter itself.
    """
    fault_read: Unsaid | None = None
    """Why it can't be read."""

    @property
    def unsaid(self) -> Unsaid | None:
        """Why it can't be said, if it can't."""
        atom = self.readings[0][0] if self.readings[0] else None
        left = atom.unsaid if isinstance(atom, Sampled) else LEFT.get(type(atom))
        return self.fault_read or left

    @property
    def atom(self) -> Atom:
        """What it was settled to be."""
        ((atom,),) = self.readings
        return atom

    @property
    def where(self) -> str:
        """Its module, as an error names it."""
        return place(self.path, self.kind)

    def fault(self, why: str, help: str = "") -> SpecError:
        """The error that this can't be said in a spec."""
        return fault(INEXPRESSIBLE, f"{self.where}: {why}", help)


@dataclass(frozen=True)
class Graph:
    """Nodes in the order of their computation.

    `output` is the logits, `heads` the auxiliary outputs; `kinds` holds the class of every
    module of the model by its path.
    """

    nodes: tuple[Node, ...]
    output: int
    heads: tuple[int, ...]
    kinds: Mapping[str, str]
    returned: tuple[int, ...] = ()
    """The logits and the auxiliary outputs in the order in which the model returns them."""

    def above(self, ends: Iterable[int]) -> list[int]:
        """All nodes that the given ones depend on, and themselves, in order."""
        found = set(ends)
        for index in range(len(self.nodes) - 1, -1, -1):
            if index in found:
                found.update(self.nodes[index].inputs)
        return sorted(found)

    @property
    def ends(self) -> frozenset[int]:
        """The nodes whose outputs the model returns."""
        return frozenset((self.output, *self.heads))

    def users(self) -> dict[int, list[Node]]:
        """The nodes that take the output of each."""
        found: dict[int, list[Node]] = {}
        for node in self.nodes:
            for index in node.inputs:
                found.setdefault(index, []).append(node)
        return found

    @cached_property
    def population(self) -> Counter[str]:
        """How many nodes stand in each module, inner modules counted."""
        count: Counter[str] = Counter()
        for node in self.nodes[1:]:
            parts = node.path.split(".")
            count.update({".".join(parts[: end + 1]) for end in range(len(parts))} | {""})
        return count

    def mapped(self, change: Callable[[Node], Node]) -> Graph:
        """The same graph with other nodes."""
        return replace(self, nodes=tuple(change(node) for node in self.nodes))


def needed(graph: Graph) -> Graph:
    """Only what the outputs depend on."""
    keep = graph.above((graph.output, *graph.heads))
    return _kept(graph, keep)


def without_heads(graph: Graph) -> Graph:
    """Only what the logits depend on."""
    return _kept(replace(graph, heads=()), graph.above((graph.output,)))


def _kept(graph: Graph, keep: Iterable[int]) -> Graph:
    renumbered = {old: new for new, old in enumerate(sorted({0, *keep}))}
    nodes = (graph.nodes[old] for old in renumbered)
    return replace(
        graph,
        nodes=tuple(
            replace(node, inputs=tuple(renumbered[i] for i in node.inputs)) for node in nodes
        ),
        output=renumbered[graph.output],
        heads=tuple(renumbered[head] for head in graph.heads),
        returned=tuple(renumbered[end] for end in graph.returned if end in renumbered),
    )
