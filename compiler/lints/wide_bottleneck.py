"""W161: a 1x1 in front of a larger kernel that widens what it was to narrow."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from compiler.findings.flow import Stop
from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Site, Subject, Use
from compiler.findings.sweep import weights_of
from compiler.ir.nodes import Leaf, Node, Parallel
from compiler.ops.act import Activation
from compiler.ops.conv import Conv
from compiler.ops.join import Concat
from compiler.ops.linear import Identity
from compiler.ops.norm import BatchNorm
from dsl.models.extent import kernel_text
from dsl.text.counts import count

BETWEEN = frozenset({BatchNorm, Activation})


def _find(subject: Subject) -> Iterator[Finding]:
    found: dict[int, tuple[Site, list[Use], Stop, Stop]] = {}
    for stop in subject.flow:
        if _widens(stop) and (behind := _kernel_behind(stop)) and stop.path in subject.owners:
            site, use = subject.owners[stop.path]
            if any(map(_is_concat, use.around)):
                found.setdefault(id(site), (site, [], stop, behind))[1].append(use)
    for site, uses, stop, behind in found.values():
        if 2 * len(uses) < len(site.uses):  # DenseNet's widens in 2 of 58 layers.
            continue
        assert stop.leaf
        assert behind.leaf
        kernel, inputs = behind.op, int(stop.leaf.inp.channels)
        assert isinstance(kernel, Conv)
        together = weights_of(stop.leaf) + weights_of(behind.leaf)
        alone = inputs * int(kernel.width) * prod(map(int, kernel.slide.kernel))
        text = kernel_text(kernel.slide.kernel)
        yield Finding(
            site.of("width"),
            f"this 1x1 widens {inputs:,} channels to {int(stop.leaf.out.channels):,} in front of "
            f"{text}: {count(together, 'weight')}, where {text} alone has {alone:,}",
            help=f"make it narrower than {inputs:,}, or leave it out",
            uses=tuple(uses),
        )


def _widens(stop: Stop) -> bool:
    """Whether it is a 1x1, without groups or a stride, that gives more channels than it gets."""
    op = stop.op
    if not isinstance(op, Conv) or not stop.leaf or not op.slide.is_unit or int(op.groups) > 1:
        return False
    return int(op.width) > int(stop.leaf.inp.channels)


def _kernel_behind(stop: Stop) -> Stop | None:
    """The larger kernel that alone reads it, behind an activation; a depthwise one is none."""
    behind, bent = stop, False
    while len(behind.feeds) == 1:
        behind = behind.feeds[0]
        if type(behind.op) not in BETWEEN:
            break
        bent = bent or type(behind.op) is Activation
    op = behind.op
    if not bent or not isinstance(op, Conv) or op.slide.is_unit or int(op.groups) > 1:
        return None
    return behind


def _is_concat(node: Node) -> bool:
    """Whether branches are joined to a new map; a DenseNet's, which are put behind it, are not."""
    if not isinstance(node, Parallel) or not isinstance(node.join, Concat):
        return False
    return not any(isinstance(branch, Leaf) and branch.op == Identity() for branch in node.branches)


LINT = Lint(
    code="W161",
    name="wide-bottleneck",
    title="a bottleneck that is wider than its input",
    meaning="In a branch a 1x1 stands in front of a larger kernel, as those of inception blocks do "
    "so that the kernel reads fewer channels. This one gives it more than come in.",
    why="The kernel costs more with it than by itself, and the block was to be cheaper. Usually a "
    "column of the paper's table was taken for another one, or the block is used earlier than "
    "there.",
    before="inception: {A: {concat: [1x1 16, [1x1 64, 3x3 32]]}}\nbody: [3x3 32, A]",
    after="inception: {A: {concat: [1x1 16, [1x1 16, 3x3 32]]}}\nbody: [3x3 32, A]",
    seen="InceptionTime in its authors' code, and ports of it: a bottleneck of 32 for every series "
    "of more than one channel, there without an activation.",
    find=_find,
)
