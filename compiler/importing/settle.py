"""One graph of what a model does with every input and in both modes, or what stands against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum

from compiler.importing.atoms import Reading, Unsaid
from compiler.importing.graph import Graph, Node, without_heads
from compiler.importing.unsaid import hold_said
from dsl.models.layers import Dropout, DropPath, Layer
from dsl.models.spelling import write
from dsl.text.problems import SpecError


class Change(Enum):
    """In what another input differs: how a message says it, and what it calls the other one."""

    SIZE = "the size of its input", "an input of another size"
    BATCH = "the number of images in a batch", "another number of images"


def settle(graph: Graph, others: Sequence[Graph], change: Change) -> Graph:
    """Each node as one atom: what it is with every input.

    `others` are the same model's graphs with other inputs, and `change` says in what those
    differ. Raises `SpecError` with all nodes that are not the same.
    """
    for other in others:
        if [node.inputs for node in other.nodes] != [node.inputs for node in graph.nodes]:
            hold_said([other])
            raise _parting(graph, other).fault(f"does another thing with {change.value[1]}")
    every = list(zip(graph.nodes, *(other.nodes for other in others), strict=True))
    chosen = [_common(same, change) for same in every]
    if faults := {index: each for index, each in enumerate(chosen) if isinstance(each, Node)}:
        behind = set[int]()  # What takes a faulty node's output may be at fault for that alone.
        for index, node in enumerate(graph.nodes):
            if (behind | faults.keys()) & set(node.inputs):
                behind.add(index)
        unread = {i for i in behind if any(other.nodes[i].unsaid for other in others)}
        first = [node for index, node in faults.items() if index not in unread]
        hold_said([replace(graph, nodes=tuple(first))])
    return _expanded(graph, [each for each in chosen if not isinstance(each, Node)])


def _common(nodes: tuple[Node, ...], change: Change) -> Reading | Node:
    """The first reading that a call has with every input, or the node with what it lacks."""
    first, *others = nodes
    differs, other = change.value
    if unread := next((each for each in others if each.unsaid), None):
        return unread
    if any(first.weights != each.weights for each in others):
        return replace(first, fault_read=Unsaid(f"takes other weights for {other}"))
    for reading in first.readings:
        if all(reading in each.readings for each in others):
            return reading
    unlike = next(each for each in others if each.readings != first.readings)
    two = f"{_shown(first.readings[0])}, and {_shown(unlike.readings[0])} for {other}"
    return replace(first, fault_read=Unsaid(f"depends on {differs}: {two}"))


def _parting(graph: Graph, other: Graph) -> Node:
    """The first node that only one of two graphs has."""
    pairs = zip(graph.nodes, other.nodes, strict=False)
    unlike = (one for one, two in pairs if (one.inputs, _kind(one)) != (two.inputs, _kind(two)))
    longer = max(graph.nodes, other.nodes, key=len)
    return next(unlike, longer[min(len(graph.nodes), len(other.nodes)) - len(longer)])


def _kind(node: Node) -> tuple[str, list[str]]:
    return node.path, [type(atom).__name__ for atom in node.readings[0]]


def _shown(reading: Reading) -> str:
    return ", ".join(write(a) if isinstance(a, Layer) else str(a) for a in reading) or "nothing"


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
    ends = tuple(new[end] for end in graph.returned)
    return replace(graph, nodes=tuple(nodes), output=new[graph.output], heads=heads, returned=ends)


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
    """Every node but what drops, with what it is, its weights, and whose outputs it takes."""
    found: list[tuple[Node, Reading, tuple[str, ...], tuple[int, ...]]] = []
    new = {0: 0}
    for old, node in enumerate(graph.nodes[1:], 1):
        inputs = tuple(new[i] for i in node.inputs)
        if isinstance(node.atom, Dropout | DropPath):
            new[old] = inputs[0]
            continue
        found.append((node, (node.atom,), node.weights, inputs))
        new[old] = len(found)
    return found
