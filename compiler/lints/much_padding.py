"""W111: a kernel of whose taps a large share reads padding."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Site, Subject, Use
from compiler.findings.sweep import Sweep, Sweeps, dead_taps, on_padding, sweeps
from compiler.findings.wording import share
from compiler.ops.conv import Conv
from dsl.models.extent import kernel_text
from dsl.models.layers import Filter
from dsl.text.counts import count

MOST = 0.6
"""Published networks stay below: GoogLeNet's 5x5 on 7x7 reads 31% padding, ConvNeXt's 7x7 on 7x7
43%, MixNet's 9x9 there 53%. A 5x5 on 3x3 reads 64%."""
SMALLER = "take a smaller kernel, or a larger input"
ENOUGH = 64
"""Maps of more positions than that along an axis aren't tried for advice."""


def _find(subject: Subject) -> Iterator[Finding]:
    for site in subject.layers(Filter):
        windows = _windows(site)
        wasted = {use: found for use, found in windows.items() if on_padding(found) > MOST}
        if wasted and not any(map(dead_taps, windows.values())):  # W110 says worse.
            yield _said(site, wasted)


def _windows(site: Site) -> dict[Use, Sweeps]:
    """The window of each use; of a separable convolution that of its depthwise half.

    One with holes in it is made to reach far: DeepLabv3's rate of 18 on 33x33 reads 60% padding.
    """
    pairs = ((use, sweeps(use.conv)) for use in site.uses if use.conv)
    return {use: found for use, found in pairs if found and _is_dense(found)}


def _is_dense(found: Sweeps) -> bool:
    return any(each.kernel > 1 for each in found) and all(each.dilation == 1 for each in found)


def _said(site: Site, wasted: dict[Use, Sweeps]) -> Finding:
    found = max(wasted.values(), key=on_padding)
    kernel, grid = (each.kernel for each in found), (each.size for each in found)
    spent = sum(_macs(use) * on_padding(swept) for use, swept in wasted.items())
    return Finding(
        site.of("kernel"),
        f"{kernel_text(kernel)} on a map of {kernel_text(grid)}: {share(on_padding(found))} of the "
        f"taps read padding, {count(round(spent), 'multiply-accumulate')} on zeros",
        help=_help(found),
        uses=tuple(wasted),
    )


def _macs(use: Use) -> int:
    assert use.conv
    assert isinstance(use.conv.op, Conv)
    return use.conv.work.macs


def _help(found: Sweeps) -> str:
    """The least map, as much larger on each axis, on which the share is usual."""
    for more in range(1, ENOUGH):
        if on_padding(larger := tuple(_on(each, each.size + more) for each in found)) <= MOST:
            grid = kernel_text(each.size for each in larger)
            return f"{SMALLER}: from a map of {grid} on it is {share(MOST)} at most"
    return SMALLER


def _on(each: Sweep, size: int) -> Sweep:
    """The same window on another map, with as much padding."""
    outs = each.outs + (size - each.size) // each.stride
    return Sweep(size, max(outs, 1), each.kernel, each.stride, each.before, each.dilation)


LINT = Lint(
    code="W111",
    name="much-padding",
    title="a kernel that mostly reads padding",
    meaning="On a map hardly larger than the kernel most of its taps lie beside the map, at most "
    "of its places, and read the zeros of the padding.",
    why="That share of the work is spent on zeros, and the outer weights learn from a few "
    "positions of each map only.",
    before="stem: [16x16 32 /16 valid, 7x7 32]",
    after="stem: [16x16 32 /16 valid, 3x3 32]",
    seen="A textbook's GoogLeNet for 96x96 pixels, whose last two blocks have 5x5 kernels on 3x3: "
    "64%. On the 224x224 pixels of the paper it is 31%.",
    find=_find,
)
