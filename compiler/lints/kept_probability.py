"""W170: a dropout that leaves little, as where the share that is kept was meant."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.findings.deciding import decided
from compiler.findings.edits import number_replaced
from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Subject
from compiler.findings.wording import share
from compiler.ops.linear import Dropout

MOST = 0.7
"""That of GoogLeNet's auxiliary heads, the most that this family was published with."""


def _find(subject: Subject) -> Iterator[Finding]:
    for span, layers in decided(subject, Dropout, "p").items():
        p = max(float(layer.value) for layer in layers)
        if p <= MOST:
            continue
        kept = f"{1 - p:.6g}"
        help = f"write {kept}, if {p:g} is the share that is kept, as in TensorFlow 1"
        yield Finding(
            span,
            f"this dropout zeroes {share(p)} of what comes in",
            help=help if p < 1 else "leave it out, if everything is to be kept",
            uses=tuple(layer.use for layer in layers if layer.value > MOST),
            fix=number_replaced(subject, span, p, kept) if p < 1 else None,
        )


LINT = Lint(
    code="W170",
    name="kept-probability",
    title="a dropout that zeroes nearly everything",
    meaning="The number of a dropout is the share that is zeroed, as in torch and Keras. Papers of "
    "this family and TensorFlow 1 say the share that is kept: Inception-v4 keeps 0.8.",
    why="With 0.8 for 0.2 a classifier trains on a fifth of its features at a time. Nothing fails, "
    "and evaluation runs on all of them; the network is only harder to train, and worse.",
    before="head: [globalpool avg, dropout 0.8, fc classes]",
    after="head: [globalpool avg, dropout 0.2, fc classes]",
    seen="Inception-v4 in Keras (titu1994/Inception-v4, issue 5), Inception-ResNet-v2 in MXNet "
    "(apache/mxnet, pull request 4457), I3D in torch (piergiaj/pytorch-i3d, issue 58).",
    find=_find,
)
