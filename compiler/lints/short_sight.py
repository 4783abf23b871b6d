"""I119: a network that pools its last map, of which each position sees a part of the input.

A note and no warning, since some networks are made so: BagNets see 9 to 33 pixels of 224. Of a
network of few layers it goes without saying. From half of the input on the middle of the last map
sees what lies left and right of it, and most of what belongs together.
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler.cost.field import pixels_text
from compiler.cost.sums import beginning, seen
from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Subject
from compiler.findings.sweep import sweeps
from compiler.findings.wording import share
from compiler.ir.kept import remembered
from compiler.ir.nodes import Leaf, Node, Parallel, Series
from compiler.ir.plugged import plugged
from dsl.models.extent import AXES, kernel_text

DEEP = 6
"""Windows in a row from which on a network is one that was to see far: InceptionTime has six."""

LEAST = 0.5


def _find(subject: Subject) -> Iterator[Finding]:
    network = subject.network
    if not network.input.is_map or plugged(network.nodes):
        return
    trace, last = beginning(network.trunk), None
    for node in network.trunk:
        behind = trace.then(seen(node))
        if not behind.spatial:
            break
        trace, last = behind, node
    else:
        return  # Each position of a map is an answer of its own.
    pairs = list(zip(trace.field.size, network.input.grid, strict=True))
    short = any(field < LEAST * size for field, size in pairs)
    if last is not None and short and sum(map(_windows, network.trunk)) >= DEEP:
        yield _said(subject, last, pairs)


@remembered
def _windows(node: Node) -> int:
    """The most windows in a row that there are in a node."""
    match node:
        case Leaf():
            return int(any(each.kernel > 1 for each in sweeps(node)))
        case Series():
            return sum(map(_windows, node.nodes))
        case Parallel():
            return max(map(_windows, node.branches)) + (_windows(node.then) if node.then else 0)
    return 0


def _said(subject: Subject, last: Node, pairs: list[tuple[float, int]]) -> Finding:
    field = kernel_text(pixels_text(each) for each, _ in pairs)
    part, axis = min((each / size, at) for at, (each, size) in enumerate(pairs))
    return Finding(
        subject.spec.at.of("input"),
        f"a position of the last map, that of {last.name}, sees {field} of "
        f"{kernel_text(size for _, size in pairs)}: {share(part)} of the {AXES[len(pairs)][axis]}",
        help="longer kernels, more steps or more stride in front of it see more",
    )


LINT = Lint(
    code="I119",
    name="short-sight",
    title="a receptive field smaller than the input",
    meaning="No position of the last map sees the whole input. What is pooled behind it is a mean "
    "over parts, whatever their order.",
    why="The network can't tell how things far apart lie to each other. Where that matters, "
    "which more training doesn't mend, it takes a larger field.",
    before="stem: [3x3 32 /2, 3x3 64 x5]",
    after="stem: [3x3 32 /2, 3x3 64, 3x3 64 /2 x4]",
    seen="InceptionTime (arXiv:1909.04939), whose field is 235 steps for series of any length, and "
    "whose authors study how it weighs; BagNets (arXiv:1904.00760) on purpose.",
    find=_find,
)
