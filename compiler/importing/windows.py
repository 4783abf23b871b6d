"""Padding that a model does by itself, in front of a convolution or pool, as theirs."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from operator import add

from compiler.importing.atoms import Pad, Unsaid
from compiler.importing.graph import Graph, Node
from dsl.models import layers

Window = layers.Conv | layers.MaxPool

FILLED = {layers.Conv: 0.0, layers.MaxPool: -inf, layers.AvgPool: 0.0}
"""What a window that hangs over the edge sees there."""


def fold_pads(graph: Graph) -> Graph:
    """The graph without pads of their own; those that no window can take stay."""
    users, ends = graph.users(), graph.ends
    folded = {
        index
        for index, node in enumerate(graph.nodes)
        if _is_pad(node) and index not in ends and all(map(_window, users.get(index, [])))
    }
    nodes = []
    for index, node in enumerate(graph.nodes):
        source = node.inputs[0] if node.inputs else 0
        if index in folded or _is_empty_pad(node):
            nodes.append(replace(node, readings=((),)))
        elif source in folded:
            nodes.append(_padded(node, graph.nodes[source], graph))
        else:
            nodes.append(node)
    return replace(graph, nodes=tuple(nodes))


def _is_pad(node: Node) -> bool:
    return isinstance(node.plainest, Pad)


def _is_empty_pad(node: Node) -> bool:
    """Whether a node pads nothing; in front of a window with another size it may pad more."""
    atom = node.readings[0][0] if node.readings[0] else None
    return isinstance(atom, Pad) and not any(atom.sides)


def _window(node: Node) -> Window | None:
    """The window that a node is, if it is one with its padding in numbers."""
    atom = node.readings[0][0] if node.readings[0] else None
    kind = isinstance(atom, layers.Conv | layers.MaxPool) and not node.fault_read
    fits = kind and isinstance(atom.padding, tuple)  # type: ignore[union-attr]  # a window
    return atom if fits else None  # type: ignore[return-value]  # mypy can't see through `fits`


def _padded(node: Node, source: Node, graph: Graph) -> Node:
    """A window with the pad in front of it as its own padding."""
    window, pad = _window(node), source.readings[0][0]
    assert window is not None, "only windows follow a folded pad"
    assert isinstance(pad, Pad), type(pad)
    grid = graph.nodes[source.inputs[0]].shape[1:]
    change: dict[str, object] = {}
    if isinstance(window, layers.AvgPool) and not any(window.padding or ()):
        change = {"count_padding": True}  # It sees the padded pixels as its own.
    padded = with_paddings(node, window.model_copy(update=change), pad, grid)
    if not any(pad.sides):
        return replace(node, readings=(*node.readings, *padded.readings))
    why = _obstacle(window, pad)
    return replace(node, fault_read=Unsaid(why)) if why else padded


def with_paddings(node: Node, window: Window, pad: Pad, grid: tuple[int, ...]) -> Node:
    """A node that is a window with a pad around its grid, in all ways to say that."""
    found = [window.model_copy(update={"padding": p}) for p in _paddings(window, pad, grid)]
    if not found:
        why = "follows a padding that is neither even nor TensorFlow's SAME"
        return replace(node, fault_read=Unsaid(why))
    return replace(node, readings=tuple((layer,) for layer in found), fault_read=None)


def _obstacle(window: Window, pad: Pad) -> str:
    """Why a window can't have the pad in front of it as its own; empty if it can."""
    if pad.value != FILLED[type(window)]:
        return f"follows a padding of {pad.value:g}; a spec's padding for it is another"
    average = isinstance(window, layers.AvgPool)
    if average and not window.count_padding and any(window.padding or ()):  # type: ignore[union-attr]  # an AvgPool
        return "follows a padding that its average counts, and has one that it doesn't"
    if isinstance(window, layers.MaxPool) and window.ceil and _may_start_behind(window, pad):
        return "follows a padding and rounds up: a window would lie in the padding alone"
    return ""


def _may_start_behind(window: layers.MaxPool, pad: Pad) -> bool:
    """Whether a window may begin in the padding behind the map, which torch's own never do."""
    assert isinstance(window.padding, tuple), "`_window` takes only numbers"
    sizes = zip(window.kernel, window.stride, window.padding, pad.behind, strict=True)
    return any(
        behind and int(stride) + int(own) + behind > int(side)
        for side, stride, own, behind in sizes
    )


def _paddings(window: Window, pad: Pad, grid: tuple[int, ...]) -> list[str | tuple[int, ...]]:
    """How a spec says it: in numbers, as `tf_same`, or both at this size."""
    assert isinstance(window.padding, tuple), "`_window` takes only numbers"
    own = [int(side) for side in window.padding]
    before = tuple(map(add, pad.before, own))
    after = tuple(map(add, pad.behind, own))
    found: list[str | tuple[int, ...]] = [before] if before == after else []
    sides = [_tf_same(window, axis, size) for axis, size in enumerate(grid)]
    return [*found, "tf_same"] if sides == list(zip(before, after, strict=True)) else found


def _tf_same(window: Window, axis: int, size: int) -> tuple[int, int]:
    """What TensorFlow's SAME pads before and after."""
    by = int(window.dilation[axis]) if isinstance(window, layers.Conv) else 1
    kernel, stride = int(window.kernel[axis]), int(window.stride[axis])
    span = (kernel - 1) * by + 1
    total = max((-(-size // stride) - 1) * stride + span - size, 0)
    return total // 2, total - total // 2
