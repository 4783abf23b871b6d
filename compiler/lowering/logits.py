"""Whether what the head gives is what `classes` says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node, Parallel, Series, Tap, children, residual_of
from compiler.ir.symbols import names_in
from compiler.ops.linear import Linear
from dsl.text.problems import Report


@dataclass(frozen=True)
class Fixed:
    """A layer whose own width stands where the number of classes belongs."""

    path: str
    layer: Leaf
    width: int
    """What its step gives: with the branches beside it, if there are any."""


def fixed(network: Network) -> Iterator[Fixed]:
    """The last layer of the head, and of each auxiliary head, that disagrees with `classes`.

    A network without layers of weights in its head gives features, whatever `classes` says;
    so does an auxiliary head that doesn't end in a linear layer.
    """
    trunk = network.trunk
    found = _last(trunk)
    if found and network.sections.get(found.path.split(".")[0]) == "head":
        yield from _checked(found, trunk[-1], network.classes)
    for tap in network.taps:
        found = _last(tap.body.nodes, f"{tap.name}.")
        if found and isinstance(found.layer.op, Linear):
            yield from _checked(found, tap.body, network.classes)


def follows(network: Network) -> bool:
    """Whether the network's outputs are as many as its classes, by the word or by number."""
    return bool(network.trunk) and _holds(network.trunk[-1], network.classes)


def _checked(found: Fixed, end: Node, classes: int) -> Iterator[Fixed]:
    if found.width != classes and not _holds(end, classes):
        yield found


def _holds(end: Node, classes: int) -> bool:
    width = end.out[0]
    return int(width) == classes or "num_classes" in names_in(width)


def _last(nodes: Iterable[Node], prefix: str = "") -> Fixed | None:
    """The last layer that has a width of its own."""
    for node in reversed(tuple(nodes)):
        path = f"{prefix}{node.name}"
        if isinstance(node, Tap):
            continue
        if isinstance(node, Leaf):
            if hasattr(node.op, "width"):
                return Fixed(path, node, int(node.out[0]))
        elif found := _last(_straight(node), f"{path}."):
            return _as_step(node, path, found)
    return None


def _straight(node: Node) -> tuple[Node, ...]:
    """What is in a node but for a residual sum's shortcut, which has no width of its own."""
    residual = residual_of(node)
    beside = residual.shortcut if residual else None
    return tuple(child for child in children(node) if child is not beside)


def _as_step(node: Node, path: str, found: Fixed) -> Fixed:
    """The layer in words of the spec, where a unit is one step and branches are joined."""
    if isinstance(node, Series) and node.role == "unit":
        return replace(found, path=path)
    if isinstance(node, Parallel) and not node.then and len(node.branches) > 1:
        return Fixed(path, found.layer, int(node.joined[0]))
    return found


def say_fixed(network: Network, report: Report) -> None:
    """Where a width stands for good that the number of classes should decide."""
    for found in fixed(network):
        said = f"classes is {network.classes}, but {found.path} gives {found.width}"
        help = f"write `classes` as its width, or classes: {found.width}"
        report.add("E113", found.layer.span, said, help=help)
