"""W120: `same` and `tf_same` in one network, on maps where they differ.

Which of the two is right is for the weights to say, and the source doesn't tell: some of Keras's
own networks pad by `same`, others by hand as torch code does. Both in one is what nobody means.
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler.findings.edits import behind, replaced
from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Site, Subject, Use
from compiler.findings.sweep import slide_of
from compiler.ir.nodes import Leaf
from compiler.ops.window import Sliding
from dsl.models.extent import kernel_text
from dsl.models.layers import Filter, MaxPool
from dsl.text.counts import count


def _find(subject: Subject) -> Iterator[Finding]:
    found = list(_padded(subject))
    tf = [(site, uses) for site, kind, uses in found if kind == "tf_same"]
    symmetric = [(site, uses) for site, kind, uses in found if kind == "same"]
    if tf and symmetric:
        fewer, more = sorted((symmetric, tf), key=len)
        layers = count(sum(len(uses) for _, uses in more), "other layer")
        for site, uses in fewer:
            yield _said(subject, site, uses, f"where {layers} of this network {_does(more)}")


def _does(sites: list[tuple[Site, tuple[Use, ...]]]) -> str:
    leaf = sites[0][1][0].leaves[0]
    slide = slide_of(leaf)
    return f"pad {_pads(slide, leaf)}" if slide else ""


def _padded(subject: Subject) -> Iterator[tuple[Site, str, tuple[Use, ...]]]:
    """Each step whose windows lie otherwise by the one rule than by the other, and its rule."""
    for site in subject.layers(Filter, MaxPool):
        kinds = [(use, _rule(use.leaves[0])) for use in site.uses if use.leaves]
        for rule in ("same", "tf_same"):
            if uses := tuple(use for use, kind in kinds if kind == rule):
                yield site, rule, uses


def _rule(leaf: Leaf) -> str:
    """By which of the two rules a window pads, on a map where they differ; empty for neither."""
    slide = slide_of(leaf)
    if slide is None or max(slide.stride) == 1 or not any(_shifts(slide, leaf)):
        return ""
    return "tf_same" if slide.tf_same else "same"


def _shifts(slide: Sliding, leaf: Leaf) -> Iterator[int]:
    """By how many positions windows lie otherwise than by the other rule, on each axis."""
    tf = Sliding(slide.kernel, slide.stride, (), slide.dilation, tf_same=True)
    for axis, size in enumerate(leaf.inp.grid if not slide.ceil else ()):
        symmetric, (before, after) = (slide.span(axis) - 1) // 2, tf.pads(axis, size)
        if before < after and (slide.tf_same or slide.padding[axis] == symmetric):
            yield symmetric - before


def _pads(slide: Sliding, leaf: Leaf) -> str:
    """`0 in front and 1 behind`, on the first axis where the rules differ."""
    pairs = [slide.pads(axis, size) for axis, size in enumerate(leaf.inp.grid)]
    before, after = next((pair for pair in pairs if pair[0] != pair[1]), max(pairs))
    return f"{before} and {after}" if before != after else f"{before} at both ends"


def _said(subject: Subject, site: Site, uses: tuple[Use, ...], against: str) -> Finding:
    leaf = uses[0].leaves[0]
    slide = slide_of(leaf)
    assert slide
    other = "same" if slide.tf_same else "tf_same"
    grid = kernel_text(map(int, leaf.inp.grid))
    rule, own = site.of("padding"), "padding" in site.step.at.fields
    written = "tf_same" if slide.tf_same else "same"
    return Finding(
        rule if own else site.of("kernel"),
        f"pads a map of {grid} by {_pads(slide, leaf)}, {against}: each window lies "
        f"{count(max(_shifts(slide, leaf)), 'position')} {'behind' if slide.tf_same else 'before'} "
        f"where {other} puts it",
        help=f"write {other}: the shapes are the same",
        uses=uses,
        fix=replaced(subject, rule, written, other) if own else behind(subject, site.span, other),
    )


LINT = Lint(
    code="W120",
    name="mixed-same",
    title="two rules of `same` padding in one network",
    meaning="Stepping by two over an even map, TensorFlow pads nothing in front and a row behind; "
    "torch code pads a row at both ends and leaves the last one unused. The grid is the same, "
    "and each window lies one position before TensorFlow's.",
    why="Shapes, parameters and operations agree, so no count shows it. Weights that were trained "
    "by one rule see every map shifted by the other, and the shifts add up.",
    before="stem: [3x3 32 /2 tf_same, 3x3 32 /2 tf_same, 3x3 64 /2]",
    after="stem: [3x3 32 /2 tf_same, 3x3 32 /2 tf_same, 3x3 64 /2 tf_same]",
    seen="Converters between TensorFlow and others (microsoft/MMdnn#660); why torch refuses "
    "`same` beside a stride (pytorch/pytorch#67551).",
    find=_find,
)
