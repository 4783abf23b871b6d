"""I105: a repeat that goes on to change its width.

Where only the first of the repeats gets another width than it gives, as behind a stem or a
reduction, the others are alike; that is usual, and no finding. It is a note, since DenseNet is made
of such repeats.
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Subject
from compiler.ir.nodes import Series, nodes
from dsl.models.layers import Layer
from dsl.text.problems import Span

MOST_SHOWN = 4


def _find(subject: Subject) -> Iterator[Finding]:
    steps, said = subject.steps, dict[Span, Finding]()
    for _, node in nodes(subject.network.nodes):
        step = steps.get(node.span)
        if not isinstance(node, Series) or not isinstance(step, Layer) or step.repeat == 1:
            continue
        parts = [part for part in node.nodes if part.span == node.span]
        widths = [int(node.inp.channels), *(int(part.out.channels) for part in parts)]
        if len(parts) > 1 and len(set(widths[1:])) > 1 and node.span not in said:
            said[node.span] = Finding(
                step.at.of("repeat"),
                f"each repeat gives another width: {_chain(widths)} channels",
                help="write them out, each under its own name, if that is meant; "
                "or end the block with a width of its own",
            )
    yield from said.values()


def _chain(widths: list[int]) -> str:
    if len(widths) <= MOST_SHOWN + 1:
        return ", ".join(map(str, widths))
    return f"{', '.join(map(str, widths[:MOST_SHOWN]))} … {widths[-1]}"


LINT = Lint(
    code="I105",
    name="widening-repeat",
    title="a repeat over which the width changes",
    meaning="What goes round is wider, or narrower, each time, since the block passes its input on "
    "beside what it adds. Each repeat has weights of other shapes than the one before.",
    why="Repeated means alike to most readers: the last of them costs several times the first, "
    "which no number in the spec says.",
    before="inception:\n  grow: {concat: [1x1 32, [1x1 16, 3x3 32], maxpool 3x3]}\n"
    "stem: [4x4 64 /4 valid]\nbody: [grow x3]",
    after="inception:\n  grow: {concat: [1x1 32, [1x1 16, 3x3 32], [maxpool 3x3, 1x1 32]]}\n"
    "stem: [4x4 64 /4 valid]\nbody: [grow x3]",
    seen="DenseNet (arXiv:1608.06993) grows so on purpose. GoogLeNet's figure 2a, whose pooling "
    "passes everything on, is the paper's own reason for the 1x1 behind it in figure 2b.",
    find=_find,
)
