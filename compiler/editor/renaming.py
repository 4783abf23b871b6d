"""Another name for a block, a parameter, a step, a head or a variant, wherever it stands.

What comes of it is read before it is offered: where the name would mean something else then, or
something new is wrong, there is a reason and no edit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lsprotocol import types

from compiler.editor.finding import standing
from compiler.editor.marks import Mark
from compiler.editor.naming import GIVING, Name, name_at
from compiler.editor.pages import Page
from compiler.editor.places import mark_at
from compiler.editor.reading import Reading, read
from dsl.models.identifiers import name_fault
from dsl.models.reserved import RESERVED
from dsl.models.weights import NameMap, resolve
from dsl.reading.names import RESERVED as LAYERS
from dsl.reading.names import param_fault
from dsl.text.problems import Span, SpecError
from dsl.text.source import unsaved


class Refused(Exception):
    """Why something can't be renamed, in a line."""


@dataclass(frozen=True)
class Text:
    """One text that may use a name, and whether it may be edited."""

    reading: Reading
    page: Page
    uri: str
    ours: bool = True


def nameable(reading: Reading, page: Page, position: types.Position) -> Mark:
    """What would be renamed at a position. Raises `Refused`."""
    mark = mark_at(reading, page, position)
    name = name_at(reading, mark) if mark else None
    if mark is None or name is None:
        raise Refused("there is nothing here that its author has named")
    if mark.kind not in GIVING and mark.text != name.text:
        raise Refused(f"{mark.text} is a word of the language")
    return mark


def renamed(mark: Mark, new: str, texts: Sequence[Text]) -> types.WorkspaceEdit:
    """The edits that give something a new name; the first text is the mark's own.

    Raises `Refused`.
    """
    name = name_at(texts[0].reading, mark)
    assert name is not None, mark
    old = mark.text
    _check_word(name, new)
    spans = {text.uri: [*_spans(text.reading, name, old)] for text in texts}
    used = [text for text in texts if spans[text.uri]]
    for text in used:
        if not text.ours:
            raise Refused(f"{old} stands in {text.reading.file}, which isn't part of the workspace")
    if not any(_gives(text.reading, name, old) for text in texts):
        raise Refused(f"{old} is what an unnamed step goes by: give the step a name instead")
    if not texts[0].reading.good:
        raise Refused("the spec can't be read as it is")
    edited = {text.reading.file: _edited(text.reading, spans[text.uri], new) for text in texts}
    with unsaved(edited):
        for text in texts:
            _check(text, edited[text.reading.file], spans[text.uri], name, new)
    changes = {
        text.uri: [types.TextEdit(text.page.range(span), new) for span in spans[text.uri]]
        for text in used
    }
    return types.WorkspaceEdit(changes=changes)


def _spans(reading: Reading, name: Name, old: str) -> Iterator[Span]:
    for mark in standing(reading, name):
        if mark.text == old:
            yield mark.span


def _gives(reading: Reading, name: Name, old: str) -> bool:
    return any(mark.kind in GIVING and mark.text == old for mark in standing(reading, name))


def _check_word(name: Name, new: str) -> None:
    """Refuse what can't be a name of that kind."""
    fault = name_fault(new)
    if not fault and name.kind == "param":
        fault = param_fault(new)
    elif not fault and name.kind in ("step", "head") and new in RESERVED:
        fault = f"a step can't be called {new}"
    elif not fault and name.kind == "block" and new in LAYERS:
        fault = f"a block can't be called {new}: the word means a layer"
    if fault:
        raise Refused(fault)


def _check(text: Text, edited: str, spans: list[Span], name: Name, new: str) -> None:
    """Refuse a name that would mean something else, or that something new is wrong with."""
    reading = text.reading
    if fault := _in_maps(reading, name):
        raise Refused(fault)
    after = read(edited, reading.file)
    wrong = [problem for problem in after.problems if problem.severity == "error"]
    before = sum(problem.severity == "error" for problem in reading.problems)
    if len(wrong) > before:
        raise Refused(wrong[0].message)
    path = (*name.path[:-1], new) if name.path[-1] != "then" else name.path
    there = [mark.span.line for mark in standing(after, Name(name.kind, path))]
    if reading.network and sorted(there) != sorted(span.line for span in spans):
        raise Refused(f"{new} means something else already in {reading.file}")


def _edited(reading: Reading, spans: list[Span], new: str) -> str:
    lines = list(reading.lines)
    for span in sorted(spans, reverse=True):
        line, start = lines[span.line - 1], span.column - 1
        lines[span.line - 1] = f"{line[:start]}{new}{line[start + span.length :]}"
    return "\n".join(lines)


def _in_maps(reading: Reading, name: Name) -> str:
    """Why a step or block can't go by another name where a file of weights' names has it."""
    if name.kind in ("param", "variant") or reading.spec is None:
        return ""
    for found in reading.spec.weights.values():
        if found.file and name.text in _words_of(found):
            return f"{name.text} has public names in {found.file}, which isn't edited from here"
    return ""


def _words_of(found: NameMap) -> set[str]:
    """The names of ours in a file of names."""
    try:
        names = resolve(found).names
    except SpecError:
        return set()
    inside = [key for value in names.values() if isinstance(value, dict) for key in value]
    return {word for address in (*names, *inside) for word in address.split(".")}
