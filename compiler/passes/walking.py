"""A walk over a network that knows where it is, and edits weights as it goes.

A node may stand at several paths with weights of its own at each, so what a tree becomes follows
from its nodes, and what weights become from their paths.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node, Series, Tap, leaves
from compiler.ir.rewriting import threaded, with_inside
from compiler.passes.passing import Held, Weights

if TYPE_CHECKING:
    from torch import Tensor


class Edits:
    """What has become of the weights, and of the paths of layers, so far.

    `weights` is a copy, in which every change is made; None where the tree alone is of interest.
    """

    def __init__(self, weights: Weights | None, origins: Mapping[str, str]) -> None:
        self.weights: dict[str, Tensor] | None = None if weights is None else dict(weights)
        self.origins = dict(origins)

    def of(self, path: str) -> dict[str, Tensor] | None:
        """The weights, to be changed; None without those of the layer at a path.

        A network's auxiliary heads may be without, as in a module that was built so.
        """
        there = self.weights is not None and f"{path}.weight" in self.weights
        return self.weights if there else None

    def moved(self, old: str, node: Node, new: str) -> None:
        """A node that stood at the path `old`, with all in it, stands at `new`."""
        for path, leaf in leaves((node,)):
            below = path.removeprefix(node.name)
            self.origins[new + below] = self.origins.pop(old + below, old + below)
            for name in named(leaf):
                if self.weights is not None and f"{old}{below}.{name}" in self.weights:
                    tensor = self.weights.pop(f"{old}{below}.{name}")
                    self.weights[f"{new}{below}.{name}"] = tensor

    def dropped(self, path: str, node: Node) -> None:
        """A node that stood at the path is gone, with all in it."""
        for inner, leaf in leaves((node,)):
            below = path + inner.removeprefix(node.name)
            self.origins.pop(below, None)
            for name in named(leaf) if self.weights is not None else ():
                self.weights.pop(f"{below}.{name}", None)  # type: ignore[union-attr]  # just asked


def named(leaf: Leaf) -> tuple[str, ...]:
    """What a layer's parameters and buffers are called."""
    return (*leaf.op.params(leaf.inp), *leaf.op.buffers(leaf.inp))


Change = Callable[[str, Node, Edits], Node | None]
"""What stands at a path in a node's place, with what becomes of weights told to the edits."""
ROOT = ""
"""The path of the whole network."""


def walked(network: Network, weights: Weights | None, change: Change) -> Held:
    """The network with every node changed, from the innermost outwards, and its weights.

    Whatever runs nodes in order is asked as a `Series`: the network itself at the path `ROOT`, and
    an auxiliary head's body at that of the head. A tree in which nothing changed is the same
    object, and so are its weights. Raises `ValueError` where nothing is left.
    """
    edits = Edits(weights, network.origins)
    root = _changed(ROOT, Series(ROOT, network.nodes, network.input), change, edits)
    if not isinstance(root, Series) or not root.nodes:
        raise ValueError(f"nothing of {network.name} is left")
    nodes = threaded(root.nodes, network.input)
    if nodes is network.nodes:
        return network, weights
    whole = walked(network.whole, None, change)[0] if network.whole else None
    made = replace(network, nodes=nodes, whole=whole, origins=edits.origins)
    return made, in_order(nodes, edits.weights)


def under(path: str, name: str) -> str:
    """The path of what is called so in what stands at a path."""
    return f"{path}.{name}" if path else name


def _changed(path: str, node: Node, change: Change, edits: Edits) -> Node | None:
    def inside(child: Node) -> Node | None:
        return _changed(under(path, child.name), child, change, edits)

    made = with_inside(node, inside)
    if isinstance(made, Tap):
        body = change(path, made.body, edits)
        assert isinstance(body, Series), body
        made = made if body is made.body else replace(made, body=body)
    changed = change(path, made, edits)
    empty = isinstance(changed, Series) and not changed.nodes and not changed.residual
    return None if empty and changed is not node else changed


def in_order(nodes: tuple[Node, ...], weights: dict[str, Tensor] | None) -> Weights | None:
    """The weights as a state dict of these nodes has them."""
    if weights is None:
        return None
    keys = (f"{path}.{name}" for path, leaf in leaves(nodes) for name in named(leaf))
    found = {key: weights[key] for key in keys if key in weights}
    return {**found, **weights}
