"""W145: a mean or deviation that no image between 0 and 1 has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from compiler.findings.edits import replaced
from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Subject
from dsl.text.counts import count

BYTES = 255


def _find(subject: Subject) -> Iterator[Finding]:
    channels = int(subject.network.input.channels)
    for name in ("mean", "std"):
        given = subject.spec.meta.get(name)
        values = given if isinstance(given, list) else [given]
        if given is None or not (said := _fault(name, values, channels)):
            continue
        message, help, text = said
        span = subject.spec.at.of(f"meta.{name}")
        fix = replaced(subject, span, subject.written(span), text) if text else None
        yield Finding(span, message, help=help, fix=fix)


def _fault(name: str, values: list[Any], channels: int) -> tuple[str, str, str] | None:
    """What is wrong, what to write, and that as text where it is known."""
    numbers = [each for each in values if isinstance(each, (int, float))]
    if len(numbers) < len(values) or not values:
        return f"{name} is no number", f"write `{name}: 0.5`, or a list of one a channel", ""
    if len(values) not in (1, channels):
        said = f"{name} has {count(len(values), 'number')}, and images {count(channels, 'channel')}"
        return said, "write one number, or one a channel", ""
    if name == "std" and min(numbers) <= 0:
        return (
            f"std has {min(numbers):g}, and images are divided by it",
            "write what is above 0",
            "",
        )
    if max(numbers) > 1:
        divided = [f"{each / BYTES:.4g}" for each in numbers]
        text = divided[0] if len(divided) == 1 else f"[{', '.join(divided)}]"
        said = f"{name} has {max(numbers):g}, and it is of images between 0 and 1"
        return said, f"write `{name}: {text}`: divided by {BYTES}, if it is of bytes", text
    return None


LINT = Lint(
    code="W145",
    name="impossible-preprocessing",
    title="a mean or deviation that no image between 0 and 1 has",
    meaning="The mean and deviation under `meta` are of images between 0 and 1, one number or one "
    "a channel. Here is one above 1, as of images of bytes, a deviation of 0, or another count.",
    why="An image between 0 and 1 that is normalised by numbers of bytes is all but constant, and "
    "the network answers the same to each. Nothing fails, and the export refuses it later.",
    before="stem: [3x3 32]\nmeta: {mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375]}",
    after="stem: [3x3 32]\nmeta: {mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}",
    seen="Caffe's Python interface, whose images lay between 0 and 1 and its models' means between "
    "0 and 255 (BVLC/caffe, issue 867).",
    find=_find,
)
