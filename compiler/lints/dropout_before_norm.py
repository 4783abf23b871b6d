"""W160: a dropout in front of a batch norm, whose variance is another in training."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.findings.deciding import decider
from compiler.findings.flow import Stop
from compiler.findings.lint import Finding, Lint
from compiler.findings.passing import keeps_channels
from compiler.findings.subject import Subject, Use
from compiler.ops.act import Activation
from compiler.ops.conv import Conv
from compiler.ops.deconv import Deconv
from compiler.ops.linear import Dropout, Flatten, Identity, Linear
from compiler.ops.norm import BatchNorm
from compiler.ops.shuffle import ChannelShuffle
from dsl.text.problems import Span

WEIGHTED = frozenset({Conv, Deconv, Linear})
MOVED = frozenset({Flatten, Identity, ChannelShuffle})
"""Layers that leave every number as it is, so that its variance is known behind them."""


def _find(subject: Subject) -> Iterator[Finding]:
    found: dict[Span, list[tuple[Stop, float, Use]]] = {}
    for stop in subject.flow:
        if isinstance(stop.op, Dropout) and stop.op.p and (norm := _norm_behind(stop)):
            site, use = subject.owners[stop.path]
            span = decider(subject, site, use, "p", stop.op.p)
            found.setdefault(span, []).append((norm, float(stop.op.p), use))
    for span, each in found.items():
        norm, p, _ = each[0]
        name = subject.owners[norm.path][1].path if norm.path in subject.owners else norm.path
        said = f"batch norm at {name} sees a variance in training that is "
        if 0 < p < 1 and norm in _directly(subject, each[0][2]):
            said += f"at least {1 / (1 - p):.3g} times that of evaluation"
        else:
            said += "larger than that of evaluation"
        yield Finding(
            span,
            said,
            help="put the dropout behind the last batch norm, in front of the classifier",
            uses=tuple(use for _, _, use in each),
        )


def _directly(subject: Subject, use: Use) -> tuple[Stop, ...]:
    """What comes right behind a dropout."""
    stop = next(stop for stop in subject.flow if stop.leaf is use.node)
    return stop.ahead(lambda other: type(other.op) in MOVED)


def _norm_behind(stop: Stop) -> Stop | None:
    """The first batch norm with at most one layer of weights between."""
    for other in stop.ahead(_passes):
        if type(other.op) is BatchNorm:
            return other
        if type(other.op) in WEIGHTED:
            behind = (each for each in other.ahead(_passes) if type(each.op) is BatchNorm)
            if norm := next(behind, None):
                return norm
    return None


def _passes(stop: Stop) -> bool:
    return bool(stop.word) or keeps_channels(stop) or isinstance(stop.op, Activation)


LINT = Lint(
    code="W160",
    name="dropout-before-batch-norm",
    title="a dropout in front of a batch norm",
    meaning="While training, dropout zeroes numbers and makes the others larger, which leaves the "
    "mean as it is and not the variance: with p it is at least 1 / (1 - p) times as large. Batch "
    "norm behind it learns that variance, and goes by it in evaluation, where nothing is dropped.",
    why="The network evaluates by statistics of inputs that it doesn't get there. Accuracy in "
    "evaluation is lower than with either of the two layers alone.",
    before="head: [globalpool avg, dropout 0.5, batchnorm, fc classes]",
    after="head: [globalpool avg, batchnorm, dropout 0.5, fc classes]",
    seen="Named and measured by Li et al., arXiv:1801.05134; a user's predictions that varied are "
    "in keras-team/keras, issue 473.",
    find=_find,
)
