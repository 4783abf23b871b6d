"""W122: dilated convolutions in a row that leave holes in what they see.

A convolution without dilation anywhere in the row fills the holes, as in WaveNet and in DRN; so
this looks at all that has a step of one between two steps of more, along each axis by itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler.findings.lint import Finding, Lint
from compiler.findings.offsets import dilations, holes, runs
from compiler.findings.subject import Site, Subject, Use
from compiler.findings.wording import share
from compiler.ir.nodes import leaves
from dsl.models.extent import kernel_text
from dsl.models.layers import Filter
from dsl.text.problems import Span


def _find(subject: Subject) -> Iterator[Finding]:
    dilated: dict[int, list[tuple[Site, Use]]] = {}
    for site in subject.layers(Filter):
        for use in site.uses:
            for leaf in filter(dilations, use.leaves):
                dilated.setdefault(id(leaf), []).append((site, use))
    said: set[Span] = set()
    for nodes, offsets in runs(subject.network.nodes) if dilated else ():
        inside = dict.fromkeys(id(leaf) for _, leaf in leaves(nodes))
        found = [pair for leaf in inside if leaf in dilated for pair in dilated[leaf]]
        missing = holes(offsets)
        if missing and sum(map(dilations, nodes)) > 1 and found[-1][0].span not in said:
            said.update(site.span for site, _ in found)
            field = kernel_text(max(row) - min(row) + 1 for row in offsets)
            yield Finding(
                found[-1][0].of("dilation"),
                f"dilated convolutions in a row see {field} with holes: {share(missing)} of it is "
                "never read",
                help="put one without dilation among them, as in rates of 1, 2 and 5",
                uses=tuple(use for _, use in found),
            )


LINT = Lint(
    code="W122",
    name="dilation-holes",
    title="dilated convolutions in a row that leave holes",
    meaning="Convolutions whose rates have a common factor read every second position, or third, "
    "of every second: however many there are, a position never meets its neighbours.",
    why="The map falls into parts that know nothing of each other, which shows as a grid in what "
    "comes out, and details between the positions that are read are lost.",
    before="stem: [3x3 32 /2, 3x3 32 dil=2 x3]",
    after="stem: [3x3 32 /2, 3x3 32, 3x3 32 dil=2, 3x3 32 dil=5]",
    seen="Networks for segmentation with one rate throughout, as hybrid dilated convolution "
    "(arXiv:1702.08502) and DRN (arXiv:1705.09914) show and mend.",
    find=_find,
)
