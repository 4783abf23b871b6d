"""The language: specs of Inception-style networks, read, checked and written.

>>> spec = load("googlenet")                       # a name on the shelf, or a path
>>> half = spec.model_copy(update={"classes": 10})
>>> loads(dump(half)) == half
True

Nothing here needs torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dsl import inherit, opstring, shelf, text
from dsl.changes import Changes
from dsl.dump import dump
from dsl.layers import Layer, Places
from dsl.problems import Problem, Report, Span, SpecError
from dsl.spec import Spec
from dsl.text import Scalar

__all__ = [
    "Changes",
    "Problem",
    "Span",
    "Spec",
    "SpecError",
    "change",
    "choose",
    "dump",
    "load",
    "loads",
    "step",
]


def load(where: str | Path, variant: str | None = None) -> Spec:
    """Read a spec from a file, or by its name on the shelf.

    Raises `SpecError` with every problem found.
    """
    path = shelf.find(where)
    return inherit.loads(text.read(path), str(path), variant)


def loads(source: str, file: str = "<text>", variant: str | None = None) -> Spec:
    """Read a spec from YAML text. Raises `SpecError` with every problem found.

    Every variant is checked, whichever is asked for.
    """
    return inherit.loads(source, file, variant)


def choose(spec: Spec, variant: str | None) -> Spec:
    """The spec's named variant; the spec itself for None. Raises `SpecError`."""
    return spec if variant is None else inherit.chosen(spec, variant)


def change(spec: Spec, changes: Changes | Mapping[str, Any]) -> Spec:
    """The spec with changes made: `Changes`, or a mapping of addresses to new values.

    The result promises nothing (`expect`) and has no variants. Raises `SpecError`.

    >>> change(load("inception_v3"), {"classes": 10, "mixed_6b.c7": 96}).classes
    10
    """
    if not isinstance(changes, Changes):
        changes = Changes(set=dict(changes))
    return inherit.changed(spec, changes)


def step(source: str, name: str | None = None) -> Layer:
    """One step from its op-string: `step("3x3 64 /2", name="conv1")`. Raises `SpecError`."""
    report = Report(texts={"<text>": source})
    text = Scalar(source, Span("<text>", 1, 1, len(source)))
    found = opstring.parse(text, report, stands="python")
    report.stop_if_any()
    assert found is not None, "no step, and no problem either"
    return found.model_copy(update={"name": name}).placed(Places())
