"""Models that one value may fill, and ways to do a thing, each behind its word."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping as Table
from types import MappingProxyType
from typing import Any

from dsl.models.alternatives import Alternative, Shortened, unknown
from dsl.models.model import Model
from dsl.reading.filler import Filler, Read
from dsl.text.numbers import Misfit, is_whole
from dsl.text.problems import Span
from dsl.text.values import Entry, Mapping, Scalar, Value, asides, plain

NO_READERS: Table[str, Read] = MappingProxyType({})


class ShortReader(Filler):
    """Reads models whose messages call each field what its key is."""

    def filled(
        self,
        model: type[Model],
        value: Value,
        *,
        fields: Table[str, Read] = NO_READERS,
        at: Span | None = None,
        broken: Collection[str] = (),
        word: str = "",
    ) -> Any:
        """Construct a model; `word` is what the value of a short form stands behind."""
        short = {getattr(model, "short", ""): word} if word else {}
        called = {name: name for name in model.model_fields} | short
        return self.fill(model, value, {**fields}, at=at, broken=broken, called=called)

    def shortened(
        self, key: str, kind: type[Shortened], fields: Table[str, Read] = NO_READERS
    ) -> Read:
        """A reader of a model that one value may fill."""

        def read(value: Value) -> Any:
            if isinstance(value, Mapping):
                return self.filled(kind, value, fields=fields)
            return self.short(kind, value, Scalar(key, value.span))

        return read

    def short(self, kind: type[Shortened], said: Value, word: Scalar) -> Any:
        """A model from the one value that stands behind its word."""
        if not kind.short:
            try:
                kind.fields_of(plain(said))
            except Misfit as fault:
                self.report.add("E012", said.span, f"{word.text} {fault}", help=fault.help)
            return None
        entry = Entry(Scalar(kind.short, said.span), said)
        return self.filled(kind, Mapping((entry,), said.span), at=word.span, word=word.text)

    def alternative(self, key: str, kinds: Table[str, type[Alternative]]) -> Read:
        """A reader of a word alone, or with its fields behind it."""

        def read(value: Value) -> Any:
            word, said = _worded(value)
            if word is None:
                message = f"{key} must be one of {', '.join(kinds)}, with its fields behind it"
                self.report.add("E012", value.span, message, notes=asides(value))
                return None
            kind = kinds.get(word.text)
            if kind is None:
                fault = unknown(word.text, kinds)
                self.report.add("E013", word.span, f"{key} {fault}", meant=fault.meant)
                return None
            if said is None or (isinstance(said, Scalar) and not said.text):
                return self.filled(kind, Mapping((), word.span), at=word.span)
            if isinstance(said, Mapping):
                if not kind.whole:
                    return self.filled(kind, said, at=word.span)
                said = Mapping(tuple(map(_numbered, said.entries)), said.span)
            return self.short(kind, said, word)

        return read


def _numbered(entry: Entry) -> Entry:
    """An entry whose key must be a number; where it is none, the key is what is wrong with it."""
    return entry if is_whole(entry.key.text) else Entry(entry.key, Scalar("1", entry.key.span))


def _worded(value: Value) -> tuple[Scalar | None, Value | None]:
    """A word, and what stands behind it."""
    if isinstance(value, Scalar):
        return value, None
    if isinstance(value, Mapping) and len(value.entries) == 1:
        entry = value.entries[0]
        return entry.key, entry.value
    return None, None
