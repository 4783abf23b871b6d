"""Keras's layers and variables: what they are called, how arrays lie, in which order they come.

Files of Keras 3 number layers by their order in `model.layers`. Keras sorts the layers of a
functional model by how far they are from its output, the farthest first, and layers equally
far in the order in which it meets them from there: branch by branch. Both follow from the
network.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node, Parallel, Series, Tap
from compiler.ops.act import Activation
from compiler.ops.conv import Conv
from compiler.ops.deconv import Deconv
from compiler.ops.linear import Identity, Linear
from compiler.ops.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm
from compiler.ops.scale import LayerScale
from compiler.weights.hdf5 import Layer, Order
from compiler.weights.paths import Place
from compiler.weights.turn import AS_IT_IS, Key, Turn

Variables = Mapping[str, tuple[str, Turn]]
"""What Keras calls each tensor of a layer, and how it lies there."""


def keys(places: Iterable[Place]) -> dict[str, Key]:
    """Keras's names of every tensor by its path; a separable convolution is one layer."""
    parts = Counter(place.public for place in places)
    found = {}
    for place in filter(is_known, places):
        kind, variables = KINDS[type(place.leaf.op)](place.leaf, parts[place.public] > 1)
        for name, (variable, turn) in variables.items():
            key = None if place.public is None else f"{place.public}/{variable}"
            found[f"{place.path}.{name}"] = Key(key, turn, kind)
    return found


def _conv(leaf: Leaf, separable: bool) -> tuple[str, Variables]:
    assert isinstance(leaf.op, Conv)
    channels = int(leaf.inp.channels)
    deep = 1 < channels == int(leaf.op.groups)
    kernel_size = tuple(map(int, leaf.op.slide.kernel))
    view = (channels, int(leaf.op.width) // channels, *kernel_size)
    rank = len(kernel_size)
    axes = tuple(range(2, 2 + rank))
    turn = Turn((*axes, 0, 1), view) if deep else Turn((*axes, 1, 0))
    kernel = ("depthwise_kernel" if deep else "pointwise_kernel") if separable else "kernel"
    kind = "separable_" if separable else "depthwise_" if deep else ""
    return f"{kind}conv{rank}d", {"weight": (kernel, turn), "bias": ("bias", AS_IT_IS)}


def _deconv(leaf: Leaf, separable: bool) -> tuple[str, Variables]:
    """Keras has outputs before inputs here, too: the other way round than in a convolution."""
    rank = len(leaf.inp.grid)
    turn = Turn((*range(2, 2 + rank), 1, 0))
    return f"conv{rank}d_transpose", {"weight": ("kernel", turn), "bias": ("bias", AS_IT_IS)}


def _dense(leaf: Leaf, separable: bool) -> tuple[str, Variables]:
    return "dense", {"weight": ("kernel", Turn((1, 0))), "bias": ("bias", AS_IT_IS)}


def _layer_norm(leaf: Leaf, separable: bool) -> tuple[str, Variables]:
    return "layer_normalization", _NORMED


def _group_norm(leaf: Leaf, separable: bool) -> tuple[str, Variables]:
    """An instance norm is Keras's group norm with as many groups as channels, too."""
    return "group_normalization", _NORMED


_NORMED = {"weight": ("gamma", AS_IT_IS), "bias": ("beta", AS_IT_IS)}


def _norm(leaf: Leaf, separable: bool) -> tuple[str, Variables]:
    names = {
        "weight": "gamma",
        "bias": "beta",
        "running_mean": "moving_mean",
        "running_var": "moving_variance",
    }
    return "batch_normalization", {name: (there, AS_IT_IS) for name, there in names.items()}


def _slopes(leaf: Leaf, separable: bool) -> tuple[str, Variables]:
    """One slope, or one for each channel: Keras has those with an axis for each of a map's."""
    grid = len(leaf.inp) - 1
    count = leaf.op.params(leaf.inp)["weight"][0]
    turn = Turn((*range(1, grid + 1), 0), (count, *(1 for _ in range(grid))))
    return "p_re_lu", {"weight": ("alpha", turn if grid else AS_IT_IS)}


def _scale(leaf: Leaf, separable: bool) -> tuple[str, Variables]:
    return "layer_scale", {"gamma": ("gamma", AS_IT_IS)}


KINDS: Mapping[type, Callable[[Leaf, bool], tuple[str, Variables]]] = {
    Conv: _conv,
    Deconv: _deconv,
    Linear: _dense,
    BatchNorm: _norm,
    Activation: _slopes,
    LayerScale: _scale,
    LayerNorm: _layer_norm,
    GroupNorm: _group_norm,
    InstanceNorm: _group_norm,
}


def is_known(place: Place) -> bool:
    """Whether Keras has a layer for it; of a plugin's layers nobody says."""
    return type(place.leaf.op) in KINDS


@dataclass
class _Depths:
    """How many layers away from the output each layer is."""

    layers: Mapping[str, str]
    """Keras's layer by path."""
    found: dict[str, int] = field(default_factory=dict)

    def series(self, nodes: tuple[Node, ...], prefix: str, after: int) -> int:
        """The depth in front of nodes in order, given what lies behind them."""
        for node in reversed(nodes):
            after = self.node(node, f"{prefix}{node.name}", after)
        return after

    def node(self, node: Node, path: str, after: int) -> int:
        match node:
            case Tap():
                return after
            case Leaf():
                return self.leaf(node, path, after)
            case Parallel():
                return self.parallel(node, path, after)
            case Series():
                after, beside = self.summed(node, path, after)
                return max(beside, self.series(node.nodes, f"{path}.", after))

    def leaf(self, leaf: Leaf, path: str, after: int) -> int:
        """An identity is no layer of Keras's; two convolutions may be one."""
        if isinstance(leaf.op, Identity):
            return after
        return self.found.setdefault(self.layers.get(path, path), after + 1)

    def parallel(self, node: Parallel, path: str, after: int) -> int:
        after, beside = self.summed(node, path, after)
        if node.then:
            after = self.node(node.then, f"{path}.{node.then.name}", after)
        join = after + 1
        branches = (self.node(branch, f"{path}.{branch.name}", join) for branch in node.branches)
        return max(beside, *branches)

    def summed(self, node: Series | Parallel, path: str, after: int) -> tuple[int, int]:
        """The depth of the residual sum, and in front of its shortcut; `after` without one."""
        if node.residual is None:
            return after, after
        act, shortcut = node.residual.act, node.residual.shortcut
        after = (self.leaf(act, f"{path}.{act.name}", after) if act else after) + 1
        return after, self.node(shortcut, f"{path}.{shortcut.name}", after) if shortcut else after


def _in_order(network: Network, named: Mapping[str, Key]) -> list[str]:
    """Keras's layers in the order of `model.layers`."""
    there = {path: key.name.partition("/")[0] for path, key in named.items() if key.name}
    layers = {path.rpartition(".")[0]: layer for path, layer in there.items()}
    depths = _Depths(layers)
    depths.series(network.nodes, "", 0)
    return sorted(dict.fromkeys(layers.values()), key=lambda layer: -depths.found[layer])


def _kinds(named: Mapping[str, Key]) -> dict[str, str]:
    """The kind of every layer."""
    return {key.name.partition("/")[0]: key.kind for key in named.values() if key.name}


def order(network: Network, named: Mapping[str, Key]) -> Order:
    """Names of layers by kind, each kind in the order of `model.layers`."""
    kinds, found = _kinds(named), defaultdict[str, list[str]](list)
    for layer in _in_order(network, named):
        found[kinds[layer]].append(layer)
    return found


def layers(network: Network, named: Mapping[str, Key], arrays: Mapping[str, Any]) -> list[Layer]:
    """Arrays by `layer/variable` as Keras's layers, in the order of `model.layers`."""
    kinds, variables = _kinds(named), defaultdict[str, dict[str, Any]](dict)
    for name, array in arrays.items():
        layer, _, variable = name.partition("/")
        variables[layer][variable] = array
    return [Layer(name, kinds[name], variables[name]) for name in _in_order(network, named)]
