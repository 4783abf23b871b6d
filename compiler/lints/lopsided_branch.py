"""W124: a branch that sees further along one axis than along the other, with none to answer it."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.cost.field import Pixels, pixels_text
from compiler.cost.sums import seen
from compiler.findings.edits import replaced
from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Site, Subject, Use
from compiler.findings.sweep import sweeps
from compiler.ir.nodes import Node, Parallel
from dsl.models.extent import kernel_text
from dsl.models.layers import Filter
from dsl.text.problems import Span


def _find(subject: Subject) -> Iterator[Finding]:
    grid = subject.network.input.grid
    if len(grid) < 2 or grid[-1] != grid[-2]:
        return  # Of a spectrogram, say, the axes differ in what they are.
    branches = _lopsided(subject)
    last: dict[int, tuple[Site, Use]] = {}
    for site in subject.layers(Filter) if branches else ():
        for use in site.uses:
            inside = (id(node) for node in (use.node, *reversed(use.around)))
            branch = next((each for each in inside if each in branches), 0)
            if branch and _excess(use) * _difference(branches[branch]) > 0:
                last[branch] = site, use
    found: dict[Span, list[tuple[Site, Use, Pixels]]] = {}
    for branch, (site, use) in last.items():
        found.setdefault(site.span, []).append((site, use, branches[branch]))
    yield from (_said(subject, cases) for cases in found.values())


def _lopsided(subject: Subject) -> dict[int, Pixels]:
    """The field of each branch that has none beside it as far along the other axis."""
    found: dict[int, Pixels] = {}
    for node in {id(use.node): use.node for use in subject.uses}.values():
        if not isinstance(node, Parallel):
            continue
        fields = [_field(branch) for branch in node.branches]
        for branch, field in zip(node.branches, fields, strict=True):
            if field and _difference(field) and _turned(field) not in fields:
                found[id(branch)] = field
    return found


def _field(branch: Node) -> Pixels:
    """What a position behind a branch sees of the map before it; nothing where it sees all."""
    trace = seen(branch)
    return trace.field.size if trace.spatial else ()


def _turned(field: Pixels) -> Pixels:
    return (*field[:-2], field[-1], field[-2])


def _difference(field: Pixels) -> float:
    """How much further it is along the last axis than along the one before."""
    return field[-1] - field[-2]


def _excess(use: Use) -> int:
    """The same of a step's window."""
    found = sweeps(use.conv) if use.conv else ()
    return found[-1].reach - found[-2].reach if len(found) > 1 else 0


def _said(subject: Subject, cases: list[tuple[Site, Use, Pixels]]) -> Finding:
    site, use, field = cases[0]
    sides = tuple(each.kernel for each in sweeps(use.conv)) if use.conv else ()
    turned = kernel_text((*sides[:-2], sides[-1], sides[-2]))
    enough = _difference(field) == 2 * _excess(use)
    return Finding(
        site.of("kernel"),
        f"this branch sees {kernel_text(map(pixels_text, field))} of its map, and none beside it "
        f"{kernel_text(map(pixels_text, _turned(field)))}",
        help=f"write {turned} here" if enough else f"put a {turned} behind it, or beside it",
        uses=tuple(use for _, use, _ in cases),
        fix=replaced(subject, site.of("kernel"), kernel_text(sides), turned) if enough else None,
    )


LINT = Lint(
    code="W124",
    name="lopsided-branch",
    title="a one-sided kernel that nothing answers",
    meaning="A 7x7 kernel can be taken apart into a 1x7 and a 7x1, one behind the other or side by "
    "side. Two of one kind, or one alone, see a row or a column and nothing above or beside it.",
    why="The branch is as wide as meant along one axis only. With equal kernels the count of "
    "parameters is the same as of the right pair, so no total shows it.",
    before="stem: [3x3 32 /2]\nbody:\n  - concat: [1x1 32, [1x1 16, 1x7 16, 1x7 32]]",
    after="stem: [3x3 32 /2]\nbody:\n  - concat: [1x1 32, [1x1 16, 1x7 16, 7x1 32]]",
    seen="Figure 5 of Inception-v4's paper prints 1x7 twice where the released code has a 7x1 "
    "(tensorflow/models#3313 and #7041); a Caffe port with a 1x3 for a 3x1 "
    "(soeaver/caffe-model#81).",
    find=_find,
)
