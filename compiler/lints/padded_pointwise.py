"""W112: a 1x1 convolution that pads, and so puts a border of constants around the map."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.cost.field import effective
from compiler.findings.edits import word_taken_out
from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Site, Subject, Use
from compiler.findings.sweep import sweeps
from compiler.findings.wording import share
from compiler.ir.nodes import Leaf
from compiler.ops.conv import Conv
from dsl.models.extent import kernel_text
from dsl.models.layers import Filter


def _find(subject: Subject) -> Iterator[Finding]:
    for site in subject.layers(Filter):
        convs = [(use, use.conv) for use in site.uses]
        if found := [(use, conv) for use, conv in convs if conv and _border(conv)]:
            yield _said(subject, site, found[0][1], tuple(use for use, _ in found))


def _said(subject: Subject, site: Site, worst: Leaf, uses: tuple[Use, ...]) -> Finding:
    before, after = kernel_text(worst.inp.grid), kernel_text(worst.out.grid)
    own = "padding" in site.step.at.fields
    said = f"a 1x1 kernel that pads: {before} becomes {after}"
    return Finding(
        site.of("padding"),
        f"{said}, and {share(_border(worst))} of the positions are the bias alone",
        help="leave the padding out: a 1x1 kernel needs none",
        uses=uses,
        fix=word_taken_out(subject, site.of("padding")) if own else None,
    )


def _border(leaf: Leaf) -> float:
    """The share of the output's positions that read padding alone."""
    op = leaf.op
    if not isinstance(op, Conv) or not op.slide.is_unit:
        return 0.0
    if not any(each.before for each in sweeps(leaf)):
        return 0.0
    macs = leaf.work.macs
    return 1 - effective(macs, op, leaf.inp) / macs


LINT = Lint(
    code="W112",
    name="padded-pointwise",
    title="a 1x1 convolution that pads",
    meaning="A 1x1 kernel reads one position, so each row of padding becomes a row of the output "
    "in which every channel is its bias alone: a border of constants, and a larger map.",
    why="The kernels behind it read the border as if it were image, and every grid that follows "
    "is off by what was added, which poolings then round away or not.",
    before="stem: [conv1: 7x7 64 /2, conv2: 1x1 64 pad=1]",
    after="stem: [conv1: 7x7 64 /2, conv2: 1x1 64]",
    seen="A port of InceptionV1: 56x56 becomes 58x58, 6.8% of the positions.",
    find=_find,
)
