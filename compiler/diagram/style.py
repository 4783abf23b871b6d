"""Colours of families: every drawing takes its looks from here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.ir.plugged import every_kind
from compiler.picture.hatching import Hatch
from compiler.picture.ink import FRAME, PAPER, Ink, Look

if TYPE_CHECKING:
    from compiler.plugins.kinds import Family

LOOKS = {
    "pointwise": Look(Ink("#b0e2fa", "#114065"), Ink("#6495ac", "#587ca6"), "pointwise conv"),
    "conv": Look(Ink("#5a89d0", "#398bdf"), Ink("#356baf", "#9dceff"), "conv"),
    "factorised": Look(Ink("#567654", "#67b28d"), Ink("#395838", "#a9f9d0"), "factorised conv"),
    "depthwise": Look(
        Ink("#682741", "#f1d0f4"), Ink("#490827", "#fef3ff"), "depthwise, separable conv"
    ),
    "pool": Look(Ink("#dc9345", "#ab5728"), Ink("#825112", "#ef9b6f"), "pool"),
    "norm": Look(Ink("#5f5068", "#837e93"), Ink("#44364d", "#b6b1c6"), "norm"),
    "act": Look(Ink("#f5eaa4", "#32222f"), Ink("#a89e5e", "#6d5969"), "activation"),
    "linear": Look(Ink("#302607", "#e8af47"), Ink("#1e1701", "#f8d48d"), "fully connected"),
    "other": Look(Ink("#bebebe", "#555555"), Ink("#747474", "#949494"), "other layer"),
    "join": Look(Ink("#e7eaed", "#232b36"), Ink("#98a3af", "#5c6b7d")),
    "product": Look(Ink("#d2dae3", "#364352"), Ink("#7c8999", "#75879a")),
    "input": Look(Ink("#f2f4f6", "#1b232d"), Ink("#98a4b0", "#5d6c7e")),
    "plain": Look(PAPER, FRAME),
}
"""Of families, which plugins may name, too. Convolutions have the colour of their kernel."""

KERNELS = {
    "1×1": LOOKS["pointwise"],
    "3×3": LOOKS["conv"],
    "5×5": Look(Ink("#364fa7", "#c0b6fd"), Ink("#1f3388", "#efeaff")),
    "7×7": Look(Ink("#1d215a", "#f2faf8"), Ink("#0b0e3a", "#fdffff")),
    "1×3": Look(Ink("#ecfde4", "#1e2b19"), Ink("#9fb197", "#53644c")),
    "1×7": LOOKS["factorised"],
}
"""Of convolutions by their kernel (see `kernels.bucket`), in boxes, bars and strips alike."""

STRIP = {name: found.fill for name, found in KERNELS.items()} | {
    name: LOOKS[name].fill for name in ("depthwise", "pool", "other")
}
"""Of branches, by their largest kernel (see `kernels.piece`): each as light as no other.

By day from 17 to 97 of L*, in tens, by night in the opposite order, so they differ in grey and for
whoever sees some colours alike, too. `tests/test_colours.py` holds what that comes to.
"""

HATCHES: dict[str, Hatch] = {
    "1×1": "blank",
    "3×3": "upright",
    "5×5": "uprights",
    "7×7": "full",
    "1×3": "level",
    "1×7": "levels",
    "depthwise": "grid",
    "pool": "dots",
    "other": "specks",
    "mixed": "dashes",
}
"""What stands for these colours where there are none: kernels grow darker, 1×n lie down."""

HEAT = (
    Ink("#fefaf7", "#11181f"),
    Ink("#ecc4a5", "#513025"),
    Ink("#e09268", "#854937"),
    Ink("#c86648", "#b06145"),
    Ink("#ab4939", "#d07f56"),
    Ink("#812e2a", "#edaa6d"),
)
"""From nothing to the most, neighbours as far apart as any two colours of a strip, in grey too.

More steps than these would have to end in black.
"""


def filled(name: str) -> Ink:
    """The colour of a branch in strips and bars; none of one that is made of several kernels."""
    return STRIP.get(name, PAPER)


def looks() -> dict[str, Look]:
    """Every family's look, those that plugins bring behind our own."""
    theirs = (kind.family for kind in every_kind() if kind.family)
    return LOOKS | {each.name: _brought(each) for each in theirs}


def _brought(family: Family) -> Look:
    fill, line = Ink(family.fill, family.dark_fill), Ink(family.line, family.dark_line)
    return Look(fill, line, family.name)


def look(name: str) -> Look:
    """The look of a kernel or a family; what a plugin invents without colours is `other`."""
    return KERNELS.get(name) or looks().get(name, LOOKS["other"])
