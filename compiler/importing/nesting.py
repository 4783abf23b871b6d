"""Concats of what other concats have already, as one inside the other.

A dense block joins all that came before anew in front of each layer. Joined in rows, that is
`concat: [identity, layer]` again and again, and every tensor has one place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from compiler.importing.atoms import Join
from compiler.importing.graph import Graph

CONCAT = Join("concat")


def nested(graph: Graph) -> Graph:
    """The graph with each concat taking the longest other one that it holds, not its parts."""
    nodes = list(graph.nodes)
    taken: dict[tuple[int, ...], int] = {}
    for index, node in enumerate(nodes):
        if node.readings != ((CONCAT,),):
            continue
        inputs = _shortened(node.inputs, taken)
        taken.setdefault(node.inputs, index)
        nodes[index] = replace(node, inputs=inputs)
    return replace(graph, nodes=tuple(nodes))


def _shortened(inputs: tuple[int, ...], known: dict[tuple[int, ...], int]) -> tuple[int, ...]:
    """Inputs with the longest run of them that an earlier concat joins as that one's output."""
    for start, end in _runs(len(inputs), {len(each) for each in known}):
        if (index := known.get(inputs[start:end])) is not None:
            return (*inputs[:start], index, *_shortened(inputs[end:], known))
    return inputs


def _runs(count: int, lengths: set[int]) -> Iterator[tuple[int, int]]:
    """Where a run of so many inputs begins and ends, the longest first; all of them are no run.

    Only the `lengths` that concats have are looked at: one may have a thousand inputs.
    """
    for length in sorted((each for each in lengths if each < count), reverse=True):
        yield from ((start, start + length) for start in range(count - length + 1))
