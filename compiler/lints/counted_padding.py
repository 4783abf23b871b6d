"""W121: an average that counts the zeros of its padding, where TensorFlow's don't.

Which of the two is right is for the weights to say, so counting alone is no finding: torchvision's
Inception-v3 counts, timm's Inception-v4 doesn't, each as it was trained. It is one where the spec
says itself that it means the other: padding as TensorFlow's, Keras's weights and no others, or
averages of both kinds.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import prod

from compiler.findings.edits import behind, replaced
from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Site, Subject, Use
from compiler.findings.sweep import Sweep, sweeps
from compiler.findings.wording import share
from compiler.ir.nodes import Leaf
from compiler.ops.pool import AvgPool
from dsl.models import layers
from dsl.models.weights import KERAS
from dsl.text.problems import Fix, Span

Pair = tuple[Site, Use]


def _find(subject: Subject) -> Iterator[Finding]:
    pools = [
        (site, use)
        for site in subject.layers(layers.AvgPool)
        for use in site.uses
        if use.leaves and _pads(use.leaves[0])
    ]
    counting = [pair for pair in pools if _op(pair).count_padding]
    others = [pair for pair in pools if not _op(pair).count_padding]
    if not counting:
        return
    if set(subject.spec.weights) == {KERAS}:
        yield from _by_place(subject, counting, "Keras, whose weights these are, doesn't")
        return
    tf = [pair for pair in counting if _is_tf(subject, pair)]
    yield from _by_place(subject, tf, "TensorFlow, whose padding this is, doesn't")
    rest = [pair for pair in counting if pair not in tf]
    if rest and others:
        here = "another average here doesn't"
        if len(others) > 1:
            here = f"{len(others)} other averages here don't"
        yield from _by_place(subject, rest, here)


def _is_tf(subject: Subject, pair: Pair) -> bool:
    """Whether it pads as TensorFlow's SAME does, by its own word or the default."""
    site, slide = pair[0], _op(pair).slide
    default = "padding" not in site.step.at.fields and subject.spec.defaults.padding
    return "tf_same" in (default, slide.mode) or slide.tf_same


def _op(pair: Pair) -> AvgPool:
    op = pair[1].leaves[0].op
    assert isinstance(op, AvgPool)
    return op


def _pads(leaf: Leaf) -> bool:
    """Whether a window of an average holds padding, on the map that it gets."""
    return isinstance(leaf.op, AvgPool) and any(_corner(each) < 1 for each in sweeps(leaf))


def _corner(each: Sweep) -> Fraction:
    """The share of pixels in the window that has the fewest."""
    ends = (each.held(0), each.held(each.outs - 1))
    return Fraction(min(ends), each.kernel)


def _whole(each: Sweep) -> int:
    """How many windows along an axis hold no padding."""
    return sum(each.held(at) == each.kernel for at in range(each.outs))


def _by_place(subject: Subject, pairs: list[Pair], whose: str) -> Iterator[Finding]:
    """A finding for each word that decides."""
    found: dict[Span, list[Use]] = {}
    for site, use in pairs:
        found.setdefault(_place(subject, site), []).append(use)
    for span, uses in found.items():
        along = sweeps(min(uses, key=lambda use: prod(use.node.out.grid)).leaves[0])
        touched = 1 - prod(map(_whole, along)) / prod(each.outs for each in along)
        yield Finding(
            span,
            f"{_who(uses)} the padding in, and {whose}: a corner comes out at "
            f"{prod(map(_corner, along))}, and {share(touched)} of the map too small",
            help="write nopad; for all averages, `avgpool: nopad` under defaults",
            uses=tuple(uses),
            fix=_fix(subject, span),
        )


def _fix(subject: Subject, span: Span) -> Fix | None:
    """The other word in the place of one, or behind an average that says none."""
    sites = (site for site in subject.layers(layers.AvgPool) if span == site.of("kernel"))
    if site := next(sites, None):
        return behind(subject, site.span, "nopad")
    return replaced(subject, span, "countpad", "nopad")


def _who(uses: list[Use]) -> str:
    return f"{len(uses):,} averages count" if len(uses) > 1 else "this average counts"


def _place(subject: Subject, site: Site) -> Span:
    """The word that decides: the step's own, the default, or the average itself."""
    defaults = subject.spec.defaults.at
    if "count_padding" not in site.step.at.fields and "avgpool" in defaults.fields:
        return defaults.of("avgpool")
    return site.step.at.fields.get("count_padding", site.of("kernel"))


LINT = Lint(
    code="W121",
    name="counted-padding",
    title="an average that counts its padding, where TensorFlow doesn't",
    meaning="By default torch divides by all positions of a window, zeros of the padding included; "
    "TensorFlow and Keras by those that are pixels. Inside the map both are the same.",
    why="Shapes agree and most values do. At the border every channel is smaller than the weights "
    "behind it were trained for, the more so the smaller the map.",
    before="defaults: {padding: tf_same}\nstem: [8x8 32 /8, avgpool 3x3]",
    after="defaults: {padding: tf_same}\nstem: [8x8 32 /8, avgpool 3x3 nopad]",
    seen="A converter that made TensorFlow's Inception-v3 into torch's, corners divided by 9 "
    "instead of 4 (microsoft/MMdnn#628).",
    find=_find,
)
