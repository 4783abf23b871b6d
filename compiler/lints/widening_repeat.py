"""I105: a repeat that goes on to change its width.

Where only the first of the repeats gets another width than it gives, as behind a stem or a
reduction, the others are alike; that is usual, and no finding. Nor is it one where a branch
`identity` says that all that comes in goes on, as DenseNet's do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Subject
from compiler.ir.nodes import Leaf, Node, Parallel, Series, nodes
from compiler.ops.linear import Identity
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
        if len(set(widths[1:])) > 1 and node.span not in said and not any(map(_dense, parts)):
            said[node.span] = Finding(
                step.at.of("repeat"),
                f"each repeat gives another width: {_chain(widths)} channels",
                help="write them out, each under its own name, if that is meant; "
                "or end the block with a width of its own",
            )
    yield from said.values()


def _dense(part: Node) -> bool:
    """Whether it gives, beside whatever else, what comes in as it is."""
    if isinstance(part, Parallel) and part.join.word == "concat":
        return any(isinstance(branch.op, Identity) for branch in _leaves(part.branches))
    return isinstance(part, Series) and len(part.nodes) == 1 and _dense(part.nodes[0])


def _leaves(branches: Iterable[Node]) -> Iterator[Leaf]:
    return (branch for branch in branches if isinstance(branch, Leaf))


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
    seen="GoogLeNet's figure 2a, whose pooling passes everything on, is the paper's own reason for "
    "the 1x1 behind it in figure 2b. DenseNet (arXiv:1608.06993), which grows so on purpose, has "
    "a branch that is the identity, and no such finding.",
    find=_find,
)
