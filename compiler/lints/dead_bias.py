"""W130: a bias that the batch norm behind it takes away again."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.findings.edits import behind, replaced
from compiler.findings.flow import Stop
from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Site, Subject, Use
from compiler.ops.conv import Conv
from compiler.ops.deconv import Deconv
from compiler.ops.linear import Identity
from compiler.ops.norm import BatchNorm
from compiler.ops.pool import MaxPool
from dsl.text.counts import count
from dsl.text.problems import Fix

BIASED = frozenset({Conv, Deconv})
HELP = {
    "bias": "leave the word out, or write nobias",
    "linear": "write nobias beside it: `linear` has a bias unless that is said",
}
"""What to do about a bias, by the word of a step that asks for it."""


def _find(subject: Subject) -> Iterator[Finding]:
    """Each word that asks for such biases: of the spec's defaults once, whatever follows it."""
    sites = _dead(subject)
    everywhere = "bias" in subject.spec.defaults.at.fields
    default = {site: dead for site, dead in sites.items() if everywhere and not _own(site)}
    for site, dead in sites.items():
        if site not in default:
            said = "the batch norm behind it takes this bias away"
            yield Finding(
                site.of(_own(site) or "bias"),
                f"{said}: {count(sum(dead.values()), 'parameter')} without effect",
                help=HELP.get(_own(site), "write nobias beside it"),
                uses=tuple(dead),
                fix=_fix(subject, site, dead),
            )
    if default:
        total = sum(sum(dead.values()) for dead in default.values())
        layers = sum(len(dead) for dead in default.values())
        said = f"batch norm takes the bias of {count(layers, 'convolution')} away"
        yield Finding(
            subject.spec.defaults.at.of("bias"),
            f"{said}: {count(total, 'parameter')} without effect",
            help="leave `bias` out: a convolution then has one where no norm follows",
            uses=tuple(use for dead in default.values() for use in dead),
        )


INSTEAD = {"bias": "nobias", "true": "false"}
"""What takes a bias away, by what asks for it."""


def _fix(subject: Subject, site: Site, dead: dict[Use, int]) -> Fix | None:
    """Taking the bias away, where nothing but these uses would lose it."""
    word = _own(site)
    span = site.of(word)
    if not word or len(dead) < len(site.uses):
        return None
    if word == "linear":
        return behind(subject, span, "nobias", guess=False)
    written = subject.written(span)
    return replaced(subject, span, written, INSTEAD.get(written, ""), guess=False)


def _own(site: Site) -> str:
    """The word of the step itself that asks for a bias."""
    return next((word for word in HELP if word in site.step.at.fields), "")


def _dead(subject: Subject) -> dict[Site, dict[Use, int]]:
    """The parameters of biases that have no effect, by step and use."""
    found: dict[Site, dict[Use, int]] = {}
    for stop in subject.flow:
        if stop.leaf is None or type(stop.op) not in BIASED:
            continue
        bias = stop.leaf.op.params(stop.leaf.inp).get("bias")
        behind = {type(other.op) for other in stop.ahead(_keeps_constants)}
        if bias and behind == {BatchNorm}:
            site, use = subject.owners[stop.path]
            dead = found.setdefault(site, {})
            dead[use] = dead.get(use, 0) + bias[0]
    return found


def _keeps_constants(stop: Stop) -> bool:
    """Whether what is added to all of a channel comes out as added to all of one."""
    return stop.word in {"concat", "add", "residual"} or type(stop.op) in {MaxPool, Identity}


LINT = Lint(
    code="W130",
    name="dead-bias",
    title="a bias before a batch norm",
    meaning="A convolution adds a number to each channel, and the batch norm behind it takes the "
    "channel's mean away, that number included, behind a sum or a concat as well. The bias is "
    "learned, stored and added for nothing.",
    why="The parameter count is higher than the published one, so the two can't be compared, and "
    "checkpoints of the usual form don't fit.",
    before="stem: [3x3 32 bias]",
    after="stem: [3x3 32]",
    seen="InceptionV1 ports: 6,960 parameters; an Inception-v3 for CIFAR-10: 10,368; behind the "
    "sums of an Inception-ResNet-v2 for CIFAR-100: 47,400.",
    find=_find,
)
