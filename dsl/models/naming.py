"""What unnamed steps are called, in addresses, state-dict keys and diagrams alike.

Steps that become attributes of a class (a network's, a block's) go by their kind: `fc`,
or `conv1`, `conv2` where there are several. Steps of a nested list are numbered from 0,
as `nn.Sequential` does; branches from `branch1`. A name that the author gave always wins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from collections.abc import Sequence as Seq

from dsl.models.layers import Step
from dsl.models.model import Section, Sequence, Split


def child_names(steps: Seq[Step], taken: frozenset[str] = frozenset()) -> list[str]:
    """Names of the steps of a network's section or of a block, by kind."""
    used = {step.name for step in steps if step.name} | taken
    kinds = Counter(step.auto for step in steps if not step.name)
    counters: Counter[str] = Counter()
    names = []
    for step in steps:
        name = step.name or (step.auto if kinds[step.auto] == 1 else "")
        if not step.name and (not name or name in used):
            name = _next_free(step.auto, counters, used)
        names.append(name)
        used.add(name)
    return names


def _next_free(kind: str, counters: Counter[str], used: set[str]) -> str:
    while True:
        counters[kind] += 1
        name = f"{kind}{counters[kind]}"
        if name not in used:
            return name


def sequence_names(steps: Seq[Step]) -> list[str]:
    """Names of the steps of a nested list: its own, or its place from 0."""
    return [step.name or str(place) for place, step in enumerate(steps)]


SHORTCUT = "shortcut"
"""What a layer on the shortcut of a residual sum is called, if its author gives it no name."""
SUMMED = frozenset({"act"})
"""Beside a residual sum that is its activation."""


def inner_names(sequence: Sequence, top: bool = False) -> list[str]:
    """Names of steps in order: of a `do`, which is a block or has a residual sum, by kind."""
    if sequence.residual is None:
        return (child_names if top else sequence_names)(sequence.steps)
    shortcut = sequence.residual.shortcut
    return child_names(sequence.steps, SUMMED | {shortcut.name or SHORTCUT} if shortcut else SUMMED)


def branch_names(split: Split) -> list[str]:
    """Names of a split's branches: their own, or `branch1`, `branch2` and so on.

    What the author has called so, a branch or what stands beside them, keeps its name.
    """
    shortcut = split.residual.shortcut if split.residual else None
    used = {step.name for step in (*split.branches, split.then, shortcut) if step and step.name}
    names = []
    for place, branch in enumerate(split.branches, 1):
        name = branch.name or f"branch{place}"
        while not branch.name and name in used:
            name += "_"
        names.append(name)
    return names


def named_sections(sections: Mapping[Section, Seq[Step]]) -> dict[Section, list[tuple[str, Step]]]:
    """The trunk's steps by section, each with its name."""
    names = section_names(sections)
    return {key: list(zip(names[key], sections[key], strict=True)) for key in sections}


def section_names(sections: Mapping[Section, Seq[Step]]) -> dict[Section, list[str]]:
    """Names of the trunk's steps by section (stem, body, head), unique over all of them."""
    names = iter(child_names([step for steps in sections.values() for step in steps]))
    return {section: [next(names) for _ in steps] for section, steps in sections.items()}
