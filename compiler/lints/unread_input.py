"""I114: an input of a size at which overlapping windows without padding leave rows unread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from compiler.findings.beside import share_of, unread
from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Subject, Use
from compiler.findings.sweep import sweeps
from compiler.findings.wording import share
from compiler.ir.fit import Walk
from compiler.ir.nodes import Leaf
from compiler.ir.op import Shape, ShapeFault
from dsl.models.extent import kernel_text
from dsl.models.layers import Filter, MaxPool

FARTHEST = 64
"""Inputs that are more pixels larger or smaller aren't tried for advice."""


def _find(subject: Subject) -> Iterator[Finding]:
    uses = [use for site in subject.layers(Filter, MaxPool) for use in site.uses if _leaves(use)]
    lost = {use: each for use in uses if (each := _lost(use))}
    if lost:
        worst = max(lost, key=lambda use: lost[use])
        grid = kernel_text(subject.network.input.grid)
        yield Finding(
            subject.spec.at.of("input"),
            f"at {grid}, windows stop short of the end of their maps: "
            f"{worst.path} leaves {share(lost[worst])} of its map unread",
            help=_help(subject, list(lost)),
            uses=tuple(lost),
        )


def _leaves(use: Use) -> bool:
    """Whether windows that overlap leave anything out at an end."""
    return bool(use.leaves) and _stops_short(use.leaves[0])


def _lost(use: Use) -> float:
    """The share of the map at its ends that nothing reads."""
    found = sweeps(use.leaves[0])
    rows = tuple(
        frozenset(at for at in left if at >= each.size - each.unread_end)
        for left, each in zip(unread(use), found, strict=True)
    )
    return share_of(rows, use.node.inp) if any(rows) else 0.0


def _help(subject: Subject, lost: list[Use]) -> str:
    """The nearest inputs, smaller and larger, of which every such window reads all."""
    network, own = subject.network, subject.network.input.grid
    found, short = [], [[bool(each.unread_end) for each in sweeps(use.leaves[0])] for use in lost]
    axes = list(map(any, zip(*short, strict=True)))
    for way in (-1, 1):
        for by in range(way, way * FARTHEST, way):
            grid = tuple(size + by * on for size, on in zip(own, axes, strict=True))
            if min(grid) < 1:
                break
            walk = _Ends()
            try:
                walk.through(network.trunk, Shape(network.input.channels, *grid))
            except ShapeFault:
                continue
            if not walk.short:
                found.append(kernel_text(grid))
                break
    return f"{' or '.join(found)} is read to the end" if found else ""


@dataclass(frozen=True)
class _Ends(Walk):
    """Notes which layers leave something out at an end, with windows that overlap."""

    short: set[int] = field(default_factory=set)

    def _leaf(self, leaf: Leaf, shape: Shape) -> Shape:
        out = super()._leaf(leaf, shape)
        if _stops_short(Leaf(leaf.name, leaf.op, shape)):
            self.short.add(id(leaf))
        return out


def _stops_short(leaf: Leaf) -> bool:
    return any(each.unread_end and each.kernel > each.stride > 1 for each in sweeps(leaf))


LINT = Lint(
    code="I114",
    name="unread-input",
    title="an input that windows without padding don't read to the end",
    meaning="A 3x3 window that steps by two without padding fits an odd map. Of an even one it "
    "leaves the last row and column out, and nothing beside it reads them.",
    why="The bottom and the right of the image count less than the top and the left. At another "
    "size, a few pixels away, all of it is read by the same weights.",
    before="input: [3, 64, 64]\nstem: [3x3 32 /2 valid, 3x3 32 /2 valid]",
    after="input: [3, 63, 63]\nstem: [3x3 32 /2 valid, 3x3 32 /2 valid]",
    seen="The Inceptions without padding were made for 299 pixels, of which their windows leave "
    "nothing. FaceNet's Inception-ResNet-v1 gets 160, and its last reduction leaves 23% of a map.",
    find=_find,
)
