"""What a graph gives: the logits, auxiliary heads and feature maps, under names of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compiler.exporting.entering import batch_of
from compiler.exporting.graph import Graph, Known, Operation
from compiler.exporting.place import Value
from compiler.exporting.wishes import ExportFault, Wishes
from compiler.ir.ending import endings
from compiler.ir.network import Network
from compiler.ir.nodes import nodes
from dsl.text.problems import did_you_mean

LOGITS, PROBABILITIES = "logits", "probabilities"


@dataclass(frozen=True, slots=True)
class Output:
    """An output by its name; `path` is whose value it is, empty for the trunk's."""

    name: str
    path: str = ""


def promised(network: Network, wishes: Wishes, graph: Graph) -> tuple[Output, ...]:
    """The outputs in order; their names are taken from then on.

    A feature map that has the name of another one, or of the input, gets one like it. Raises
    `ExportFault` for taps and heads that aren't there.
    """
    heads = tuple(tap.name for tap in network.taps) if wishes.aux else ()
    if wishes.aux and not heads:
        left = ", ".join(network.heads_left_out)
        made = f": it was made without {left}" if left else ""
        raise ExportFault(f"{network.name} has no auxiliary heads{made}", "export it without")
    main = graph.free(PROBABILITIES if wishes.softmax else LOGITS)
    paths = dict.fromkeys((*heads, *_taps(network, wishes)))
    return Output(main), *(Output(graph.free(path), path) for path in paths)


def _taps(network: Network, wishes: Wishes) -> tuple[str, ...]:
    known = {path for path, _ in nodes(network.nodes if wishes.aux else network.trunk)}
    for path in wishes.taps:
        if path not in known:
            help = _meant(path, known, network)
            raise ExportFault(f"{network.name} has no step or layer {path}", help)
    return wishes.taps


def _meant(path: str, known: set[str], network: Network) -> str:
    """What may have been meant by a tap that isn't there."""
    if path in {tap.name for tap in network.taps}:
        return "auxiliary heads are asked for by aux (--aux)"
    if all(part in known for part in path.split(",")):
        return "give each on its own: --taps NAME --taps NAME, a list in Python"
    return did_you_mean(path, known) or "name a step, or a layer by its path"


def leave(
    outputs: tuple[Output, ...],
    last: Value,
    values: Mapping[str, Value],
    wishes: Wishes,
    graph: Graph,
) -> None:
    """Declare the outputs, and give their values these names."""
    names: dict[str, str] = {}
    inputs = {each.name for each in graph.inputs}
    for output in outputs:
        value = values[output.path] if output.path else last
        if wishes.dtype != wishes.outside:
            _add(graph, "Cast", value.name, output.name, to=wishes.outside)
        elif value.name in names or value.name in inputs:
            _add(graph, "Identity", value.name, output.name)
        else:
            names[value.name] = output.name
        graph.outputs.append(Known(output.name, wishes.outside, (batch_of(wishes), *value.sides)))
    graph.renamed(names)
    for output in outputs:
        graph.known.pop(output.name, None)


def _add(graph: Graph, op: str, value: str, output: str, **attributes: str) -> None:
    node = f"{output}/output"  # The layer of that path has the bare name.
    graph.operations.append(Operation(op, node, (value,), (output,), attributes))


def softened(network: Network, wishes: Wishes, last: Value, graph: Graph) -> Value:
    """Probabilities of the trunk's logits. Raises `ExportFault` where it gives none."""
    ending = endings(network)["logits"]
    if ending == "softmax":
        return last
    if ending != "logits":
        what = "sigmoid's probabilities" if ending == "sigmoid" else "probabilities, changed since"
        raise ExportFault(f"{network.name} gives a {what}", "export it without a softmax")
    name = graph.free("softmax")
    graph.operations.append(Operation("Softmax", name, (last.name,), (name,), {"axis": 1}))
    return Value(name, last.shape, last.free)
