"""W131: a convolution without a norm in a network that normalises its convolutions."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.findings.edits import word_taken_out
from compiler.findings.flow import Stop
from compiler.findings.lint import Finding, Lint
from compiler.findings.passing import is_norm, keeps_channels
from compiler.findings.subject import Subject, Use
from compiler.ops.act import Activation
from compiler.ops.conv import Conv
from compiler.ops.deconv import Deconv
from dsl.models.layers import Filter
from dsl.text.counts import count
from dsl.text.problems import Span

MOST = 0.75
"""From which share of normalised convolutions on the others are taken for exceptions."""


def _find(subject: Subject) -> Iterator[Finding]:
    convs = [stop for stop in subject.flow if type(stop.op) in {Conv, Deconv}]
    others = [stop for stop in convs if not any(map(is_norm, stop.ahead(keeps_channels)))]
    normed = len(convs) - len(others)
    bare = [stop for stop in others if _is_bare(stop)]
    whole = normed + len(bare)
    if not bare or normed < MOST * whole:
        return
    for span, (name, uses) in _by_place(subject, bare).items():
        said = subject.written(span) == "none"
        yield Finding(
            span,
            f"{name} has no norm, where {normed:,} of {count(whole, 'convolution')} have one",
            help="let it have one, unless the network was published without it",
            uses=uses,
            fix=word_taken_out(subject, span) if said else None,
        )


def _by_place(subject: Subject, bare: list[Stop]) -> dict[Span, tuple[str, tuple[Use, ...]]]:
    """The word that leaves the norm out of each written step, and the uses that have none."""
    paths = {stop.path for stop in bare}
    owners = {use for path, (_, use) in subject.owners.items() if path in paths}
    found = {}
    for site in subject.layers(Filter):
        if uses := tuple(use for use in site.uses if use in owners):
            word = next((f for f in ("norm", "linear") if f in site.step.at.fields), "norm")
            found[site.of(word)] = (site.name, uses)
    return found


def _is_bare(stop: Stop) -> bool:
    """Of one without a norm behind it, whether an activation is; not of one right behind a norm.

    A gate, or what else has one place only, is no such convolution.
    """
    if stop.leaf is None or stop.leaf.out.is_point:
        return False
    acts = any(type(other.op) is Activation for other in stop.ahead(keeps_channels))
    return acts and not any(map(is_norm, stop.back(keeps_channels)))


LINT = Lint(
    code="W131",
    name="unnormalised-convolution",
    title="a convolution without a norm among normalised ones",
    meaning="Nearly every convolution of the network has a norm behind it, and this one goes into "
    "its activation as it is. Last layers before a residual sum, gates, classifiers and layers "
    "right behind a norm are usually without one, and are no matter of this lint.",
    why="Whatever such a layer does to the mean and the scale of a channel is passed on. In a stem "
    "that makes the network slower to train at the learning rates that batch norm is there for, "
    "and checkpoints of the usual network have no place for their statistics.",
    before="stem: [3x3 32 /2 norm=none, 3x3 32, 3x3 64, 3x3 64, 3x3 64]",
    after="stem: [3x3 32 /2, 3x3 32, 3x3 64, 3x3 64, 3x3 64]",
    seen="A family of InceptionV1 ports: 54 of 57 convolutions have batch norm, those of the stem "
    "have none.",
    find=_find,
)
