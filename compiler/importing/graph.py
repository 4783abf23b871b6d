"""What a model computes, as a graph of layers, joins and the little arithmetic around them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from compiler.importing.faults import INEXPRESSIBLE, fault, place, refuse
from dsl.layers import Dropout, Layer
from dsl.opwriter import write
from dsl.problems import SpecError

Dims = tuple[int, ...]


def tidy(value: float) -> float:
    """A number as a person would write it: 0.0003, where 1 - 0.9997 leaves 17 digits."""
    return float(f"{value:.12g}")


@dataclass(frozen=True)
class Join:
    """Several tensors become one: `concat` or `add`, the second one times `alpha`."""

    word: str
    alpha: float = 1.0


@dataclass(frozen=True)
class Scale:
    """A tensor times a number."""

    factor: float


@dataclass(frozen=True)
class Pad:
    """Rows and columns around a map, filled with a value."""

    top: int
    bottom: int
    left: int
    right: int
    value: float = 0.0


Atom = Layer | Join | Scale | Pad
Reading = tuple[Atom, ...]
"""What one call does: atoms in order, none where it changes nothing."""


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
    """The module that has them under torch's names for them; empty if none has."""

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

    def above(self, ends: Iterable[int]) -> list[int]:
        """All nodes that the given ones depend on, and themselves, in order."""
        found = set(ends)
        for index in range(len(self.nodes) - 1, -1, -1):
            if index in found:
                found.update(self.nodes[index].inputs)
        return sorted(found)

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
    )


def settle(graph: Graph, other: Graph | None) -> Graph:
    """Each node as one atom: what it is at both sizes of the input.

    `other` is the same model's graph at another size, None where it takes no other.
    """
    others = other.nodes if other else graph.nodes
    if len(others) != len(graph.nodes):
        refuse(INEXPRESSIBLE, "the model does other things with an input of another size")
    chosen = [_common(one, two) for one, two in zip(graph.nodes, others, strict=True)]
    return _expanded(graph, chosen)


def _common(one: Node, other: Node) -> Reading:
    if one.weights != other.weights:
        raise one.fault("takes other weights for an input of another size")
    for reading in one.readings:
        if reading in other.readings and one.inputs == other.inputs:
            return reading
    sizes = f"{_shown(one.readings[0])} and {_shown(other.readings[0])}"
    raise one.fault(f"depends on the size of its input: {sizes} at two sizes")


def _shown(reading: Reading) -> str:
    return ", ".join(write(a) if isinstance(a, Layer) else str(a) for a in reading)


def _expanded(graph: Graph, chosen: list[Reading]) -> Graph:
    """One node an atom; calls that change nothing are their inputs."""
    nodes: list[Node] = [graph.nodes[0]]
    new = {0: 0}
    for old, (node, reading) in enumerate(zip(graph.nodes, chosen, strict=True)):
        if old == 0:
            continue
        inputs = tuple(new[i] for i in node.inputs)
        for atom in reading:
            nodes.append(replace(node, readings=((atom,),), inputs=inputs))
            inputs = (len(nodes) - 1,)
        new[old] = inputs[0]
    heads = tuple(new[head] for head in graph.heads)
    return replace(graph, nodes=tuple(nodes), output=new[graph.output], heads=heads)


def with_logits(training: Graph, evaluating: Graph) -> Graph:
    """What a model does in training, its output the one that evaluation gives too.

    Raises `SpecError` for a model that does other things in training, dropout and heads apart.
    """
    ends = (training.output, *training.heads)
    ways = [
        replace(training, output=end, heads=tuple(each for each in ends if each != end))
        for end in ends
    ]
    faults = [_difference(way, evaluating) for way in ways]
    if faults[0] and all(faults):
        raise faults[0]
    return ways[faults.index(None)]


def _difference(training: Graph, evaluating: Graph) -> SpecError | None:
    ours, theirs = _steady(without_heads(training)), _steady(without_heads(evaluating))
    for one, other in zip(ours, theirs, strict=False):
        if one[1:] != other[1:]:
            return one[0].fault("does another thing in training than in evaluation")
    if len(ours) == len(theirs):
        return None
    longer = max(ours, theirs, key=len)
    return longer[min(len(ours), len(theirs))][0].fault(
        "works in only one of training and evaluation"
    )


def _steady(graph: Graph) -> list[tuple[Node, Reading, tuple[str, ...], tuple[int, ...]]]:
    """Every node but dropout, with what it is, its weights, and whose outputs it takes."""
    found: list[tuple[Node, Reading, tuple[str, ...], tuple[int, ...]]] = []
    new = {0: 0}
    for old, node in enumerate(graph.nodes[1:], 1):
        inputs = tuple(new[i] for i in node.inputs)
        if isinstance(node.atom, Dropout):
            new[old] = inputs[0]
            continue
        found.append((node, (node.atom,), node.weights, inputs))
        new[old] = len(found)
    return found
