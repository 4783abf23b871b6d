"""W140: probabilities where a loss expects logits."""

from __future__ import annotations

from collections.abc import Iterator
from math import e, log

from compiler.findings.edits import step_taken_out
from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Site, Subject
from compiler.ir.ending import endings
from dsl.models.layers import Softmax


def _find(subject: Subject) -> Iterator[Finding]:
    network = subject.network
    for name, ending in endings(network).items():
        if ending != "softmax" or network.classes == 1:
            continue  # Of one class it is always 1, which is another finding.
        whose = "the network" if name == "logits" else f"auxiliary head {name}"
        floor = log(e + network.classes - 1) - 1
        last = _last(subject, name)
        yield Finding(
            last.span if last else subject.spec.at.span,
            f"{whose} ends in a softmax, and cross-entropy takes logits: with "
            f"{network.classes:,} classes that loss can't fall below {floor:.3f}",
            help="leave it out: the loss has its own, and `export --softmax` adds one to deploy",
            fix=step_taken_out(subject, last) if last else None,
        )


def _last(subject: Subject, head: str) -> Site | None:
    """The last softmax of the trunk, or of an auxiliary head."""
    beginning = "" if head == "logits" else f"{head}."
    heads = tuple(f"{tap.name}." for tap in subject.network.taps)
    found = None
    for site in subject.layers(Softmax):
        path = site.uses[-1].path
        if path.startswith(beginning) and (beginning or not path.startswith(heads)):
            found = site
    return found


LINT = Lint(
    code="W140",
    name="softmax-before-loss",
    title="a softmax in the network, where the loss expects logits",
    meaning="The loss of classification applies a softmax itself. Of probabilities it takes the "
    "softmax of a softmax, whose largest value is e / (e + classes - 1).",
    why="The loss has a floor that training can't pass, log(e + classes - 1) - 1, and gradients "
    "all but vanish near it: the network learns slowly and is never sure.",
    before="head: [globalpool avg, fc classes, softmax]",
    after="head: [globalpool avg, fc classes]",
    seen="Three ports of InceptionV1; the training log of one shows the floor of 0.313.",
    find=_find,
)
