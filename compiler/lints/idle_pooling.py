"""W118: a pooling whose windows hold one position each, which gives back what it gets."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Site, Subject, Use
from compiler.findings.sweep import Sweeps, sweeps
from compiler.ir.nodes import Leaf
from compiler.ops.pool import AvgPool
from dsl.models.extent import kernel_text
from dsl.models.layers import MaxPool


def _find(subject: Subject) -> Iterator[Finding]:
    for site in subject.layers(MaxPool):
        idle = [use for use in site.uses if use.leaves and _is_idle(sweeps(use.leaves[0]))]
        if idle:
            yield _said(site, idle)


def _is_idle(found: Sweeps) -> bool:
    """Whether each window reads one position, its own."""
    return bool(found) and all(each.outs == each.size == each.read for each in found)


def _said(site: Site, idle: list[Use]) -> Finding:
    leaf = idle[0].leaves[0]
    found = sweeps(leaf)
    kernel, grid = (each.kernel for each in found), (each.size for each in found)
    return Finding(
        site.of("kernel"),
        f"{kernel_text(kernel)} over a map of {kernel_text(grid)} {_does(leaf, found)}",
        help="leave it out, or give it a larger map: a larger input, or less stride before it",
        uses=tuple(idle),
    )


def _does(leaf: Leaf, found: Sweeps) -> str:
    """What it gives of the one position that each window reads."""
    counted = prod(each.kernel for each in found)
    if isinstance(leaf.op, AvgPool) and leaf.op.count_padding and counted > 1:
        return f"reads one pixel and divides it by {counted}"
    return "gives back what it gets"


LINT = Lint(
    code="W118",
    name="idle-pooling",
    title="a pooling of single positions",
    meaning="Each window holds one position of the map: the kernel is 1x1, or the map has become "
    "so small that all else in the window is padding. The largest, or the mean, of one is itself.",
    why="A branch that was to see its surroundings sees none, and is a second 1x1 branch. Where "
    "padding counts in the mean, what it gives is only smaller.",
    before="stem: [64x64 32 /64 valid, maxpool 3x3, 1x1 32]",
    after="stem: [64x64 32 /64 valid, 1x1 32]",
    seen="Inception-v3 on CIFAR-10's 32x32 pixels, whose last two blocks average 3x3 of a map of "
    "1x1. VGG for CIFAR with an average over 1x1 (kuangliu/pytorch-cifar#110).",
    find=_find,
)
