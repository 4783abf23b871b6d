"""Shapes, counts and receptive fields as an editor shows them."""

from __future__ import annotations

from collections.abc import Iterable

from compiler.cost.field import pixels_text
from compiler.editor.uses import Use
from compiler.ir.nodes import Leaf, Parallel, Series, Tap
from compiler.ir.op import Shape
from compiler.ops.words import holding, is_unit, joining, kind_of

STEPS = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))


def shaped(shape: Shape) -> str:
    """`768×17×17`."""
    return "×".join(str(int(size)) for size in shape)


def short(count: int) -> str:
    """A count to three digits.

    >>> [short(count) for count in (7, 1234, 23_834_568, 5_713_216_096)]
    ['7', '1.23 k', '23.8 M', '5.71 G']
    """
    for size, letter in STEPS:
        if count >= size * 0.9995:
            return f"{count / size:.3g} {letter}"
    return str(count)


def ranged(counts: Iterable[int]) -> str:
    """One count, or the least and the largest of several.

    >>> ranged([5, 5]), ranged([1_000_000, 2_500_000])
    ('5', '1 M to 2.5 M')
    """
    found = sorted(set(counts))
    return short(found[0]) if len(found) == 1 else f"{short(found[0])} to {short(found[-1])}"


def field_of(use: Use) -> str:
    """The window of the image that one position behind it sees; a dash past the last map."""
    trace = use.behind
    if not trace.spatial:
        return "-"
    told = [*map(pixels_text, trace.field.size)]
    return told[0] if len(set(told)) == 1 else "×".join(told)


def what(use: Use) -> str:
    """What a step is: `conv 3×3 s2`, `concat of 4 branches`, a block's name."""
    match use.node:
        case Leaf():
            return kind_of(use.node)
        case Series() if is_unit(use.node):
            return kind_of(use.node)
        case Tap():
            return f"auxiliary head at {use.node.source}, weight {use.node.weight:g}"
        case Parallel() if not use.call:
            return joining(use.node)
    return holding(use.node)


def rows(uses: list[Use], most: int) -> str:
    """A table of uses, one a line."""
    lines = ["| | in → out | params | MACs | receptive field |", "|:--|:--|--:|--:|--:|"]
    lines += [
        f"| `{use.path}` | {shaped(use.inp)} → {shaped(use.out)} | {use.params:,} | "
        f"{short(use.macs)} | {field_of(use)} |"
        for use in uses[:most]
    ]
    more = len(uses) - most
    return "\n".join(lines) + (f"\n\n… and {more:,} more" if more > 0 else "")
