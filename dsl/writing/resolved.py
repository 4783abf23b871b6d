"""A spec written out flat, each line with the place that its values came from."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from yaml import ScalarEvent

from dsl.models import shelf
from dsl.models.model import Model, Places
from dsl.models.spec import Spec
from dsl.reading import reader
from dsl.text.events import events, marks
from dsl.text.parsing import parse
from dsl.text.problems import Report, Span
from dsl.text.source import Source
from dsl.writing.dumping import dump

FILE = "<resolved>"
NESTED = ("meta", "weights", "variants")
"""Keys of a spec whose values are no models, so that only the keys tell where they stand."""
Origin = tuple[Span, str]
"""A place, and what it did: nothing for where a value is written."""


def resolved(spec: Spec) -> str:
    """The spec as YAML with a comment on every line: `# inception_v3.yaml:22`.

    The text without its comments is what `dump` gives, so it reads back as the same spec.
    """
    lines = dump(spec).split("\n")
    origins = _by_line(spec, "\n".join(lines))
    said = [", ".join(_told(origins.get(number, []))) for number in range(1, len(lines) + 1)]
    pairs = list(zip(lines, said, strict=True))
    room = max((len(line) for line, where in pairs if where and len(line) <= WIDEST), default=0)
    return "\n".join(f"{line:<{room}}  # {where}" if where else line for line, where in pairs)


WIDEST = 72
"""Longer lines don't push all comments to the right."""


def _read_again(source: str) -> Spec:
    """The same spec, whose places are those in the flat text."""
    report = Report()
    spec = reader.Reader(report).spec(parse(source, FILE))
    report.stop_if_any()
    assert spec is not None, "no spec, and no problem either"
    return spec


def _by_line(spec: Spec, source: str) -> dict[int, list[Origin]]:
    """The origins of each line of the flat text, in the order of the line."""
    found: dict[int, list[Origin]] = defaultdict(list)
    ends = _ends(source)
    for place, origin in _models(spec, _read_again(source)):
        line = place.line
        while line in ends:
            line = ends[line]
        if origin[0].line and origin not in found[line]:
            found[line].append(origin)
    return found


def _ends(source: str) -> dict[int, int]:
    """Of each line that a text goes on behind, the line where that ends.

    A comment in between would end it early, or be part of it.
    """
    scalars = (event for event in events(Source(FILE, source)) if isinstance(event, ScalarEvent))
    spans = [(start.line + 1, end.line + 1) for start, end in map(marks, scalars)]
    return {line: last for first, last in spans for line in range(first, last)}


def _models(old: Model, flat: Model) -> Iterator[tuple[Span, Origin]]:
    """Each place in the flat text with where that came from; the models are equal."""
    yield from _fields(old, old.at, flat)
    for span in old.at.changes:
        yield flat.at.span, (span, "scaled by")
    for name in type(old).model_fields:
        yield from _inside(getattr(old, name), getattr(flat, name))


def _inside(old: Any, flat: Any) -> Iterator[tuple[Span, Origin]]:
    match old:
        case Model():
            yield from _models(old, flat)
        case tuple():
            for each, other in zip(old, flat, strict=True):
                yield from _inside(each, other)
        case dict():
            for key in old:
                yield from _inside(old[key], flat[key])


def _fields(model: Model, places: Places, flat: Model) -> Iterator[tuple[Span, Origin]]:
    """Where a model and its fields stand, but for lists and mappings of models.

    Those begin on the line of the first model in them, which may have come from elsewhere.
    """
    inner = {span.line for span in _inner_places(flat)}
    if not isinstance(model, Spec) and flat.at.span.line not in inner:
        yield flat.at.span, (places.span, "")
    for key, span in flat.at.fields.items():
        own = not isinstance(model, Spec) or _is_own(key)
        if key in places.fields and own and span.line not in inner:
            yield span, (places.fields[key], "")


def _inner_places(model: Model) -> Iterator[Span]:
    """The places of the models right inside a model."""
    for name in type(model).model_fields:
        for inside in _models_in(getattr(model, name)):
            yield inside.at.span
            yield from inside.at.fields.values()


def _models_in(value: Any) -> Iterator[Model]:
    match value:
        case Model():
            yield value
        case tuple() | dict():
            for each in value.values() if isinstance(value, dict) else value:
                yield from _models_in(each)


def _is_own(key: str) -> bool:
    """Whether a key of a spec tells more than the models inside it do."""
    top, nested, _ = key.partition(".")
    return top in NESTED or not nested


def _told(origins: list[Origin]) -> Iterator[str]:
    """The places as a comment says them: `base.yaml:3`, `scaled by small.yaml:4`."""
    written = list(dict.fromkeys(_line(span) for span, how in origins if not how))
    yield from written
    yield from dict.fromkeys(f"{how} {_line(span)}" for span, how in origins if how)


def _line(span: Span) -> str:
    """`specs/base.yaml:3`: a path from here, a name on the shelf, or an option as it stands."""
    if span.file.startswith("--"):
        return span.file
    path = Path(span.file)
    if path.is_relative_to(shelf.folder()):
        return f"{path.relative_to(shelf.folder())}:{span.line}"
    near = os.path.relpath(path) if path.is_absolute() else span.file
    return f"{near if len(near) < len(span.file) else span.file}:{span.line}"
