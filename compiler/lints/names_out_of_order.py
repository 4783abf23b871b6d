"""W150: steps whose names count, and not in the order in which they run; or that look alike."""

from __future__ import annotations

import re
from collections.abc import Iterator

from compiler.findings.lint import Finding, Lint
from compiler.findings.subject import Subject
from compiler.ir.nodes import Tap
from dsl.models.layers import Step
from dsl.text.problems import Span

NUMBERED = re.compile(r"([A-Za-z_]*?)_?(\d+)([a-z]?)")
"""What is before a number, the number, and a letter behind it: `mixed_5c`, `conv2`."""


def _find(subject: Subject) -> Iterator[Finding]:
    trunk = [node for node in subject.network.nodes if not isinstance(node, Tap)]
    steps = [subject.steps[node.span] for node in trunk if node.span in subject.steps]
    named = [step for step in steps if step.name]
    yield from _backwards(named)
    yield from _alike(named)


def _backwards(steps: list[Step]) -> Iterator[Finding]:
    """Each step whose number is less than that of one of its kind before it."""
    last: dict[str, tuple[tuple[int, str], Step]] = {}
    for step in steps:
        match = NUMBERED.fullmatch(step.name or "")
        if not match:
            continue
        number = (int(match[2]), match[3])
        before, other = last.get(match[1].lower(), (number, step))
        if number < before:
            place = other.at.of("name")
            yield Finding(
                step.at.of("name"),
                f"{step.name} runs behind {other.name}",
                help="name steps in the order in which they run",
                notes=((place, f"{other.name} stands before it"),),
            )
        else:
            last[match[1].lower()] = (number, step)


def _alike(steps: list[Step]) -> Iterator[Finding]:
    """Each step whose name is another's but for capitals and underscores."""
    seen: dict[str, tuple[Span, str]] = {}
    for step in steps:
        name = step.name or ""
        place, other = seen.setdefault(name.replace("_", "").lower(), (step.at.of("name"), name))
        if other != name:
            yield Finding(
                step.at.of("name"),
                f"{name} and {other} differ in capitals and underscores alone",
                help="give one of them another name",
                notes=((place, f"{other} stands there"),),
            )


LINT = Lint(
    code="W150",
    name="misleading-label",
    title="a step whose name misleads about its place",
    meaning="Names such as mixed_5b, mixed_5c and mixed_5d say in which order steps run, and here "
    "one with a lower number runs behind one with a higher. Or two names can only be told apart "
    "by their capitals and underscores.",
    why="Checkpoints, drawings and papers go by these names. Weights that are loaded by name fit "
    "where shapes are equal, as they mostly are within a stage, and end up in the other step.",
    before="body: [conv_1a: 3x3 32, conv_2b: 3x3 32, conv_2a: 3x3 32]",
    after="body: [conv_1a: 3x3 32, conv_2a: 3x3 32, conv_2b: 3x3 32]",
    seen="An Inception-v3 for CIFAR-10 labels three of its blocks 4e.",
    find=_find,
)
