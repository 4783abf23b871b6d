"""Colours of families: every drawing takes its looks from here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.ir.plugged import every_kind
from compiler.picture.ink import FRAME, PAPER, Ink, Look

if TYPE_CHECKING:
    from compiler.plugins.kinds import Family

LOOKS = {
    "pointwise": Look(Ink("#b0e2fa", "#114065"), Ink("#6495ac", "#587ca6"), "1×1 conv"),
    "conv": Look(Ink("#5a89d0", "#398bdf"), Ink("#356baf", "#9dceff"), "k×k conv"),
    "factorised": Look(Ink("#567654", "#67b28d"), Ink("#395838", "#a9f9d0"), "1×n, n×1 conv"),
    "depthwise": Look(
        Ink("#682741", "#f1d0f4"), Ink("#490827", "#fef3ff"), "depthwise, separable conv"
    ),
    "pool": Look(Ink("#dc9345", "#ab5728"), Ink("#825112", "#ef9b6f"), "pool"),
    "norm": Look(Ink("#674a7b", "#c6b4fd"), Ink("#4a2e5d", "#f8f5fe"), "norm"),
    "act": Look(Ink("#fbf9de", "#272817"), Ink("#acab92", "#5f614e"), "activation"),
    "linear": Look(Ink("#302610", "#f7f9ea"), Ink("#1e1701", "#f6f8e9"), "fully connected"),
    "other": Look(Ink("#bebebe", "#555555"), Ink("#747474", "#949494"), "other layer"),
    "join": Look(Ink("#e7eaed", "#232b36"), Ink("#98a3af", "#5c6b7d")),
    "product": Look(Ink("#d2dae3", "#364352"), Ink("#7c8999", "#75879a")),
    "input": Look(Ink("#f2f4f6", "#1b232d"), Ink("#98a4b0", "#5d6c7e")),
    "plain": Look(PAPER, FRAME),
}
"""Of families, those with a legend as light as no other: by day from 17 to 97 of L*, in tens.

So they differ in grey and for whoever sees some colours alike, too. By night the order is turned
round. `tests/test_colours.py` holds what that comes to.
"""

HEAT = (
    Ink("#fefaf7", "#11181f"),
    Ink("#faebdf", "#2f211a"),
    Ink("#f4dac7", "#442d21"),
    Ink("#eec8af", "#5c3728"),
    Ink("#e9b597", "#75422f"),
    Ink("#e2a181", "#8e4d39"),
    Ink("#dc8c6c", "#aa5743"),
    Ink("#d67559", "#c9614e"),
)
"""From nothing to the most: named steps, so that each has a night colour."""

STRIP = {
    "1×1": LOOKS["pointwise"].fill,
    "3×3": LOOKS["conv"].fill,
    "5×5": Ink("#364fa7", "#c0b6fd"),
    "7×7": Ink("#1d215a", "#f2faf8"),
    "1×3": Ink("#ecfde4", "#1e2b19"),
    "1×7": LOOKS["factorised"].fill,
    "depthwise": LOOKS["depthwise"].fill,
    "pool": LOOKS["pool"].fill,
    "other": LOOKS["other"].fill,
}
"""Branches in an overview, by their dominant kernel (see `kernels.bucket`): again no two alike."""


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
    >>> kernels("depthwise, separable conv", 3)
    'depthwise, separable conv'
    """
    if rank == 2 or "×" not in legend:
        return legend
    kernel, _, rest = legend.partition(" ")
    side, *others = kernel.split("×")
    return f"{'×'.join([side] * rank)} {rest}" if [side] == others else "factorised conv"


def look(family: str) -> Look:
    """The look of a family; one that a plugin invents without colours is drawn as `other`."""
    return looks().get(family, LOOKS["other"])
