"""W117: an auxiliary head behind the last reduction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Subject
from compiler.findings.wording import share
from compiler.ir.nodes import Node, Tap, params
from dsl.models.extent import kernel_text
from dsl.text.problems import Span

NEARLY_ALL = 0.9
"""Of the trunk's weights. GoogLeNet has 18% and 44% in front of its heads, Inception-v3 41%."""


def _find(subject: Subject) -> Iterator[Finding]:
    network = subject.network
    body = _maps(network.nodes)
    last = body[-1].out.grid if body else ()
    if last == network.input.grid:
        return
    for place, head in enumerate(network.nodes):
        if isinstance(head, Tap) and head.inp.grid == last:
            part = params(*_maps(network.nodes[:place])) / max(params(*body), 1)
            if part >= NEARLY_ALL:
                yield _said(subject, head, part)


def _said(subject: Subject, head: Tap, part: float) -> Finding:
    return Finding(
        _place(subject, head),
        f"auxiliary head {head.name} taps a map of {kernel_text(map(int, head.inp.grid))}, as "
        f"small as the last, with {share(part)} of the trunk's weights in front of it",
        help="tap a step before the last reduction, where the published heads do",
    )


def _maps(nodes: Iterable[Node]) -> list[Node]:
    """The steps of the trunk that give maps of more than one position."""
    return [node for node in nodes if not isinstance(node, Tap) and not node.out.is_point]


def _place(subject: Subject, head: Tap) -> Span:
    """What the head taps, where it is written."""
    found = next((aux for aux in subject.spec.aux if aux.name == head.name), None)
    return found.at.of("from") if found else head.span


LINT = Lint(
    code="W117",
    name="late-head",
    title="an auxiliary head behind the last reduction",
    meaning="The head stands on the map that the network's own classifier gets, or one as small. "
    "Nearly all layers are in front of both.",
    why="An auxiliary head is there to give the layers in the middle a gradient of their own. Here "
    "it repeats the classifier's, for parameters and time of its own.",
    before="stem: [a: 4x4 32 /4 valid, b: 3x3 64 /2, c: 3x3 64]\n"
    "aux: [aux1: {from: c, weight: 0.3, do: [globalpool avg, fc classes]}]",
    after="stem: [a: 4x4 32 /4 valid, b: 3x3 64 /2, c: 3x3 64]\n"
    "aux: [aux1: {from: a, weight: 0.3, do: [globalpool avg, fc classes]}]",
    seen="GoogLeNet (arXiv:1409.4842) taps 4a and 4d, Inception-v3 (arXiv:1512.00567) the last map "
    "of 17x17: both in front of their last reduction, and no published head stands behind it.",
    find=_find,
)
