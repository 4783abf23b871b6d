"""Models that one value may fill: from a mapping of their fields, or from that value alone."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping as Table
from types import MappingProxyType
from typing import Any

from dsl.models.alternatives import Shortened
from dsl.models.model import Model
from dsl.reading.filler import Filler, Read
from dsl.text.numbers import Misfit
from dsl.text.problems import Span
from dsl.text.values import Entry, Mapping, Scalar, Value, plain

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

    def shortened(self, key: str, kind: type[Shortened]) -> Read:
        """A reader of a model that one value may fill."""

        def read(value: Value) -> Any:
            if isinstance(value, Mapping):
                return self.filled(kind, value)
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
