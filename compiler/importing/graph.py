"""What a model computes, as a graph of layers, joins and the little arithmetic around them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from compiler.importing.atoms import LEFT, Atom, Dims, Reading, Reduced, Sampled, Unsaid
from compiler.importing.faults import INEXPRESSIBLE, fault, place
from dsl.text.problems import SpecError


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
        left = atom.unsaid if isinstance(atom, Reduced | Sampled) else LEFT.get(type(atom))
        return self.fault_read or left

    @property
    def plainest(self) -> Atom | None:
        """The plainest that it may be, if that is one thing and can be read."""
        one = len(self.readings[0]) == 1 and not self.fault_read
        return self.readings[0][0] if one else None

    @property
    def is_nothing(self) -> bool:
        """Whether it only gives on what it takes; what can't be read has no reading either."""
        return self.readings == ((),) and not self.fault_read and bool(self.inputs)

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

    def source(self, node: Node) -> Node:
        """What a node takes, past what changes nothing; the node itself if that is the input."""
        if not node.inputs:
            return node
        found = self.nodes[node.inputs[0]]
        return self.source(found) if found.is_nothing else found

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
