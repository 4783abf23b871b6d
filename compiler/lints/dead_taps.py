"""W110: a kernel so much larger than its map that some of its taps never read a pixel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Site, Subject, Use
from compiler.findings.sweep import Sweeps, conv_weights, dead_taps, slide_of, sweeps, weights_of
from compiler.findings.wording import share
from compiler.ir.nodes import Leaf
from compiler.ops.conv import Conv
from dsl.models.extent import kernel_text
from dsl.models.layers import Filter
from dsl.text.counts import count
from dsl.text.problems import NOWHERE, Span

LARGER = "give it a larger map: a larger input, or less stride before it"


@dataclass(frozen=True)
class _Dead:
    """The weights that have no effect in one use."""

    use: Use
    leaf: Leaf
    taps: int
    weights: int


def _find(subject: Subject) -> Iterator[Finding]:
    found = [(site, dead) for site in subject.layers(Filter) if (dead := _dead(site))]
    total = sum(each.weights for _, dead in found for each in dead)
    notes: tuple[tuple[Span, str], ...] = ()
    if len(found) > 1:
        all_of_them = conv_weights(subject)
        part = f"{total:,} of {all_of_them:,} weights of convolutions"
        notes = ((NOWHERE, f"in the whole network {part} are dead: {share(total / all_of_them)}"),)
    for site, dead in found:
        yield _said(site, dead, notes)
        notes = ()


def _said(site: Site, dead: list[_Dead], notes: tuple[tuple[Span, str], ...]) -> Finding:
    worst = max(dead, key=lambda each: each.taps)
    found = sweeps(worst.leaf)
    kernel = kernel_text(each.kernel for each in found)
    if (rate := max(each.dilation for each in found)) > 1:
        kernel = f"{kernel} at a rate of {rate}"
    taps = f"{worst.taps} of {prod(each.kernel for each in found)} taps never read a pixel"
    weights = count(sum(each.weights for each in dead), "weight")
    return Finding(
        site.of("kernel"),
        f"{kernel} on a map of {kernel_text(each.size for each in found)}: {taps}, "
        f"{weights} {'is' if weights == '1 weight' else 'are'} dead",
        help=_help(found, worst.leaf, whole=len(dead) == len(site.uses)),
        uses=tuple(each.use for each in dead),
        notes=notes,
    )


def _help(found: Sweeps, leaf: Leaf, *, whole: bool) -> str:
    """A kernel that computes the same, where cutting as much off either side gives one.

    Of a step that is used on larger maps, too, that would harm the others: not `whole`.
    """
    if not whole:
        return f"{LARGER}; or a block of its own for these uses: on others it is right"
    slide = slide_of(leaf)
    even = all((each.kernel - each.alive) % 2 == 0 and each.stride == 1 for each in found)
    kept = [each.before == each.dilation * (each.kernel - 1) / 2 for each in found]
    if slide and even and all(kept):
        smaller = kernel_text(each.alive for each in found)
        return f"{smaller} computes the same here; or {LARGER}"
    return f"{LARGER}; or take a smaller kernel"


def _dead(site: Site) -> list[_Dead]:
    found = []
    for use in site.uses:
        for leaf in use.leaves:
            if isinstance(leaf.op, Conv) and (taps := dead_taps(along := sweeps(leaf))):
                weights = weights_of(leaf)
                kernel = prod(each.kernel for each in along)
                found.append(_Dead(use, leaf, taps, weights // kernel * taps))
    return found


LINT = Lint(
    code="W110",
    name="dead-taps",
    title="a kernel with taps that can never read a pixel",
    meaning="The kernel is larger than what it slides over. Wherever it stands, its outer taps lie "
    "on padding, so what their weights are makes no difference: gradients never reach them.",
    why="The network has fewer weights that learn than its parameter count says, and spends "
    "work on zeros. A kernel made for a larger map mostly means an input too small for it.",
    before="stem: [32x32 32 /32 valid, a: 1x7 32, b: 7x1 32]",
    after="stem: [32x32 32 /32 valid, a: 1x3 32, b: 3x1 32]",
    seen="Inception-v3 on CIFAR-10's 32x32 pixels: 39.5% of its convolutions' weights. Of atrous "
    "kernels DeepLabv3 (arXiv:1706.05587) reports that at large rates the centre alone is left.",
    find=_find,
)
