"""W115: a step wider than its window, so that positions in between are read by nothing."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.findings.beside import share_of, unread
from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Site, Subject, Use
from compiler.findings.sweep import sweeps
from compiler.findings.wording import share
from dsl.models.extent import kernel_text
from dsl.models.layers import Filter, MaxPool


def _find(subject: Subject) -> Iterator[Finding]:
    for site in subject.layers(Filter, MaxPool):
        skipping = [use for use in site.uses if _skips(use)]
        lost = [(use, part) for use in skipping if (part := share_of(unread(use), use.node.inp))]
        if lost:
            yield _said(site, lost)


def _skips(use: Use) -> bool:
    """Whether its first layer has windows with room between them."""
    first = next(iter(use.leaves), None)
    found = sweeps(first) if first else ()
    return any(each.stride > each.reach and each.outs > 1 for each in found)


def _said(site: Site, lost: list[tuple[Use, float]]) -> Finding:
    use, part = max(lost, key=lambda each: each[1])
    found = sweeps(use.leaves[0])
    kernel, stride = (each.kernel for each in found), (each.stride for each in found)
    wide = kernel_text(each.stride + each.stride % 2 + 1 for each in found)
    return Finding(
        site.of("stride"),
        f"{kernel_text(kernel)} in steps of {kernel_text(stride)}: {share(part)} of its map of "
        f"{kernel_text(map(int, use.node.inp.grid))} is read by nothing",
        help=f"step in a layer with a wider window, such as {wide}, or pool in front of it",
        uses=tuple(each for each, _ in lost),
    )


LINT = Lint(
    code="W115",
    name="skipped-positions",
    title="a step wider than the window",
    meaning="A 1x1 kernel that steps by two reads one position of four and jumps over the others. "
    "Where nothing beside it reads them they were computed for nothing.",
    why="Three quarters of the work of the layer before are thrown away, and what they saw with "
    "it. On a shortcut it is usual: what it is added to reads all positions.",
    before="stem: [3x3 32 /2, 1x1 64 /2]",
    after="stem: [3x3 32 /2, 3x3 64 /2]",
    seen="ResNet-50 of 2015, whose blocks step in a 1x1 on both paths. Bag of Tricks "
    "(arXiv:1812.01187) counts three quarters ignored, and moves the step to the 3x3.",
    find=_find,
)
