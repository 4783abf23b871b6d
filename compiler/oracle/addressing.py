"""What steps are called, worked out a second time: the names of state-dict keys.

Part of the reading of a spec (`compiler.oracle.reading`): nothing of the compiler is in reach here,
nor what `dsl` makes of names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence as Seq

from dsl.models import layers


def class_names(steps: Seq[layers.Step], used: Seq[str] = ()) -> list[str]:
    """Attributes of a network or block: `fc`, or `conv1`, `conv2` where there are several.

    What is `used` beside them is no step's.
    """
    given = [step.name for step in steps if step.name]
    alone = Counter(step.auto for step in steps if not step.name)
    names: list[str] = []
    taken = {*given, *used}
    last: Counter[str] = Counter()
    for step in steps:
        name = step.name or step.auto
        if not step.name and (alone[name] > 1 or name in taken):
            while (name := f"{step.auto}{last[step.auto] + 1}") in taken:
                last[step.auto] += 1
        taken.add(name)
        names.append(name)
    return names


def list_names(steps: Seq[layers.Step]) -> list[str]:
    """Steps of a nested list: their own names, or their places from 0."""
    return [step.name or str(place) for place, step in enumerate(steps)]


def split_names(split: layers.Split) -> list[str]:
    """Branches: their own names, or `branch1` and so on, which nothing else on the level has."""
    given = {branch.name for branch in split.branches}
    given |= {split.then.name} if split.then else set()
    if split.residual and split.residual.shortcut:
        given.add(split.residual.shortcut.name)
    names: list[str] = []
    for place, branch in enumerate(split.branches):
        name = branch.name or f"branch{place + 1}"
        while not branch.name and name in given:
            name = f"{name}_"
        names.append(name)
    return names
