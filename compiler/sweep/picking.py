"""One variant of a sweep as a spec of its own: a short file that extends the sweep's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import dsl
from compiler.sweep.plan import Plan, Point, said
from dsl.models import shelf
from dsl.models.identifiers import is_identifier
from dsl.reading.sweeps import base_of
from dsl.text.problems import NOWHERE, Problem, SpecError
from dsl.text.values import Entry, Mapping, Scalar, Sequence, Value, plain
from dsl.writing.flowing import Flow, Inline, Raw, text_of


def picked(plan: Plan, number: int, output: Path | None) -> str:
    """The text of a variant's spec, for a place or for the folder that one is in.

    Raises `SpecError` for a number that no variant has, and for what no file can say.
    """
    point = _point(plan, number)
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
    where = path.stem if shelved else os.path.relpath(path, folder)
    where = where if shelved or os.sep in where else f".{os.sep}{where}"
    name = "_".join(filter(None, [plan.spec.name, variant, str(point.number)]))
    keys: list[tuple[str, Any]] = [
        ("extends", f"{where}@{variant}" if variant else where),
        ("name", Raw(name if is_identifier(name) else f"variant_{point.number}")),
    ]
    if plan.sweep.train and plan.sweep.train.recipe and plan.spec.training:
        keys.append(("training", _recipe(plan, folder)))
    changes = said(plan.sweep, point.values)
    return [*keys, *((entry.key.text, _data(entry)) for entry in changes.entries)]


def _recipe(plan: Plan, folder: Path) -> str:
    """The recipe of the sweep, as a file in a folder names it."""
    assert plan.sweep.train is not None, "no training, and so no recipe"
    recipe, beside = plan.sweep.train.recipe, Path(plan.sweep.at.span.file).parent
    there = beside / recipe
    return os.path.relpath(there, folder) if there.is_file() else recipe


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
