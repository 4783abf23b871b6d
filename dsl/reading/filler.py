"""Filling one model from one YAML mapping, with every problem at its place.

The YAML node's kind is looked at first, then one plain model is filled, so that no
trace of a union's alternatives reaches the person who reads the error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from collections.abc import Mapping as Table
from typing import Any, TypeAlias

from dsl.models.identifiers import name_fault
from dsl.models.model import Places, Residual, own_first
from dsl.reading.building import NO_NAMES, build
from dsl.text.numbers import number_of
from dsl.text.problems import MOST_SHOWN, Fix, Report, Span, closest, shown
from dsl.text.values import Entry, Mapping, Scalar, Value, asides, plain
from dsl.text.values import Sequence as List

Read: TypeAlias = Callable[[Value], Any]


class Filler:
    """Reads mappings into models; problems gather in `report`."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def fill(
        self,
        model: type[Any],
        value: Value,
        fields: dict[str, Read],
        extra: dict[str, Any] | None = None,
        *,
        at: Span | None = None,
        broken: Collection[str] = (),
        called: Table[str, str] = NO_NAMES,
    ) -> Any:
        """Construct `model` from a mapping: keys are its fields, special ones read by `fields`.

        `extra` holds fields that are no keys; a missing key is reported `at` that place.
        `broken` fields have had their problems told. `called` is what messages call fields.
        """
        values = dict(extra or {})
        known = [model.model_fields[name].alias or name for name in own_first(model)]
        entries = self.entries(value, [name for name in known if name not in values])
        if entries is None:
            return None
        found, faulty = self.values(entries, fields)
        spoilt = {*broken, *faulty, *self.misspelt(value, known)}
        places = Places(at or value.span, places_of(entries))
        notes = {entry.key.text: asides(entry.value) for entry in entries if not _empty(entry)}
        strangers = [each.key.span for each in _entries(value) if each.key.text not in known]
        notes[""] = tuple((span, "the unknown key stands") for span in strangers[:MOST_NOTED])
        return build(model, values | found, places, self.report, spoilt, notes, called)

    def values(
        self, entries: Collection[Entry], fields: dict[str, Read]
    ) -> tuple[dict[str, Any], set[str]]:
        """What each entry holds, and the keys whose problems have been told."""
        found: dict[str, Any] = {}
        faulty = set()
        for entry in entries:
            before = len(self.report.problems)
            found[entry.key.text] = fields.get(entry.key.text, plain)(entry.value)
            if len(self.report.problems) > before:
                faulty.add(entry.key.text)
        return found, faulty

    def misspelt(self, value: Value, known: Collection[str]) -> set[str]:
        """Keys that an unknown one was probably meant for, so that none is called missing."""
        keys = value.keys() if isinstance(value, Mapping) else ()
        unknown = [key for key in keys if key not in known]
        meant = {closest(key, known) for key in unknown[:MOST_SHOWN]}
        return {*meant, *unknown} - {""}

    def entries(self, value: Value, known: Collection[str]) -> list[Entry] | None:
        """A mapping's entries, without the unknown keys (each a problem)."""
        if not isinstance(value, Mapping):
            keys = ", ".join(known)
            message = f"expected `key: value` here, with keys {keys}"
            self.report.add("E012", value.span, message, notes=asides(value))
            return None
        for entry in value.entries:
            if entry.key.text not in known and (bracket := _bracket(entry.key, known)):
                message = "a key needs a colon and a space before the bracket"
                help = f"write `{bracket}`"
                whole = entry.key.span.part(0, len(entry.key.text))
                self.report.add("E010", whole, message, help=help, fix=Fix(whole, bracket))
            elif entry.key.text not in known:
                message = f"unknown key {shown(entry.key.text)}"
                meant = closest(entry.key.text, known) if self.report.advises else ""
                help = f"known here: {', '.join(known) or 'none'}"
                if "residual" in known and entry.key.text in Residual.model_fields:
                    meant, help = "", f"it belongs to residual: `residual: {{{entry.key.text}: …}}`"
                self.report.add("E010", entry.key.span, message, meant=meant, help=help)
        return [entry for entry in value.entries if entry.key.text in known]

    def free(self, value: Value) -> Any:
        """Free data: plain numbers become numbers, all else stays text."""
        match value:
            case Scalar():
                number = number_of(value.text) if value.plain else None
                return value.text if number is None else number
            case List():
                return [self.free(item) for item in value.items]
            case Mapping():
                return {entry.key.text: self.free(entry.value) for entry in value.entries}

    def named(self, read: Read, example: str) -> Read:
        """A reader of a mapping from names to what `read` reads."""

        def read_all(value: Value) -> dict[str, Any]:
            if not isinstance(value, Mapping):
                message = f"expected `name: …` here, as in `{example}`"
                self.report.add("E012", value.span, message, notes=asides(value))
                return {}
            found = {}
            for entry in value.entries:
                name, item = self.name(entry.key), read(entry.value)
                if item is not None:
                    places = {**item.at.fields, "name": entry.key.span}
                    found[name] = item.placed(Places(item.at.span, places))
            return found

        return read_all

    def name(self, key: Scalar) -> str:
        """A name that is being given; its grammar is checked here, so that the place is exact."""
        if fault := name_fault(key.text):
            self.report.add("E014", key.span, fault)
        return key.text


def _bracket(key: Scalar, known: Collection[str]) -> str:
    """`defaults: {eps` for `defaults {eps`, where a key's colon is missing."""
    match = re.fullmatch(r"([\w.]+)\s*:?\s*([{\[].*)", key.text)
    return f"{match[1]}: {match[2]}" if match and key.plain and match[1] in known else ""


MOST_NOTED = 4
"""Unknown keys that are named where one is missing."""


def _entries(value: Value) -> tuple[Entry, ...]:
    return value.entries if isinstance(value, Mapping) else ()


def place(entry: Entry) -> Span:
    """Where an error about an entry points: its value, but the key where that is empty."""
    return entry.key.span if _empty(entry) else entry.value.span


def _empty(entry: Entry) -> bool:
    return isinstance(entry.value, Scalar) and not entry.value.text


def places_of(entries: Collection[Entry]) -> dict[str, Span]:
    """The place of every value, those inside lists and mappings included."""
    found: dict[str, Span] = {}
    for entry in entries:
        found[entry.key.text] = place(entry)
        match entry.value:
            case List():
                inside = {str(i): item.span for i, item in enumerate(entry.value.items)}
            case Mapping():
                inside = places_of(entry.value.entries)
            case _:
                continue
        found |= {f"{entry.key.text}.{key}": span for key, span in inside.items()}
    return found
