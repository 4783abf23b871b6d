"""One variant of a sweep as a spec of its own: a short file that extends the sweep's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from collections.abc import Sequence as SequenceOf
from pathlib import Path
from typing import Any

import dsl
from compiler.sweep.plan import Plan, Point
from dsl.changing.sweeping import said
from dsl.models import shelf
from dsl.models.identifiers import is_identifier
from dsl.models.recipe import Recipe
from dsl.reading.sweeps import base_of, recipe_of
from dsl.text.problems import NOWHERE, Problem, SpecError
from dsl.text.values import Entry, Mapping, Scalar, Sequence, Value, plain
from dsl.writing.flowing import Flow, Inline, Raw, text_of
from dsl.writing.recipes import recipe_data


def picked(
    plan: Plan, number: int, output: Path | None, values: SequenceOf[Value] | None = None
) -> str:
    """The text of a variant's spec, for a place or for the folder that one is in.

    `values` are what stood on the axes of a trial; else it is one of the plan's.
    Raises `SpecError` for a number that no variant has, and for what no file can say.
    """
    point = _point(plan, number) if values is None else Point(number, tuple(values))
    spec = plan.variant(point)
    place = output or Path("picked.yaml")
    text = text_of(_keys(plan, point, place.parent))
    again = dsl.loads(text, str(place))
    assert (again.stem, again.blocks, again.body, again.head, again.aux, again.training) == (
        spec.stem, spec.blocks, spec.body, spec.head, spec.aux, spec.training,
    ), "what is read back is another network"  # fmt: skip
    return text


def _point(plan: Plan, number: int) -> Point:
    if not 1 <= number <= len(plan.points):
        message = f"there is no variant {number}: the sweep has {len(plan.points):,}, from 1 on"
        raise SpecError([Problem("E013", NOWHERE, message)])
    return plan.points[number - 1]


def _keys(plan: Plan, point: Point, folder: Path) -> list[tuple[str, Any]]:
    path, variant = base_of(plan.sweep)
    shelved = path.parent.resolve() == shelf.folder().resolve()
    where = path.stem if shelved else _from(path, folder)
    name = "_".join(filter(None, [plan.spec.name, variant, str(point.number)]))
    keys: list[tuple[str, Any]] = [
        ("extends", f"{where}@{variant}" if variant else where),
        ("name", Raw(name if is_identifier(name) else f"variant_{point.number}")),
    ]
    if plan.sweep.train and plan.spec.training:
        keys += _recipe(plan, plan.spec.training, dsl.load(path, variant or None).training, folder)
    changes = said(plan.sweep, point.values)
    return [*keys, *((entry.key.text, _data(entry)) for entry in changes.entries)]


def _recipe(
    plan: Plan, recipe: Recipe, own: Recipe | None, folder: Path
) -> Iterator[tuple[str, Any]]:
    """What a sweep trains by, where that isn't the spec's own: by its name, or whole."""
    assert plan.sweep.train is not None, "no training, and so no recipe"
    said, beside = plan.sweep.train.recipe, Path(plan.sweep.at.span.file).parent
    named = recipe_of(plan.sweep)
    if named == recipe:
        there = beside / said
        yield "training", _from(there, folder) if there.is_file() else said
    elif recipe != own:
        yield "training", recipe_data(recipe)


def _from(there: Path, folder: Path) -> str:
    """A path from a folder."""
    path = os.path.relpath(there, folder)
    return path if os.sep in path else f".{os.sep}{path}"


def _data(entry: Entry) -> Any:
    """The value of a change as data to be written."""
    if entry.key.text == "set" and isinstance(entry.value, Mapping):
        return {each.key.text: _flow(each.value) for each in entry.value.entries}
    return _flow(entry.value)


def _flow(value: Value) -> Any:
    match value:
        case Scalar():
            return Raw(value.text) if value.text else plain(value)
        case Sequence():
            return Flow(map(_flow, value.items))
        case Mapping():
            return Inline({each.key.text: _flow(each.value) for each in value.entries})
