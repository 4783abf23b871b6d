"""W141: an auxiliary head that counts nothing, or as much as the network itself."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Subject
from compiler.ir.nodes import params
from dsl.models.spec import Aux
from dsl.text.counts import count

WHOLE = 1.0
"""What the network's own loss counts."""
PUBLISHED = "GoogLeNet's two heads count 0.3 each, Inception-v3's 0.4"


def _find(subject: Subject) -> Iterator[Finding]:
    heads = {head.name: head for head in subject.spec.aux}
    taps = [tap for tap in subject.network.taps if tap.name in heads]
    for tap in taps:
        if tap.weight == 0:
            yield Finding(
                heads[tap.name].at.of("weight"),
                f"the loss of auxiliary head {tap.name} counts 0: its "
                f"{count(params(tap.body), 'parameter')} are run in training and never learn",
                help=f"leave the head out, or give it a weight: {PUBLISHED}",
            )
    if found := _heavy([heads[tap.name] for tap in taps]):
        head, said = found
        yield Finding(head.at.of("weight"), said, help=PUBLISHED)


def _heavy(heads: list[Aux]) -> tuple[Aux, str] | None:
    """The heaviest head where all together count as much as the network's own loss."""
    weight = sum(head.weight for head in heads)
    if not heads or weight < WHOLE:
        return None
    head = max(heads, key=lambda head: head.weight)
    if head.weight >= WHOLE:
        said = f"the loss of auxiliary head {head.name} counts {_times(head.weight)}"
    else:
        said = f"the losses of {len(heads)} auxiliary heads together count {_times(weight)}"
    return head, f"{said} that of the network"


def _times(weight: float) -> str:
    return "as much as" if weight == WHOLE else f"{weight:.4g} times"


LINT = Lint(
    code="W141",
    name="auxiliary-weight",
    title="an auxiliary head that counts nothing, or as much as the network",
    meaning="An auxiliary head is there to bring gradients to earlier layers, by a loss that "
    "counts a part of the network's own. With a weight of 0 it brings none; from 1 on, of one head "
    "or of all together, training is about the heads that evaluation leaves out.",
    why="The layers in front of a head serve it and the network by these weights. Losses that are "
    "simply added give features for the head, halfway up, as much say as those for the answer.",
    before="stem: [conv: 3x3 32]\n"
    "aux:\n  - side: {from: conv, weight: 1, do: [globalpool avg, fc classes]}",
    after="stem: [conv: 3x3 32]\n"
    "aux:\n  - side: {from: conv, weight: 0.3, do: [globalpool avg, fc classes]}",
    seen="A GoogLeNet for CIFAR-10 trains on the plain sum of its three losses "
    "(conan7882/GoogLeNet-Inception, issue 3); torchvision's returned its two heads in each "
    "other's place until 2024 (pytorch/vision, issue 8736).",
    find=_find,
)
