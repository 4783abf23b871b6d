"""Where a network's feature maps can be taken, and what they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from operator import mul
from typing import Any, NamedTuple

from compiler.ir.facts import Axes
from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node, Parallel, Series, children
from dsl.text.problems import did_you_mean


class FeatureInfo(NamedTuple):
    """One feature map: its step, its channels, and how many pixels one of its positions steps."""

    name: str
    channels: int
    reduction: int | Axes
    """One number, or one an axis where they differ: (height, width)."""


def reductions(network: Network) -> dict[str, Axes]:
    """The stride against the input behind each step of stem and body, in order.

    Ends before the first step that has no map to give.
    """
    found: dict[str, Axes] = {}
    stride: Axes = (1,) * len(network.input.grid)
    for node in network.trunk:
        if network.sections[node.name] == "head" or not node.out.is_map or _flattens(node):
            break
        stride = _behind(node, stride)
        found[node.name] = stride
    return found


def _flattens(node: Node) -> bool:
    return isinstance(node, Leaf) and node.op.flattens(node.inp)


def _behind(node: Node, stride: Axes) -> Axes:
    """The stride behind a node; a join's is the largest of its branches but for gates."""
    match node:
        case Leaf():
            if enlarging := node.op.enlarging(node.inp):
                return tuple(map(_divided, stride, map(int, enlarging.factor)))
            window = node.op.window(node.inp)
            return tuple(map(mul, stride, map(int, window.stride))) if window else stride
        case Parallel():
            still = node.join.spread(tuple(branch.out for branch in node.branches))
            pairs = zip(node.branches, still, strict=True)
            ends = [_behind(branch, stride) for branch, alone in pairs if not alone]
            stride = tuple(map(max, zip(*ends, strict=True)))
            return _behind(node.then, stride) if node.then else stride
    for child in node.nodes if isinstance(node, Series) else children(node):
        stride = _behind(child, stride)
    return stride


def _divided(stride: float, factor: int) -> Any:
    """The stride of a map that is made larger: a whole number where it can be."""
    return stride // factor if stride % factor == 0 else stride / factor


def default_taps(network: Network) -> tuple[str, ...]:
    """The last step before each change of stride, and the last of all."""
    alike = groupby(reductions(network).items(), key=lambda step: step[1])
    return tuple([*steps][-1][0] for _, steps in alike)


def described(network: Network, steps: Iterable[str]) -> tuple[FeatureInfo, ...]:
    """What the steps give."""
    strides = reductions(network)
    channels = {node.name: int(node.out.channels) for node in network.trunk}
    return tuple(
        FeatureInfo(name, channels[name], sizes[0] if len(set(sizes)) == 1 else sizes)
        for name in steps
        for sizes in (strides[name],)
    )


def until(network: Network, steps: Sequence[str] | None) -> tuple[Network, tuple[str, ...]]:
    """The network up to the last of the steps, without auxiliary heads; and the steps.

    Raises `ValueError` for a step that has no feature map.
    """
    known = list(reductions(network))
    steps = (steps,) if isinstance(steps, str) else steps
    wanted = default_taps(network) if steps is None else tuple(dict.fromkeys(steps))
    if not wanted:
        raise ValueError(f"{network.name} has no feature maps to give")
    for name in wanted:
        if name not in known:
            raise ValueError(_unknown(network, name, known))
    end = 1 + max(known.index(name) for name in wanted)
    return replace(network, nodes=network.trunk[:end]), wanted


def _unknown(network: Network, name: str, known: list[str]) -> str:
    steps = {node.name for node in network.trunk}
    what = f"{name} gives no feature map" if name in steps else f"there is no step {name}"
    hint = did_you_mean(name, known)
    found = f"{network.name}: {what}"
    return f"{found}; {hint}" if hint else f"{found}; features are at {', '.join(known)}"
