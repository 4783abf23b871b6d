"""W113: windows side by side that stop short of the map's end.

Where windows overlap, rows at the end are left unread by many published networks at inputs that
they weren't made for; that is the input's matter, and I114.
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler.findings.beside import Seen, share_of, unread
from compiler.findings.edits import behind
from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Site, Subject, Use
from compiler.findings.sweep import Sweeps, sweeps
from compiler.findings.wording import share
from compiler.ir.nodes import Leaf
from compiler.ops.pool import Pool
from compiler.ops.window import POSITIONS
from dsl.models.extent import kernel_text
from dsl.models.layers import Filter, MaxPool
from dsl.text.counts import count

CEIL = "write ceil: the last window then hangs over the edge and reads them"


def _find(subject: Subject) -> Iterator[Finding]:
    for site in subject.layers(Filter, MaxPool):
        dropped = {use: rows for use in site.uses if any(rows := _dropped(use))}
        if dropped:
            yield _said(subject, site, dropped)


def _window(use: Use) -> tuple[Leaf, Sweeps] | None:
    """The first layer of a step, if it is one with a window."""
    first = next(iter(use.leaves), None)
    return (first, sweeps(first)) if first and sweeps(first) else None


def _dropped(use: Use) -> Seen:
    """Along each axis the positions at the end that windows side by side leave out."""
    found = _window(use)
    if not found or not any(each.unread_end and _tiles(found[1]) for each in found[1]):
        return ()
    return tuple(
        frozenset(at for at in rows if at >= each.size - each.unread_end)
        for rows, each in zip(unread(use), found[1], strict=True)
    )


def _tiles(found: Sweeps) -> bool:
    """Whether the windows stand side by side: each as wide as its step, where it steps at all."""
    stepping = [each for each in found if each.stride > 1]
    return all(each.kernel == each.stride and each.dilation == 1 for each in stepping)


def _said(subject: Subject, site: Site, dropped: dict[Use, Seen]) -> Finding:
    use = max(dropped, key=lambda each: share_of(dropped[each], each.node.inp))
    rows, shape = dropped[use], use.node.inp
    leaf, found = _window(use) or (None, ())
    ends, help = _ends(rows), _help(leaf, found)
    kernel, grid = kernel_text(each.kernel for each in found), kernel_text(map(int, shape.grid))
    return Finding(
        site.of("kernel"),
        f"{kernel} steps over a map of {grid} and never reads {ends} at its end, "
        f"{share(share_of(rows, shape))} of it",
        help=help,
        uses=tuple(dropped),
        fix=behind(subject, site.span, "ceil") if help == CEIL else None,
    )


def _ends(rows: Seen) -> str:
    """`1 row and 1 column`."""
    names = (name.removesuffix("s") for name in POSITIONS[len(rows)])
    return " and ".join(count(len(row), name) for row, name in zip(rows, names, strict=True) if row)


def _help(leaf: Leaf | None, found: Sweeps) -> str:
    """A pooling may hang over the edge; a convolution needs a map that its windows fill."""
    if all((each.size - each.reach) % each.stride == 0 for each in found):
        return "`valid` pads nothing in front, and the windows fill the map"
    if leaf and isinstance(leaf.op, Pool):
        return CEIL
    fitting = kernel_text(each.size - each.unread_end for each in found)
    return f"give it a map that its windows fill, such as {fitting}, or pad it"


LINT = Lint(
    code="W113",
    name="dropped-rows",
    title="a pooling that drops the last rows",
    meaning="The windows stand side by side, and the map is no multiple of them. What is left over "
    "at the bottom and the right is in no window, and sizes are rounded down.",
    why="A part of the map has no influence on what comes out, and no gradient. What an object "
    "at the edge gives is lost without a word; mostly a size before it is not what was meant.",
    before="stem: [3x3 32 pad=2 /2, maxpool 2x2 /2]",
    after="stem: [3x3 32 pad=2 /2, maxpool 2x2 /2 ceil]",
    seen="A port of InceptionV1, whose 58x58 maps, two too large, become 29x29 and then 14x14: a "
    "row and a column, 6.8% of the positions.",
    find=_find,
)
