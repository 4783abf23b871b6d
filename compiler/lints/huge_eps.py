"""W133: an epsilon that is no epsilon."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

from compiler.findings.deciding import Decided, decided
from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Subject
from compiler.findings.wording import share
from compiler.ops.norm import Norm
from dsl.text.counts import count
from dsl.text.problems import Span

MOST = 0.1
"""From here on a channel of variance 1 loses 4.7%; the largest that is published is 0.001."""


def _find(subject: Subject) -> Iterator[Finding]:
    for span, layers in _by_place(subject).items():
        values = [float(layer.value) for layer in layers]
        worst = max(values)
        said = f"{worst:g}" if min(values) == worst else f"{min(values):g} to {worst:g}"
        yield Finding(
            span,
            f"eps is {said}: what has a variance of 1 comes out with a deviation of "
            f"{1 / sqrt(1 + worst):.2g}, in {count(len(layers), 'norm')}",
            help="write 1e-5, torch's, or 0.001, TensorFlow's"
            + ("; a number of channels has no place here" if worst == int(worst) else ""),
            uses=tuple(layer.use for layer in layers),
        )


def _by_place(subject: Subject) -> dict[Span, list[Decided]]:
    """The norms in question, by the word at fault.

    That is the layer's own `eps=n` where n is its width, which every call gives rightly.
    """
    found: dict[Span, list[Decided]] = {}
    for span, layers in decided(subject, Norm, "eps").items():
        for layer in layers:
            if float(layer.value) >= MOST:
                place = layer.site.of("eps") if layer.is_width else span
                found.setdefault(place, []).append(layer)
    return found


LINT = Lint(
    code="W133",
    name="huge-epsilon",
    title="an epsilon that is no epsilon",
    meaning="A norm divides by the root of variance + eps, where eps is there to keep it from "
    f"dividing by 0. From {MOST:g} on it takes part in every channel: one of variance 1 "
    f"comes out {share(1 - 1 / sqrt(1 + MOST))} too small, one of little variance hardly at all.",
    why="The layer no longer normalises, and by how much depends on the scale of what comes in, "
    "which is what a norm is to take away.",
    before="stem: [3x3 32 eps=128]",
    after="stem: [3x3 32 eps=0.001]",
    seen="Public networks for CIFAR-10 call BatchNorm2d(128, 128): its second argument is eps.",
    find=_find,
)
