"""W166: an activation that leaves everything as it is, since nothing below 0 reaches it."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.findings.edits import step_taken_out
from compiler.findings.flow import Stop
from compiler.findings.lint import Finding, Lint
from compiler.findings.signs import KEPT
from compiler.findings.subject import Subject
from compiler.ops.act import Activation as Act
from dsl.models.layers import Activation


def _find(subject: Subject) -> Iterator[Finding]:
    idle = {stop.path for stop in subject.flow if _is_idle(stop, subject.never_negative)}
    for site in subject.layers(Activation):
        if isinstance(site.step, Activation) and all(use.path in idle for use in site.uses):
            yield Finding(
                site.span,
                f"nothing below 0 reaches this {site.step.kind}, which leaves all else as it is",
                help="leave it out",
                uses=site.uses,
                fix=step_taken_out(subject, site),
            )


def _is_idle(stop: Stop, positive: set[Stop]) -> bool:
    return isinstance(stop.op, Act) and stop.op.kind in KEPT and stop.sources[0] in positive


LINT = Lint(
    code="W166",
    name="idle-activation",
    title="an activation behind one that has left nothing to do",
    meaning="A ReLU leaves numbers from 0 on as they are, and all that reach this one are: another "
    "activation stands in front of it, with no layer between that could give a number below 0. A "
    "convolution has its activation already, unless it says `linear` or `act=none`.",
    why="A layer that does nothing costs a pass over the map, and is usually there because another "
    "one is meant: behind the sum, or behind the norm alone.",
    before="stem: [3x3 32, relu, 3x3 64]",
    after="stem: [3x3 32, 3x3 64]",
    seen="A ResNet of GluonCV with two in a row (dmlc/gluon-cv, pull request 415); an Xception "
    "with one behind the convolution and one behind its norm (kwotsin/TensorFlow-Xception, 7).",
    find=_find,
)
