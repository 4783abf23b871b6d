"""Where a name is given, and everywhere that it stands, in a text and in what is made of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from lsprotocol import types

from compiler.editor.diagnosing import located
from compiler.editor.marks import Mark
from compiler.editor.naming import GIVING, Name, name_at, place_of
from compiler.editor.pages import Page
from compiler.editor.places import mark_at
from compiler.editor.reading import Reading
from dsl.models import shelf
from dsl.reading.extending import Find
from dsl.text.problems import Span, SpecError


def definition(
    reading: Reading, page: Page, position: types.Position, uri: str
) -> types.Location | None:
    """Where what a name stands for is written; of a spec that is extended, its beginning."""
    mark = mark_at(reading, page, position)
    if mark is None:
        return None
    if mark.kind == "base":
        find = shelf.find_recipe if mark.holder == "Recipe" else shelf.find
        file = base_of(reading.file, mark.text, find)
        return located(Span(file, 1, 1), reading, page, uri) if file else None
    name = name_at(reading, mark)
    place = place_of(reading, name) if name else None
    return located(place, reading, page, uri) if place else None


def base_of(file: str, where: str, find: Find = shelf.find) -> str:
    """The file that a file's `extends` names; empty where there is none."""
    bare, _ = shelf.split(where)
    beside = os.path.normpath(Path(file).parent / bare)
    try:
        path = beside if os.path.isfile(beside) else find(bare)  # noqa: PTH113  # names too long
    except (SpecError, OSError, ValueError):
        return ""
    return str(path)


def standing(reading: Reading, name: Name) -> Iterator[Mark]:
    """Each mark of a text that stands for a name.

    A step that has a place of its own, such as `then`, may have another name beside that.
    """
    for mark in reading.marks:
        if (mark.text == name.text or mark.kind == "step") and name_at(reading, mark) == name:
            yield mark


def references(
    name: Name, readings: Iterable[tuple[Reading, Page, str]], *, declaration: bool = True
) -> list[types.Location]:
    """Everywhere that a name stands in some texts."""
    return [
        types.Location(uri, page.range(mark.span))
        for reading, page, uri in readings
        for mark in standing(reading, name)
        if declaration or mark.kind not in GIVING
    ]
