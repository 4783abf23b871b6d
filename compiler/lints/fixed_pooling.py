"""W104: a pooling of a fixed size that makes one position of the map, and a linear layer behind it.

Where several positions are flattened a linear layer has weights for each, which is a choice that
holds the input to its size, and no finding. Of one position nothing is gained by that.
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler.findings.edits import replaced
from compiler.findings.limits import limits
from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Site, Subject
from compiler.findings.sweep import sweeps
from compiler.ir.nodes import Leaf, leaves
from compiler.ops.conv import Conv
from compiler.ops.linear import Linear
from compiler.ops.pool import AdaptivePool, AvgPool, Pool
from dsl.models.layers import MaxPool


def _find(subject: Subject) -> Iterator[Finding]:
    pool = _pool(subject)
    site = next((site for site in subject.layers(MaxPool) if _is(site, pool)), None)
    if not pool or not site or not (found := limits(subject.network)):
        return
    mode = "avg" if isinstance(pool.op, AvgPool) else "max"
    same = f"globalpool {mode}"
    yield Finding(
        site.of("kernel"),
        f"this pooling and the linear layer behind it take inputs of {found} only",
        help=f"write `{same}`: the same here, and every larger input fits",
        fix=replaced(subject, site.span, subject.written(site.span), same, guess=False),
    )


def _is(site: Site, pool: Leaf | None) -> bool:
    return any(use.node is pool for use in site.uses)


def _pool(subject: Subject) -> Leaf | None:
    """The fixed pooling that leaves one position to the trunk's first linear layer."""
    last: Leaf | None = None
    for _, leaf in leaves(subject.network.trunk):
        if isinstance(leaf.op, Linear):
            break
        if isinstance(leaf.op, (Pool, Conv, AdaptivePool)):
            last = leaf
    else:
        return None
    if last is None or not isinstance(last.op, Pool):
        return None
    whole = all(
        each.kernel == each.size and not each.before and each.outs == 1 for each in sweeps(last)
    )
    return last if whole else None


LINT = Lint(
    code="W104",
    name="fixed-pooling",
    title="a pooling of a fixed size in front of a linear layer",
    meaning="A pooling as large as the last map makes one position of it, for inputs of the "
    "spec's own size. Of a larger input it leaves more, and the linear layer doesn't fit.",
    why="The network can be used for a few sizes of inputs only, and fails at others in its last "
    "layer, far from the cause. A global pooling computes the same and has no such limit.",
    before="stem: [8x8 32 /8 valid]\nhead: [avgpool 8x8 valid, fc classes]",
    after="stem: [8x8 32 /8 valid]\nhead: [globalpool avg, fc classes]",
    seen="Ports of InceptionV1 that take 193 to 224 pixels; torchvision's first Inception-v3, "
    "which failed on larger images until its pooling was made adaptive (pytorch/vision#644).",
    find=_find,
)
