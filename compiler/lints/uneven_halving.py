"""W116: branches that shrink the map by different rules, so that their windows don't lie alike.

Windows of different sizes may lie apart by one rule too, as TensorFlow's `SAME` has it of a 1x1 and
a 3x3 on even maps: that is no finding. What `same` and `tf_same` do beside each other is W120's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from compiler.cost.field import Trace
from compiler.cost.sums import seen
from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Site, Subject, Use
from compiler.findings.sweep import slide_of
from compiler.ir.nodes import Node, Parallel
from compiler.ops.window import Sliding
from dsl.models.layers import Filter, MaxPool
from dsl.text.counts import count
from dsl.text.problems import Span

RULES = {"ceil": "rounds up", "padded": "pads", "valid": "neither pads nor rounds up"}


@dataclass(frozen=True)
class _Step:
    """The step by which a branch shrinks the map, and where the branch's first window lies."""

    site: Site
    use: Use
    rule: str
    centre: tuple[float, ...]


def _find(subject: Subject) -> Iterator[Finding]:
    found: dict[Span, list[tuple[_Step, _Step]]] = {}
    for steps in _splits(subject).values():
        if pair := _apart(list(steps.values())):
            found.setdefault(pair[0].site.span, []).append(pair)
    for pairs in found.values():
        step, other = pairs[0]
        yield Finding(
            step.site.of("ceil" if step.rule == "ceil" else "padding"),
            f"this branch {RULES[step.rule]} where one beside it {RULES[other.rule]}: the grids "
            f"agree, and its windows lie {count(round(_off(step, other)), 'position')} further on",
            help="shrink all branches by one rule: `same` throughout, say",
            uses=tuple(step.use for step, _ in pairs),
        )


def _splits(subject: Subject) -> dict[int, dict[int, _Step]]:
    """Of each split the branches that shrink the map, each by its last step."""
    found: dict[int, dict[int, _Step]] = {}
    for site in subject.layers(Filter, MaxPool):
        for use in site.uses:
            slide = slide_of(use.leaves[0]) if use.leaves else None
            if slide is None or not _overlaps(slide):
                continue
            for outer, inner in pairwise((*use.around, use.node)):
                if isinstance(outer, Parallel) and _is_branch(outer, inner):
                    step = _Step(site, use, _rule(slide), _centre(seen(inner)))
                    found.setdefault(id(outer), {})[id(inner)] = step
    return found


def _apart(steps: list[_Step]) -> tuple[_Step, _Step] | None:
    """The branch whose windows lie furthest on, and one by another rule that lie elsewhere."""
    furthest = max(steps, key=lambda step: step.centre)
    others = (step for step in steps if step.rule != furthest.rule)
    other = next((step for step in others if _off(furthest, step) >= 1), None)
    if other is None or "tf_same" in (furthest.rule, other.rule):
        return None
    return furthest, other


def _off(step: _Step, other: _Step) -> float:
    """How much further on its windows lie: half a position is what an even one makes of it."""
    return max(here - there for here, there in zip(step.centre, other.centre, strict=True))


def _is_branch(node: Parallel, inner: Node) -> bool:
    return inner is not node.then and any(inner is branch for branch in node.branches)


def _overlaps(slide: Sliding) -> bool:
    """Whether it steps, with a window of more than one position."""
    pairs = zip(slide.kernel, slide.stride, strict=True)
    return any(kernel > 1 and stride > 1 for kernel, stride in pairs)


def _rule(slide: Sliding) -> str:
    if slide.tf_same:
        return "tf_same"
    return "padded" if any(slide.padding) else "ceil" if slide.ceil else "valid"


def _centre(trace: Trace) -> tuple[float, ...]:
    """The middle of what the first position sees, on each axis."""
    return tuple(float(axis.start + axis.end - 1) / 2 for axis in trace.axes)


LINT = Lint(
    code="W116",
    name="uneven-halving",
    title="branches that shrink the map by different rules",
    meaning="A 3x3 that steps by two with padding begins one position before the map; one that "
    "rounds up instead begins on it. On even maps both give half the grid, and what is joined at "
    "one position was seen around two.",
    why="Shapes and counts agree. The branches are shifted against each other, at each such block "
    "again, and weights that were trained one way don't do the same the other.",
    before="reduction:\n  down: {concat: [3x3 32 /2, maxpool 3x3 /2 ceil]}\n"
    "stem: [3x3 32]\nbody: [down]",
    after="reduction:\n  down: {concat: [3x3 32 /2, maxpool 3x3 /2]}\nstem: [3x3 32]\nbody: [down]",
    seen="Caffe's BN-Inception, whose poolings round up beside convolutions that pad; a port of "
    "DenseNet that had to tell the two apart (soeaver/caffe-model#34).",
    find=_find,
)
