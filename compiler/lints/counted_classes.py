"""I113: a last layer by a number that is `classes`, and doesn't follow it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from compiler.findings.edits import replaced
from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Subject
from dsl.models.layers import Layer, Linear, Step


def _find(subject: Subject) -> Iterator[Finding]:
    classes = str(subject.spec.classes)
    for steps in (subject.spec.head, *(head.steps for head in subject.spec.aux)):
        last = _classifier(steps)
        span = last.at.of("width") if last else None
        if span and subject.written(span) == classes:
            yield Finding(
                span,
                f"{classes} stands for the classes, and won't follow them: with any other number "
                "this network can't be built",
                help="write classes",
                fix=replaced(subject, span, classes, "classes", guess=False),
            )


def _classifier(steps: Sequence[Step]) -> Linear | None:
    """The linear layer that a head ends in, but for what has no width of its own behind it."""
    for step in reversed(steps):
        if isinstance(step, Linear):
            return step
        if not isinstance(step, Layer) or "width" in type(step).model_fields:
            return None
    return None


LINT = Lint(
    code="I113",
    name="counted-classes",
    title="a last layer by number, where `classes` belongs",
    meaning="The head ends in `fc` and a number, which is that of the key `classes`. Nothing joins "
    "the two: `fc classes` would be as many, and follow the key.",
    why="Another number of classes is what most networks are wanted with. `--classes`, "
    "`num_classes=` and a variant's `classes` then end in E113.",
    before="classes: 10\nstem: [3x3 32 /2, 3x3 64 /2]\nhead: [globalpool avg, fc 10]",
    after="classes: 10\nstem: [3x3 32 /2, 3x3 64 /2]\nhead: [globalpool avg, fc classes]",
    seen="A newcomer's first network in this language, written with an editor's help alone.",
    find=_find,
)
