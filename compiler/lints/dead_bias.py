"""W130: a bias that the batch norm behind it takes away again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Site, Subject, Use
from compiler.findings.wording import count
from compiler.ops.conv import Conv
from compiler.ops.deconv import Deconv
from compiler.ops.norm import BatchNorm
from dsl.models.layers import Filter


def _find(subject: Subject) -> Iterator[Finding]:
    """Each word that asks for such biases: of the spec's defaults once, whatever follows it."""
    sites = [(site, dead) for site in subject.layers(Filter) if (dead := _dead(site))]
    own = [(site, dead) for site, dead in sites if "bias" in site.step.at.fields]
    default = [(site, dead) for site, dead in sites if "bias" not in site.step.at.fields]
    for site, dead in own:
        said = "the batch norm behind it takes this bias away"
        yield Finding(
            site.of("bias"),
            f"{said}: {count(sum(dead.values()), 'parameter')} without effect",
            help="leave the word out, or write nobias",
            uses=tuple(dead),
        )
    if default:
        total = sum(sum(dead.values()) for _, dead in default)
        layers = sum(len(dead) for _, dead in default)
        said = f"batch norm takes the bias of {count(layers, 'convolution')} away"
        yield Finding(
            subject.spec.defaults.at.of("bias"),
            f"{said}: {count(total, 'parameter')} without effect",
            help="leave `bias` out: a convolution then has one where no norm follows",
            uses=tuple(use for _, dead in default for use in dead),
        )


def _dead(site: Site) -> dict[Use, int]:
    """The parameters of its biases that have no effect, by use."""
    found: dict[Use, int] = {}
    for use in site.uses:
        for one, behind in pairwise(use.leaves):
            normed = isinstance(one.op, (Conv, Deconv)) and isinstance(behind.op, BatchNorm)
            if normed and (bias := one.op.params(one.inp).get("bias")):
                found[use] = found.get(use, 0) + bias[0]
    return found


LINT = Lint(
    code="W130",
    name="dead-bias",
    title="a bias before a batch norm",
    meaning="A convolution adds a number to each channel, and the batch norm behind it takes the "
    "channel's mean away, that number included. The bias is learned, stored and added for nothing.",
    why="The parameter count is higher than the published one, so the two can't be compared, and "
    "checkpoints of the usual form don't fit.",
    before="stem: [3x3 32 bias]",
    after="stem: [3x3 32]",
    seen="InceptionV1 ports: 6,960 parameters; an Inception-v3 for CIFAR-10: 10,368.",
    find=_find,
)
