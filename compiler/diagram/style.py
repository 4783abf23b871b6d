"""Colours of families: every drawing takes its looks from here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.ir.plugged import every_kind
from compiler.picture.ink import FRAME, PAPER, Ink, Look

if TYPE_CHECKING:
    from compiler.plugins.kinds import Family

LOOKS = {
    "pointwise": Look(Ink("#dce9f6", "#1f3850"), Ink("#5c8ab8", "#5b9bd5"), "1×1 conv"),
    "conv": Look(Ink("#a9cbe8", "#24537d"), Ink("#2f6fa6", "#74b3ea"), "k×k conv"),
    "factorised": Look(Ink("#b8e0d4", "#1e4c41"), Ink("#2f9273", "#55bf9b"), "1×n, n×1 conv"),
    "pool": Look(Ink("#fad8b8", "#5c3a16"), Ink("#c97b24", "#e2a050"), "pool"),
    "norm": Look(Ink("#e6ddf4", "#3d3158"), Ink("#8a6fbf", "#a992dd"), "norm"),
    "act": Look(Ink("#f6e3ea", "#51303d"), Ink("#b8738e", "#d695ae"), "activation"),
    "linear": Look(Ink("#f4e8a8", "#4d461b"), Ink("#ab9429", "#cdb84e"), "fully connected"),
    "other": Look(Ink("#eef0f2", "#2a323c"), Ink("#8d99a6", "#6b7a8c")),
    "join": Look(Ink("#e7eaed", "#232b36"), Ink("#98a3af", "#5c6b7d")),
    "product": Look(Ink("#d2dae3", "#364352"), Ink("#7c8999", "#75879a")),
    "input": Look(Ink("#f2f4f6", "#1b232d"), Ink("#98a4b0", "#5d6c7e")),
    "plain": Look(PAPER, FRAME),
}

HEAT = (
    Ink("#fffdf9", "#171d24"),
    Ink("#fff3e3", "#2b241c"),
    Ink("#fee6c9", "#3d2e1c"),
    Ink("#fdd7aa", "#50381c"),
    Ink("#fbc98c", "#64431c"),
    Ink("#f9b96c", "#7a501c"),
)
"""From no multiply-accumulates to the most: named steps, so that each has a night colour."""

STRIP = {
    "1×1": Ink("#9dbbd9", "#5c7fa6"),
    "3×3": Ink("#3c6fa5", "#3f83cc"),
    "5×5": Ink("#4da089", "#46a58a"),
    "7×7": Ink("#7a68a6", "#8f79c9"),
    "1×3": Ink("#86bf6f", "#78b35f"),
    "1×7": Ink("#2f7f86", "#35939b"),
    "pool": Ink("#c98a4b", "#c98a4b"),
    "other": Ink("#a6afb9", "#6d7885"),
}
"""Branches in an overview, by their dominant kernel (see `kernels.bucket`)."""


def looks() -> dict[str, Look]:
    """Every family's look, those that plugins bring behind our own."""
    theirs = (kind.family for kind in every_kind() if kind.family)
    return LOOKS | {each.name: _brought(each) for each in theirs}


def _brought(family: Family) -> Look:
    fill, line = Ink(family.fill, family.dark_fill), Ink(family.line, family.dark_line)
    return Look(fill, line, family.name)


def kernels(legend: str, rank: int) -> str:
    """What a legend says of kernels, which have as many numbers as the map has axes.

    >>> kernels("k×k conv", 3), kernels("1×n, n×1 conv", 3), kernels("1×1 conv", 1)
    ('k×k×k conv', 'factorised conv', '1 conv')
    """
    if rank == 2:
        return legend
    kernel, _, rest = legend.partition(" ")
    side, *others = kernel.split("×")
    return f"{'×'.join([side] * rank)} {rest}" if [side] == others else "factorised conv"


def look(family: str) -> Look:
    """The look of a family; one that a plugin invents without colours is drawn as `other`."""
    return looks().get(family, LOOKS["other"])
