"""W163: a wide residual sum that adds its branch unnormalised and unscaled, many times."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.findings.deciding import given, parameter
from compiler.findings.flow import Stop
from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Subject, Use
from compiler.ir.nodes import Parallel, Residual, Series
from compiler.ops.conv import Conv
from dsl.models.model import residual_around
from dsl.text.counts import count
from dsl.text.problems import Span

WIDTH = 1000
"""Filters past which the paper's networks died; it scales by 0.1 to 0.3."""
MOST = 0.3
LEAST = 3
"""From how many sums on: the released Inception-ResNets end in one unscaled block."""


def _find(subject: Subject) -> Iterator[Finding]:
    sums = {stop.path: stop for stop in subject.flow if stop.word == "residual"}
    found: dict[Span, list[tuple[Use, Residual]]] = {}
    for use in subject.uses:
        node = use.node
        if isinstance(node, (Series, Parallel)) and (residual := node.residual):
            wide = int(node.out.channels) > WIDTH and float(residual.scale) > MOST
            if wide and _ends_bare(sums[use.path]):
                found.setdefault(_place(subject, use, residual), []).append((use, residual))
    if sum(map(len, found.values())) < LEAST:
        return
    for span, each in found.items():
        use, residual = each[0]
        width = int(use.node.out.channels)
        yield Finding(
            span,
            f"{count(len(each), 'residual sum')} of {width:,} channels take their branch "
            f"times {float(residual.scale):g}, with no norm behind its last convolution",
            help="scale it by 0.1 to 0.3, as in `residual: {scale: 0.2}`, or normalise it",
            uses=tuple(use for use, _ in each),
        )


def _ends_bare(stop: Stop) -> bool:
    """Whether what a sum adds comes straight from a convolution."""
    return type(stop.sources[0].op) is Conv


def _place(subject: Subject, use: Use, residual: Residual) -> Span:
    """Where the scale is said, or the whole sum where it isn't."""
    node = use.node
    assert isinstance(node, (Series, Parallel))
    if name := parameter(residual.scale):
        return given(subject, (*use.around, node), name)
    if node.use:
        step = subject.block(node.use.block).body
        written = residual_around(step)
        where = subject.block(node.use.block).at.of("residual")
    else:
        step = subject.steps[node.span]
        written, where = residual_around(step), node.span
    return written.at.fields.get("scale", where) if written else where


LINT = Lint(
    code="W163",
    name="unscaled-residual",
    title="wide residual sums that add their branches unscaled",
    meaning="Each of these blocks adds what its last convolution gives, not normalised and not "
    f"scaled down, to more than {WIDTH:,} channels. An Inception-ResNet scales it by 0.1 to 0.3.",
    why="Past a thousand filters the authors saw such networks die early in training: the layer "
    "before the last pool gave zeros alone, whatever the learning rate. Scaling cost no accuracy.",
    before="inception:\n  A: {concat: [1x1 96, [1x1 96, 3x3 96]], then: 1x1 in linear, "
    "residual: {}}\nstem: [3x3 64 /2, 3x3 128 /2, 3x3 1280 /2]\nbody: [A x4]",
    after="inception:\n  A: {concat: [1x1 96, [1x1 96, 3x3 96]], then: 1x1 in linear, "
    "residual: {scale: 0.2}}\nstem: [3x3 64 /2, 3x3 128 /2, 3x3 1280 /2]\nbody: [A x4]",
    seen="Szegedy et al., arXiv:1602.07261, section 3.3; a port of Inception-ResNet-v1 that scaled "
    "something else (nyoki-mtl/keras-facenet, issue 3).",
    find=_find,
)
