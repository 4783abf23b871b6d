"""What other tools print for the same network: a table of what each counts per layer kind.

A tool that gives no number for a kind counts it as 0 without saying so. Every row was held
against the tool itself, or the number that it publishes; docs/cost.md says which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

from compiler.cost.counting import elements
from compiler.ir.facts import Work
from compiler.ir.network import Network
from compiler.ir.nodes import Leaf, Node, Parallel, Series, Tap, children
from compiler.ir.op import Op, Shape
from compiler.ir.plugged import kind_of
from compiler.ops.act import Activation, Softmax
from compiler.ops.conv import Conv
from compiler.ops.deconv import Deconv
from compiler.ops.linear import Linear
from compiler.ops.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, Norm
from compiler.ops.pool import AdaptivePool, AvgPool, MaxPool
from compiler.ops.unlearned import LocalResponseNorm
from compiler.ops.upsample import Upsample

Rule = Callable[[Any, Shape, Work], int]
"""One layer's count for one input: from its op, input shape and work."""


@dataclass(frozen=True)
class Peer:
    """A tool: what its number is made of, in words and by layer kind, per input.

    `residual` is what it counts per element of a residual sum.
    """

    says: str
    rules: Mapping[type[Op], Rule]
    residual: int = 0
    once: Mapping[type[Op], Rule] = field(default_factory=dict)
    """What it counts once, whatever the batch."""
    foreign: Rule | None = None
    """Its count of a plugin's layer; None where that isn't known."""
    norms: str = ""
    """What it counts of norms that keep no running statistics, in words."""
    sees_gamma: bool = False
    """Whether it counts less of a norm that doesn't scale."""

    def count(self, op: Op, x: Shape, work: Work, batch: int) -> int:
        """One layer's count for a batch."""
        rule, once = self.rules.get(type(op)), self.once.get(type(op))
        if rule is None and kind_of(op):
            rule = self.foreign
        return (batch * rule(op, x, work) if rule else 0) + (once(op, x, work) if once else 0)


def _macs(op: Op, x: Shape, work: Work) -> int:
    return work.macs


def _macs_twice(op: Op, x: Shape, work: Work) -> int:
    return 2 * work.macs


def _macs_and_bias(op: Op, x: Shape, work: Work) -> int:
    return work.macs + work.bias_adds


def _normed(op: BatchNorm, x: Shape, work: Work) -> int:
    """A product and a sum an element; without weights one of them."""
    return (2 if op.gamma else 1) * work.bn_elems


def _standardised(op: Norm, x: Shape, work: Work) -> int:
    """An estimate of what a norm takes that needs the mean and variance first."""
    return (5 if op.gamma else 4) * work.bn_elems


def _weights(op: Op, x: Shape, work: Work) -> int:
    return elements(op.params(x))


def _thop_norm(op: Norm, x: Shape, work: Work) -> int:
    """Of torch's own classes, which thop knows by their type."""
    known = op.call(x).name.startswith("nn.")
    return (4 if op.gamma else 2) * work.bn_elems if known else 0


def _fvcore_pool(op: AdaptivePool, x: Shape, work: Work) -> int:
    """The inputs of an average over an image; those of series and clips it doesn't know."""
    return x.elements if op.mode == "avg" and len(x.grid) == 2 else 0


def _inputs(op: Op, x: Shape, work: Work) -> int:
    return x.elements


def _pooled(op: MaxPool | AvgPool, x: Shape, work: Work) -> int:
    """What a sliding pool reads, with the padding that is a step of its own."""
    return op.slide.padded_elements(x) if op.slide.tf_same else x.elements


def _ones(op: AvgPool, x: Shape, work: Work) -> int:
    """The padded ones that an average pool divides by."""
    return op.slide.padded_elements(Shape(1, *x.grid)) if work.constants else 0


def _patched(op: Activation, x: Shape, work: Work) -> int:
    """The activations that calflops patches a counter into."""
    return work.act_elems if op.facts.calflops else 0


def _weights_everywhere(op: Deconv, x: Shape, work: Work) -> int:
    """Every weight at every output, as in a convolution."""
    return elements(op.params(x)) * op.out(x).positions


def _as_if_plain(op: Deconv, x: Shape, work: Work) -> int:
    """Every tap at every output, as in a convolution."""
    return work.activations * (int(x.channels) // int(op.groups)) * prod(map(int, op.slide.kernel))


THOP_UPSAMPLE = {"nearest": 1, "linear": 5, "bilinear": 11, "trilinear": 0}
FVCORE_UPSAMPLE = {"nearest": 1, "bilinear": 4}


def _calflops_deconv(op: Deconv, x: Shape, work: Work) -> int:
    """Groups divide the outputs twice; a bias is added where a convolution would, once a group."""
    width, grid = int(op.out(x).channels) // int(op.groups), x.grid
    taps = prod(map(int, op.slide.kernel)) * int(x.channels) * (width // int(op.groups))
    if not work.bias_adds:
        return 2 * taps * x.positions
    pads = dict(op.call(x).kwargs).get("padding", 0)
    pads = pads if isinstance(pads, tuple) else (pads,) * len(grid)
    sides = zip(grid, pads, op.slide.kernel, op.slide.stride, op.slide.dilation, strict=True)
    read = prod((n + 2 * pad - (d * (k - 1) + 1)) // s + 1 for n, pad, k, s, d in sides)
    return 2 * taps * x.positions + width * int(read)


def _plain(rule: Rule) -> Rule:
    """A rule that overlooks subclasses of torch's own layers."""
    return lambda op, x, work: 0 if op.slide.tf_same else rule(op, x, work)


def _thop_softmax(op: Op, x: Shape, work: Work) -> int:
    return x.elements // x.channels * (3 * x.channels - 1)


def _response(op: LocalResponseNorm, x: Shape, work: Work) -> int:
    """Three products and sums, and the pool over the padded squares."""
    return 3 * x.elements + op.squares(x)


OTHER_NORMS = (LayerNorm, GroupNorm, InstanceNorm)
"""Norms that keep no running statistics."""
PEERS = {
    "torch FlopCounterMode": Peer(
        "2 × MACs",
        {Conv: _macs_twice, Deconv: _macs_twice, Linear: _macs_twice},
        foreign=_macs_twice,
    ),
    "fvcore": Peer(
        "MACs + 2 × batch norm + adaptive average pool inputs",
        {
            Conv: _macs,
            Deconv: _macs,
            Linear: _macs,
            Upsample: lambda op, x, work: (
                work.eltwise_elems * FVCORE_UPSAMPLE.get(op.mode, 0) if len(op.factor) == 2 else 0
            ),
            BatchNorm: _normed,
            **dict.fromkeys(OTHER_NORMS, _standardised),
            AdaptivePool: _fvcore_pool,
        },
        norms="5 × other norms",
        sees_gamma=True,
    ),
    "torchinfo mult-adds": Peer(
        "MACs + bias additions + batch norm parameters",
        {
            Conv: _macs_and_bias,
            Deconv: _weights_everywhere,
            Linear: _macs_and_bias,
            **dict.fromkeys((BatchNorm, *OTHER_NORMS, Activation), _weights),
        },
        norms="other norms' parameters",
    ),
    "ptflops (aten)": Peer(
        "MACs + bias additions",
        {Conv: _macs_and_bias, Deconv: _macs_and_bias, Linear: _macs_and_bias},
    ),
    "thop": Peer(
        "MACs + 4 × batch norm + average pools",
        {
            Conv: _plain(_macs),
            Deconv: _as_if_plain,
            Linear: _macs,
            Upsample: lambda op, x, work: work.eltwise_elems * THOP_UPSAMPLE[op.mode],
            **dict.fromkeys((BatchNorm, LayerNorm, InstanceNorm), _thop_norm),
            AvgPool: _plain(lambda op, x, work: work.pool_elems),
            AdaptivePool: lambda op, x, work: (
                x.elements + work.pool_elems if op.mode == "avg" else 0
            ),
            Softmax: _thop_softmax,
            Activation: lambda op, x, work: work.act_elems if op.kind == "prelu" else 0,
        },
        norms="4 × instance norms, and layer norms of vectors",
        sees_gamma=True,
    ),
    "calflops": Peer(
        "2 × MACs + conv bias + 2 × batch norm + activations + pool inputs",
        {
            Conv: lambda op, x, work: 2 * work.macs + work.bias_adds,
            Deconv: _calflops_deconv,
            Upsample: _inputs,
            Linear: _macs_twice,
            BatchNorm: _normed,
            **dict.fromkeys(OTHER_NORMS, _standardised),
            Activation: _patched,
            Softmax: _inputs,
            MaxPool: _pooled,
            AvgPool: _pooled,
            AdaptivePool: _inputs,
            LocalResponseNorm: _response,
        },
        residual=1,
        once={AvgPool: _ones},
        norms="5 × other norms",
        sees_gamma=True,
    ),
    "torchvision's tables": Peer(
        "MACs, called GFLOPS", {Conv: _macs, Deconv: _macs, Linear: _macs}
    ),
}


def views(network: Network, batch: int) -> dict[str, int]:
    """Each tool's count for an evaluating pass without auxiliary heads.

    >>> import dsl
    >>> from compiler.lowering.lower import lower
    >>> views(lower(dsl.load("googlenet", "torchvision")), batch=1)["fvcore"]
    1504878688
    """
    nodes = tuple(node for node in network.nodes if not isinstance(node, Tap))
    found = dict.fromkeys(PEERS, 0)
    for node in _flat(nodes):
        for name, peer in PEERS.items():
            if isinstance(node, Leaf):
                work = node.work
                found[name] += peer.count(node.op, node.inp, work, batch)
            elif node.residual:
                found[name] += peer.residual * node.out.elements * batch
    return found


def _flat(nodes: tuple[Node, ...]) -> Iterator[Leaf | Series | Parallel]:
    """Every layer, and all that may have a residual sum around it."""
    for node in nodes:
        if isinstance(node, Leaf | Series | Parallel):
            yield node
        if not isinstance(node, Leaf):
            yield from _flat(children(node))
