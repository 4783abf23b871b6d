"""W152: an option that changes nothing about its layer."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.findings.edits import word_taken_out
from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Site, Subject
from compiler.ir.op import Op
from compiler.ops.conv import Conv
from compiler.ops.norm import BatchNorm, Norm
from compiler.ops.pool import AvgPool
from dsl.models import layers
from dsl.models.layers import Filter

OF_NORMS = {"eps": Norm, "gamma": Norm, "momentum": BatchNorm}
"""Options of a convolution that belong to the norm behind it."""

NOT_MEANT = "leave it out, or let a norm follow: only you know whether one was meant"


def _find(subject: Subject) -> Iterator[Finding]:
    for site in subject.layers(Filter):
        for field, kind in OF_NORMS.items():
            if field in site.step.at.fields and not any(_has(site, kind)):
                what = "batch norm" if kind is BatchNorm else "norm"
                said = f"no {what} follows this convolution to have {field}"
                yield Finding(site.of(field), said, help=NOT_MEANT, uses=site.uses)
        if "dilation" in site.step.at.fields and all(map(_one_tap, _has(site, Conv))):
            yield _said(subject, site, "dilation", "a kernel of one position has nothing to dilate")
    for site in subject.layers(layers.AvgPool):
        averages = list(_has(site, AvgPool))
        if "count_padding" in site.step.at.fields and not any(map(_pads, averages)):
            yield _said(subject, site, "count_padding", "nothing is padded here that could count")


def _has(site: Site, kind: type[object]) -> Iterator[Op]:
    """The ops of a kind that a step became."""
    return (leaf.op for use in site.uses for leaf in use.leaves if isinstance(leaf.op, kind))


def _one_tap(op: Op) -> bool:
    return isinstance(op, Conv) and all(int(side) == 1 for side in op.slide.kernel)


def _pads(op: Op) -> bool:
    return isinstance(op, AvgPool) and (op.slide.tf_same or op.slide.is_padded)


def _said(subject: Subject, site: Site, field: str, message: str) -> Finding:
    fix = word_taken_out(subject, site.of(field), guess=False)
    return Finding(site.of(field), message, help="leave it out", uses=site.uses, fix=fix)


LINT = Lint(
    code="W152",
    name="idle-option",
    title="an option that changes nothing",
    meaning="The step says something of a part that it doesn't have: an epsilon or a momentum "
    "where no norm follows, a dilation of a 1x1 kernel, padding that counts where there is none.",
    why="Whoever wrote it believes that it does something. Either the part is missing, or the "
    "option belongs to another step.",
    before="stem: [3x3 32 linear eps=0.001, relu]",
    after="stem: [3x3 32 eps=0.001]",
    seen="A port of InceptionV1 whose block takes six numbers and reads one.",
    find=_find,
)
