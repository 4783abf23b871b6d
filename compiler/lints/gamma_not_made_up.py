"""I135: a norm without gamma, where nothing behind it makes up for that."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.findings.deciding import decider
from compiler.findings.edits import replaced
from compiler.findings.flow import Stop
from compiler.findings.lint import Finding, Lint
from compiler.findings.passing import NORMS, keeps_channels
from compiler.findings.subject import Subject, Use
from compiler.ops.act import Activation
from compiler.ops.conv import Conv
from compiler.ops.deconv import Deconv
from compiler.ops.linear import Linear
from compiler.ops.norm import BatchNorm
from compiler.ops.scale import LayerScale
from dsl.text.counts import count
from dsl.text.problems import Span

SCALED = frozenset({"relu", "leakyrelu", "prelu"})
"""Activations that give k times as much for k times the input, k above 0."""
LEARNING = frozenset({Conv, Deconv, Linear, LayerScale, BatchNorm})
"""Layers that scale each channel anew, or take any scale away."""


def _find(subject: Subject) -> Iterator[Finding]:
    found: dict[Span, list[tuple[Use, str, int]]] = {}
    for stop in subject.flow:
        gamma = getattr(stop.op, "gamma", True) if type(stop.op) in NORMS else True
        if gamma or stop.path not in subject.owners or not (what := _lost(stop)):
            continue
        site, use = subject.owners[stop.path]
        assert stop.leaf
        channels = int(stop.leaf.out.channels)
        span = decider(subject, site, use, "gamma", gamma)
        found.setdefault(span, []).append((use, what, channels))
    for span, norms in found.items():
        channels = sum(channels for _, _, channels in norms)
        yield Finding(
            span,
            f"nothing behind {norms[0][1]} gives back the scale of {count(channels, 'channel')} "
            "without gamma",
            help="write `gamma` at this norm, or leave `nogamma` out",
            uses=tuple(use for use, _, _ in norms),
            fix=replaced(subject, span, "nogamma", "gamma"),
        )


def _lost(stop: Stop) -> str:
    """What stands in the way of a layer that would learn the scale; empty where nothing does."""
    for other in stop.ahead(_scales):
        if type(other.op) in LEARNING:
            continue
        if isinstance(other.op, Activation):
            return f"the {other.op.facts.label}"
        if other.word and not _learned_beside(stop, other):
            return "the residual sum" if other.word == "residual" else "the sum"
        if not other.feeds and _scales(other):
            return "the network's end"
        if type(other.op) in NORMS:
            return "the norm that follows"
    return ""


def _scales(stop: Stop) -> bool:
    """Whether it gives k times as much for k times the input, and has no scale of its own."""
    if isinstance(stop.op, Activation):
        return stop.op.kind in SCALED
    return stop.word == "mul" or (type(stop.op) is not LayerScale and keeps_channels(stop))


def _learned_beside(stop: Stop, together: Stop) -> bool:
    """Whether another side of a sum learns its scale, so that how much each counts is learned."""
    for side in together.sources:
        ends = side.back(_scales) if _scales(side) else (side,)
        if stop not in ends and all(map(_learns, ends)):
            return True
    return False


def _learns(stop: Stop) -> bool:
    return type(stop.op) in LEARNING and getattr(stop.op, "gamma", True)


LINT = Lint(
    code="I135",
    name="gamma-not-made-up-for",
    title="a norm without gamma before what can't make up for it",
    meaning="Without gamma a norm gives every channel a variance of 1. A ReLU and a convolution "
    "behind it can learn the scale instead, which is why TensorFlow's networks have none. A sum of "
    "two such sides, another activation or the end of the network can't.",
    why="How much such a channel counts beside the others of a sum, or which part of a sigmoid or "
    "GELU it reaches, is fixed, where the networks that these are taken from learn it.",
    before="inception: {A: {do: [3x3 in, 3x3 in nogamma act=none], residual: {}}}\n"
    "body: [3x3 16, A x2]",
    after="inception: {A: {do: [3x3 in nogamma, 3x3 in act=none], residual: {}}}\n"
    "body: [3x3 16, A x2]",
    seen="TF-slim's ResNet-v2 took the library's default of no gamma, where the paper has one "
    "(tensorflow/models, issue 1001).",
    find=_find,
)
