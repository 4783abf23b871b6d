"""Parts of channels that only one join takes, out of a part of their own.

A spec's `split` shares all channels out among its branches. Where a model takes three parts and
joins two of them before the third, those two are together the second branch of the outer split,
which shares its own channels out again.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from compiler.importing.atoms import Join, Part
from compiler.importing.dominance import Dominance
from compiler.importing.graph import Graph, Node
from compiler.ops.join import JOINS


def gathered(graph: Graph) -> Graph:
    """The graph with such parts taken from what holds just them."""
    while (found := _one(graph)) is not None:
        graph = found
    return graph


def _one(graph: Graph) -> Graph | None:
    """The graph with the parts of one join gathered; None where there are none."""
    if not any(node.readings and isinstance(node.plainest, Part) for node in graph.nodes):
        return None
    over, users = Dominance(graph), graph.users()
    for index, node in enumerate(graph.nodes):
        if not isinstance(join := node.plainest, Join):
            continue
        start = over.forks[index]
        firsts = [over.first(each, start) for each in node.inputs]
        places = [each for each in firsts if each is not None]
        if len(places) != len(firsts) or len(set(places)) != len(firsts):
            continue
        if JOINS[join.word].commutes and len(places) == 2:
            places.sort(key=lambda place: _start(graph.nodes[place]))
        alone = all(len(users[place]) == 1 for place in places)
        if alone and (whole := _whole(graph, places)):
            return _inserted(graph, places, whole)
    return None


def _start(node: Node) -> int:
    return node.plainest.start if isinstance(node.plainest, Part) else 0


def _whole(graph: Graph, places: list[int]) -> Part | None:
    """What some parts are together, if they follow each other and are not all that there is."""
    nodes = [graph.nodes[place] for place in places]
    parts = [node.plainest for node in nodes if isinstance(node.plainest, Part)]
    if len(parts) != len(nodes) or len(parts) < 2:
        return None
    if any(one.stop != other.start for one, other in pairwise(parts)):
        return None
    whole = Part(parts[0].start, parts[-1].stop)
    channels = graph.nodes[nodes[0].inputs[0]].shape[0]
    return None if (whole.start, whole.stop) == (0, channels) else whole


def _inserted(graph: Graph, places: list[int], whole: Part) -> Graph:
    """The graph with a node for the whole before the first of its parts."""
    at = min(places)
    model = graph.nodes[at]
    shape = (whole.stop - whole.start, *model.shape[1:])
    node = replace(model, readings=((whole,),), shape=shape)

    def moved(index: int) -> int:
        return index + (index >= at)

    nodes = []
    for index, each in enumerate(graph.nodes):
        inputs = tuple(map(moved, each.inputs))
        if index in places:
            part = each.plainest
            assert isinstance(part, Part), "`_whole` takes only parts"
            inner = Part(part.start - whole.start, part.stop - whole.start)
            each = replace(each, readings=((inner,),))  # noqa: PLW2901
            inputs = (at,)
        nodes.append(replace(each, inputs=inputs))
    nodes.insert(at, node)
    return replace(
        graph,
        nodes=tuple(nodes),
        output=moved(graph.output),
        heads=tuple(map(moved, graph.heads)),
        returned=tuple(map(moved, graph.returned)),
    )
