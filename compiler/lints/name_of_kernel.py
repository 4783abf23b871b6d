"""W142: a branch, step or block that is named after a kernel which it doesn't have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from compiler.findings.edits import replaced
from compiler.findings.lint import Finding, Lint
from compiler.findings.spans import kernels, reach
from compiler.findings.subject import Site, Subject
from compiler.findings.sweep import weights_of
from compiler.ir.facts import Axes
from compiler.ir.nodes import leaves
from compiler.ops.conv import Conv
from dsl.models.extent import kernel_text
from dsl.models.layers import Split
from dsl.text.counts import count
from dsl.text.problems import Fix

SIDES = re.compile(r"(?<![0-9x])\d{1,2}(?:x\d{1,2}){1,2}(?![0-9x])")
COUNTED = re.compile(r"([A-Za-z_]*?)(\d)")
MOST = 11
"""The longest side of a kernel that a name is taken to mean; larger numbers are sizes of maps."""


@dataclass(frozen=True)
class Claim:
    """A named step, and the kernel that its name promises."""

    site: Site
    kernel: Axes

    @property
    def holds(self) -> bool:
        """Whether it has that kernel, or several that make one: 7x1 and 1x7, or two of 3x3."""
        return all(
            self._sides_in(kernels(use.node)) or reach(use.node) == self.kernel
            for use in self.site.uses
        )

    def _sides_in(self, found: set[Axes]) -> bool:
        """Whether each side of the kernel is that of some layer, along the same axis.

        Inception-v3's `branch7x7dbl` is 7x1, 1x7, 7x1, 1x7, and its `branch7x7x3` steps in a 3x3.
        """
        return all(
            any(kernel[axis] == side for kernel in found) for axis, side in enumerate(self.kernel)
        )


def _find(subject: Subject) -> Iterator[Finding]:
    rank = len(subject.network.input.grid)
    sites = {site.span: site for site in subject.sites if site.step.name}
    claims = [claim for site in sites.values() for claim in _spelled(site, rank)]
    for step in subject.steps.values():
        if isinstance(step, Split):
            named = [sites[each.at.span] for each in step.branches if each.at.span in sites]
            claims += _counted(named, rank)
    for claim in claims:
        if not claim.holds and _has_window(claim.site):
            yield _said(subject, claim)


def _spelled(site: Site, rank: int) -> Iterator[Claim]:
    """A name such as `b5x5`, with as many sides as the map has axes."""
    found = SIDES.findall(site.step.name or "")
    sides = tuple(map(int, found[0].split("x"))) if len(found) == 1 else ()
    if len(sides) == rank and min(sides) > 0 and max(sides) <= MOST and set(sides) != {1}:
        yield Claim(site, sides)


def _counted(branches: list[Site], rank: int) -> list[Claim]:
    """Branches such as `b1`, `b3` and `b5`: odd numbers that don't just count.

    All but one must have the kernel that they are named after, or the numbers mean something else.
    """
    found: dict[str, list[Claim]] = {}
    for site in branches:
        if match := COUNTED.fullmatch(site.step.name or ""):
            found.setdefault(match[1], []).append(Claim(site, (int(match[2]),) * rank))
    for claims in found.values():
        odd = all(claim.kernel[0] % 2 for claim in claims)
        if odd and len(claims) > 2 and sum(not claim.holds for claim in claims) == 1:
            return claims
    return []


def _has_window(site: Site) -> bool:
    """Whether anything in it is larger than 1: `5x5_reduce` is what stands in front of one."""
    return any(prod(kernel) > 1 for kernel in kernels(site.uses[0].node))


def _said(subject: Subject, claim: Claim) -> Finding:
    site, wanted = claim.site, kernel_text(claim.kernel)
    largest: Axes = max(kernels(site.uses[0].node), key=prod)
    difference = _parameters(claim)
    counted = ""
    if difference:
        more = "less" if difference > 0 else "more"
        counted = f", with {count(abs(difference), 'parameter')} {more}"
    return Finding(
        site.of("name"),
        f"{site.step.name} is named after {wanted} and has {kernel_text(largest)}{counted}",
        help=f"write {wanted} there, or another name",
        uses=site.uses,
        fix=_fix(subject, claim, largest),
    )


def _fix(subject: Subject, claim: Claim, largest: Axes) -> Fix | None:
    """The kernel of the name in the place of the largest, where one step has that."""
    inside = {path for use in claim.site.uses for path, _ in leaves((use.node,), _before(use.path))}
    sites = {
        site.span: site
        for path, (site, use) in subject.owners.items()
        if path in inside and largest in kernels(use.node)
    }
    if len(sites) != 1:
        return None
    (site,) = sites.values()
    wanted, written = kernel_text(claim.kernel), kernel_text(largest)
    return replaced(subject, site.of("kernel"), written, wanted)


def _before(path: str) -> str:
    """What stands before the last name of a path."""
    return path[: path.rfind(".") + 1]


def _parameters(claim: Claim) -> int:
    """How many more the named kernel would have in the place of the largest, if that is one."""
    total = 0
    for use in claim.site.uses:
        convs = [leaf for _, leaf in leaves((use.node,)) if isinstance(leaf.op, Conv)]
        sizes = [prod(leaf.op.slide.kernel) for leaf in convs if isinstance(leaf.op, Conv)]
        if not sizes or sizes.count(max(sizes)) > 1:
            return 0
        leaf = convs[sizes.index(max(sizes))]
        weights = weights_of(leaf)
        total += weights // max(sizes) * (prod(claim.kernel) - max(sizes))
    return total


LINT = Lint(
    code="W142",
    name="name-of-another-kernel",
    title="a branch that is named after a kernel which it doesn't have",
    meaning="A name says 5x5, or stands for it beside b1 and b3, and nothing in what it names has "
    "that kernel, nor do smaller ones reach as far together.",
    why="Shapes agree whatever the kernel, so nothing else tells. Whoever reads the name, or ports "
    "the network by it, has another network, with other weights.",
    before="inception:\n  A: {concat: [b1: 1x1 16, b3: [1x1 16, 3x3 32], b5: [1x1 8, 3x3 16]]}\n"
    "body: [3x3 32, A]",
    after="inception:\n  A: {concat: [b1: 1x1 16, b3: [1x1 16, 3x3 32], b5: [1x1 8, 5x5 16]]}\n"
    "body: [3x3 32, A]",
    seen="The GoogLeNet of torchvision and TF-slim's Inception-v1 (pytorch/vision, issue 906; "
    "tensorflow/models, issue 443), and ports that were made from them: 380,928 parameters less.",
    find=_find,
)
