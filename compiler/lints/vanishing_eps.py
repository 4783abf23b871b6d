"""I165: an epsilon that is 0 in half precision."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.findings.deciding import decided
from compiler.findings.edits import behind, number_replaced
from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Subject
from compiler.ops.norm import Norm
from compiler.ops.unlearned import L2Norm
from dsl.text.counts import count

VANISHED = 2.0**-25
"""Half of float16's least number: this and less is rounded to 0."""


def _find(subject: Subject) -> Iterator[Finding]:
    for kind in (Norm, L2Norm):
        for span, layers in decided(subject, kind, "eps").items():
            eps = float(layers[0].value)
            if eps <= VANISHED:
                fix = number_replaced(subject, span, eps, "1e-6")
                if span == layers[0].site.span:
                    fix = behind(subject, span, "eps=1e-6")
                yield Finding(
                    span,
                    f"eps is {eps:g}, which is 0 in float16, in {count(len(layers), 'norm')}: "
                    "of zeros alone it makes 0 / 0",
                    help="write eps=1e-6 or more, if the network is to run in half precision",
                    uses=tuple(layer.use for layer in layers),
                    fix=fix,
                )


LINT = Lint(
    code="I165",
    name="vanishing-epsilon",
    title="an epsilon that is 0 in half precision",
    meaning="An epsilon keeps a norm from dividing by 0. In float16 the least number above 0 is "
    "6e-8, and half of that or less is rounded to 0. In bfloat16 and float32 it is there.",
    why="Where a vector is all zeros, as behind a ReLU that is dead for an image, the network "
    "gives no number, and only once it is deployed in half precision.",
    before="head: [globalpool avg, l2norm, fc classes]",
    after="head: [globalpool avg, l2norm eps=1e-6, fc classes]",
    seen="The function normalize of torch has 1e-12 (pytorch/pytorch, issue 32137).",
    find=_find,
)
