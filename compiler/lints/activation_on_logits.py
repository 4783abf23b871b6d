"""W167: a ReLU behind the classifier, so that no logit is below 0."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.findings.edits import behind, step_taken_out
from compiler.findings.flow import Stop
from compiler.findings.lint import Finding, Lint
from compiler.findings.passing import keeps_channels
from compiler.findings.subject import Subject
from compiler.ops.act import Activation
from dsl.models.layers import Filter
from dsl.text.counts import count

CUT = frozenset({"relu", "relu6"})


def _find(subject: Subject) -> Iterator[Finding]:
    network = subject.network
    heads = [tap.name for tap in network.taps]
    for stop in subject.flow:
        classifies = stop.leaf is not None and int(stop.leaf.out.channels) == network.classes
        if stop.feeds or not classifies or not _ends_a_head(subject, stop, heads):
            continue
        for act in (stop,) if not keeps_channels(stop) else stop.back(keeps_channels):
            if isinstance(act.op, Activation) and act.op.kind in CUT:
                yield _said(subject, act, network.classes)


def _ends_a_head(subject: Subject, stop: Stop, heads: list[str]) -> bool:
    """Whether it is in the spec's head, or in an auxiliary one."""
    first = stop.path.partition(".")[0]
    return first in heads or subject.network.sections.get(first) == "head"


def _said(subject: Subject, act: Stop, classes: int) -> Finding:
    assert isinstance(act.op, Activation)
    site, use = subject.owners[act.path]
    step = site.step
    word, fix = "width", step_taken_out(subject, site)
    help = "leave the activation out"
    if isinstance(step, Filter) and "act" in step.at.fields:
        word, fix, help = "act", None, "write act=none instead"
    elif isinstance(step, Filter):
        fix = behind(subject, site.span, "linear")
        help = "write linear behind it, and it has neither norm nor activation"
    return Finding(
        site.of(word),
        f"{act.op.facts.label} cuts {count(classes, 'logit')} off at 0: what is below has one "
        "answer, and no gradient",
        help=help,
        uses=(use,),
        fix=fix,
    )


LINT = Lint(
    code="W167",
    name="activation-on-logits",
    title="a ReLU behind the classifier",
    meaning="The last layer gives a logit for each class, and a ReLU stands behind it. A "
    "convolution that classifies needs `linear`, or it has the spec's norm and activation as any "
    "other.",
    why="A class whose logit is below 0 is as unlikely as can be said, and its weights learn "
    "nothing from that image. Where all are, all classes are equally likely, and nothing is "
    "learned.",
    before="head: [1x1 classes, globalpool avg, flatten]",
    after="head: [1x1 classes linear, globalpool avg, flatten]",
    seen="SqueezeNet (forresti/SqueezeNet, issue 10), without a reason as its author says; ports "
    "of VGG, AlexNet and I3D (USTC-Video-Understanding/I3D_Finetune, issue 2).",
    find=_find,
)
