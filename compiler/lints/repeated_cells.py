"""W125: an adaptive pooling to more cells than there are positions."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from compiler.findings.edits import replaced
from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Subject, Use
from dsl.models.extent import kernel_text
from dsl.models.layers import AdaptivePool
from dsl.text.counts import count


def _find(subject: Subject) -> Iterator[Finding]:
    for site in subject.layers(AdaptivePool):
        enlarging = [use for use in site.uses if _enlarges(use)]
        if not enlarging:
            continue
        node = enlarging[0].node
        before, after = (tuple(map(int, shape.grid)) for shape in (node.inp, node.out))
        less = kernel_text(map(min, before, after))
        yield Finding(
            site.of("size"),
            f"{count(prod(after), 'cell')} of a map of {kernel_text(before)} hold no more than "
            f"its {count(prod(before), 'position')}",
            help=f"write {less}, or give it a larger map",
            uses=tuple(enlarging),
            fix=replaced(subject, site.of("size"), kernel_text(after), less),
        )


def _enlarges(use: Use) -> bool:
    before, after = use.node.inp.grid, use.node.out.grid
    return any(more > size for size, more in zip(before, after, strict=True))


LINT = Lint(
    code="W125",
    name="repeated-cells",
    title="an adaptive pooling that enlarges",
    meaning="Adaptive pooling divides the map into cells. Where it has fewer positions than that, "
    "cells overlap, and the same positions come out several times.",
    why="A linear layer behind it has a weight for every copy, many times what there is to weigh, "
    "and the map's size says more detail than there is.",
    before="stem: [32x32 32 /32 valid]\nhead: [adaptivepool avg 7x7, fc classes]",
    after="stem: [32x32 32 /32 valid]\nhead: [adaptivepool avg 2x2, fc classes]",
    seen="VGG for CIFAR-10 that kept torchvision's 7x7 cells: 49 copies of one value "
    "(huyvnphan/PyTorch_CIFAR10#9).",
    find=_find,
)
