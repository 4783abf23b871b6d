"""Raw values that know their places: what a YAML text is read as, before fields say what it means.

Values stay text: YAML 1.1 would make `no` False, `010` 8 and `1:30` 90, so each field's own
grammar decides.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from dsl.text.problems import Note, Span


@dataclass(frozen=True, slots=True)
class Scalar:
    """Raw text; `plain` says that it stands unquoted on one line.

    An empty value (`key:`) is a plain scalar with no text.
    """

    text: str
    span: Span
    plain: bool = True
    below: Span | None = field(default=None, compare=False)
    """The line below an empty value, which may be meant for it, or on which a value goes on."""

    def at(self, offset: int, length: int = 1) -> Span:
        """The place of a token in `text`; all of it where escapes or lines shift the offsets."""
        verbatim = self.plain or self.span.length == len(self.text)
        return self.span.part(offset, length) if verbatim else replace(self.span, exact=False)


@dataclass(frozen=True, slots=True)
class Sequence:
    """A YAML list; `flow` says that it stands in brackets on one line."""

    items: tuple[Value, ...]
    span: Span
    flow: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key: value` of a mapping."""

    key: Scalar
    value: Value


@dataclass(frozen=True, slots=True)
class Mapping:
    """A YAML mapping, in the order of the file; no key comes twice."""

    entries: tuple[Entry, ...]
    span: Span
    flow: bool = False
    """Whether it stands in braces on one line."""

    def entry(self, key: str) -> Entry | None:
        """The entry of that key, if there is one."""
        return next((entry for entry in self.entries if entry.key.text == key), None)

    def get(self, key: str) -> Value | None:
        """The value of that key, if there is one."""
        entry = self.entry(key)
        return entry.value if entry else None

    def keys(self) -> tuple[str, ...]:
        """Every key's text."""
        return tuple(entry.key.text for entry in self.entries)


Value: TypeAlias = Scalar | Sequence | Mapping


def asides(value: Value) -> tuple[Note, ...]:
    """Where a value ends, as far as that may be another place than its author thinks."""
    if not isinstance(value, Scalar) or value.below is None:
        return ()
    said = "the value goes on" if value.text else "the next line is not indented under it"
    return ((value.below, said),)


def plain(value: Value) -> Any:
    """A value as plain data, each scalar as its raw text."""
    match value:
        case Scalar():
            return value.text
        case Sequence():
            return [plain(item) for item in value.items]
        case Mapping():
            return {entry.key.text: plain(entry.value) for entry in value.entries}
