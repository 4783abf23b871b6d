"""I177: local response normalisation of what batch norm has normalised."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.findings.edits import step_taken_out
from compiler.findings.flow import Stop
from compiler.findings.lint import Finding, Lint
from compiler.findings.passing import keeps_channels
from compiler.findings.subject import Subject
from compiler.ops.act import Activation
from compiler.ops.norm import BatchNorm
from compiler.ops.unlearned import LocalResponseNorm
from dsl.models.layers import LRN
from dsl.text.counts import count


def _find(subject: Subject) -> Iterator[Finding]:
    twice = {stop.path: stop for stop in subject.flow if _is_second(stop)}
    for site in subject.layers(LRN):
        if uses := tuple(use for use in site.uses if use.path in twice):
            elements = sum(use.node.out.elements for use in uses)
            yield Finding(
                site.span,
                f"batch norm stands in front of this: {count(elements, 'element')} of an image "
                "are normalised twice",
                help="leave it out: networks with batch norm are published without it",
                uses=uses,
                fix=step_taken_out(subject, site),
            )


def _is_second(stop: Stop) -> bool:
    if type(stop.op) is not LocalResponseNorm:
        return False
    return any(type(other.op) is BatchNorm for other in stop.back(_passes))


def _passes(stop: Stop) -> bool:
    return keeps_channels(stop) or isinstance(stop.op, Activation)


LINT = Lint(
    code="I177",
    name="norm-after-norm",
    title="local response normalisation behind batch norm",
    meaning="GoogLeNet of 2014 had two local response normalisations, and no other norm. Where its "
    "convolutions have batch norm, which scales each channel already, they are left over.",
    why="It costs two powers and a division for each element, and makes large maps of its own, "
    "which training has to keep. BN-Inception's authors found that it isn't needed beside batch "
    "norm.",
    before="stem: [3x3 64 /2, lrn 5, 3x3 64]",
    after="stem: [3x3 64 /2, 3x3 64]",
    seen="Named among what to change for batch norm by Ioffe and Szegedy, arXiv:1502.03167, "
    "section 4.2.1.",
    find=_find,
)
