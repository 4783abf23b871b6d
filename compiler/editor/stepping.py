"""The marks of steps: op-strings, lists in order, splits, names that are given."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import get_args

from compiler.editor.marks import Holder, Kind, Mark
from compiler.editor.words import words
from dsl.models.fields import JOIN_WORDS
from dsl.models.model import BESIDE, Section
from dsl.text.values import Entry, Mapping, Scalar, Sequence, Value

OUT = "out."
"""How the keys of a contract begin that are about a step."""
TRUNK: tuple[Section, ...] = get_args(Section)


class Stepper:
    """Gathers marks; `blocks` are the names that can be called."""

    def __init__(self, blocks: Collection[str]) -> None:
        self.blocks = blocks
        self.found: list[Mark] = []
        self.block = ""

    def mark(self, kind: Kind, scalar: Scalar, holder: Holder = "", first: str = "") -> None:
        """Mark a whole scalar."""
        self.part(scalar, 0, kind, holder=holder, first=first)

    def key(self, kind: Kind, entry: Entry, beside: tuple[str, ...], holder: Holder = "") -> None:
        """Mark a key."""
        about = holder == "Expect" and entry.key.text.startswith(OUT)
        self.part(entry.key, 0, kind, len(OUT) if about else None, holder=holder)
        self.found[-1] = replace(self.found[-1], entry=entry, beside=beside)

    def keys(self, value: Value, holder: Holder) -> Iterator[Entry]:
        """The entries of a mapping whose keys are words of the language, each marked."""
        if isinstance(value, Mapping):
            for entry in value.entries:
                self.key("key", entry, value.keys(), holder)
                yield entry
        elif isinstance(value, Scalar):
            self.mark("key", value, holder)

    def part(
        self,
        scalar: Scalar,
        start: int,
        kind: Kind,
        end: int | None = None,
        *,
        holder: Holder = "",
        first: str = "",
    ) -> None:
        """Mark a scalar from some letter on."""
        text = scalar.text[start:end]
        span = scalar.at(start, len(text)) if text else replace(scalar.span, length=0)
        mark = Mark(kind, span, text, self.block, holder, first, whole=scalar)
        self.found.append(mark)

    def step(self, value: Value) -> None:
        """A step of whatever form, or steps in order."""
        match value:
            case Scalar():
                self.op_string(value)
            case Sequence():
                for item in value.items:
                    self.step(item)
            case Mapping():
                keys = value.keys()
                if {*JOIN_WORDS, "do", *BESIDE}.intersection(keys):
                    for entry in self.keys(value, "Split"):
                        self.beside(entry)
                    return
                self.named(value, "step", lambda entry: self.step(entry.value))

    def beside(self, entry: Entry) -> None:
        """What stands under a join's word, `do`, or beside them."""
        key, value = entry.key.text, entry.value
        if key == "residual":
            for inner in self.keys(value, "Residual"):
                if inner.key.text == "shortcut":
                    self.step(inner.value)
                elif isinstance(inner.value, Scalar):
                    self.values(inner.value)
        elif key == "split":
            items = value.items if isinstance(value, Sequence) else (value,)
            for item in items:
                if isinstance(item, Scalar):
                    self.values(item)
        else:
            self.step(value)

    def values(self, scalar: Scalar) -> None:
        """A value that may be a number, a word or a name."""
        self.words(scalar, "=" + scalar.text, -1)

    def op_string(self, scalar: Scalar, holder: Holder = "Split") -> None:
        """A step, or what may yet become a mapping with the keys of a holder."""
        self.words(scalar, scalar.text, 0, holder)

    def words(self, scalar: Scalar, text: str, shift: int, holder: Holder = "") -> None:
        found = list(words(text, self.blocks))
        beside = tuple(word.text for word in found)
        for place, word in enumerate(found):
            span = scalar.at(word.start + shift, len(word.text))
            own = "" if place else holder
            mark = Mark(word.kind, span, word.text, self.block, own, word.first, (), None, scalar)
            self.found.append(replace(mark, beside=beside))
        if not found:
            self.part(scalar, 0, "layer", holder=holder)

    def named(self, value: Value, kind: Kind, inside: Callable[[Entry], None]) -> None:
        """A mapping from names that are given there."""
        if isinstance(value, Scalar):
            self.mark(kind, value)
        elif isinstance(value, Mapping):
            for entry in value.entries:
                self.key(kind, entry, value.keys())
                inside(entry)
