"""That one place gets one value: what is set twice, however it is spelt, would be lost once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dsl.reading.reader import BY_NAME
from dsl.text.problems import Report
from dsl.text.values import Mapping, Scalar

Path = tuple[str, ...]
"""The names to a place, with the section that an address may leave out."""


@dataclass
class Given:
    """What one set of changes has put in which place so far."""

    report: Report
    places: dict[Path, Scalar] = field(default_factory=dict)

    def put(self, path: Path, said: Scalar) -> None:
        """Note that `said` puts something there; a problem if that undoes another."""
        undone = next((old for old in self.places if old[: len(path)] == path), None)
        self.places.setdefault(path, said)
        if undone is None:
            return
        first = self.places[undone]
        same = undone == path
        message = f"{said.text} is set again" if same else f"{said.text} replaces {first.text}"
        help = "keep one of the two" if same else "what is inside comes after the whole of it"
        spelt = f", as {first.text}" if first.text != said.text else ""
        note = (first.span, f"first set{spelt}" if same else f"{first.text} is set")
        self.report.add("E004", said.span, message, help=help, notes=(note,))


def own_places(root: Mapping) -> Iterator[tuple[Path, Scalar]]:
    """What the keys of a spec that extends another put in the base's place."""
    for entry in root.entries:
        key = entry.key.text
        if key in (*BY_NAME, "defaults") and isinstance(entry.value, Mapping):
            yield from (((key, inner.key.text), inner.key) for inner in entry.value.entries)
        else:
            yield (key,), entry.key
