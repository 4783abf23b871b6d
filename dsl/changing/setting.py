"""The edit `set`: what an address says is read as what stands there demands."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from dsl.changing.address import SECTIONS, is_beside, parts, path_of, refilled
from dsl.changing.edits import Edit
from dsl.models.alternatives import Alternative
from dsl.models.layers import Layer, Model, Step, spellings
from dsl.models.recipe import Recipe
from dsl.models.spec import Aux, Block, Defaults, Spec
from dsl.reading.alike import agree, alike
from dsl.reading.recipes import RecipeReader
from dsl.text.numbers import NUMBER
from dsl.text.values import Entry, Mapping, Scalar, Value, plain


@dataclass(kw_only=True, eq=False)
class Set(Edit):
    """`address: value`: something else in the old one's place."""

    value: Value

    @property
    def said(self) -> Value:
        return self.value

    def moves(self, spec: Spec) -> bool:
        found = self.standing(spec, path_of(parts(spec), self.address.text))
        return not (isinstance(found, (int, float, str)) or self.main(found))

    def target(self, spec: Spec) -> tuple[str, ...]:
        path = path_of(parts(spec), self.address.text)
        main = self.main(self.standing(spec, path))
        return (*path, main) if main else path

    def standing(self, spec: Spec, path: tuple[str, ...]) -> Any:
        """What stands at a path now, if anything."""
        owner: Any = spec
        for name in path:
            owner = parts(owner).get(name)
        return owner

    def made(self, owner: Any, name: str, inside: dict[str, Any]) -> dict[str, Any] | None:
        old, read = inside[name], partial(self.read, owner, name, inside[name])
        new = self.again((old,), name, read) if self.in_section(owner, old) else read()
        return None if new is None else {**inside, name: new}

    def in_section(self, owner: Any, old: Any) -> bool:
        """Whether a step or block is set by itself, which follows from what stands there alone."""
        return isinstance(owner, dict) and isinstance(old, Model)

    @property
    def key(self) -> Hashable:
        return self.address, self.value

    def read(self, owner: Any, name: str, old: Any) -> Any:
        """The new value for `old`, read as its kind demands."""
        if is_beside(owner, name):
            return self.beside(name, old)
        if isinstance(old, Step):
            return self.step(old)
        if isinstance(old, Block):
            return self.reader.block(self.value)
        if isinstance(old, Aux):
            return self.reader.head(Entry(Scalar(old.name, self.address.span), self.value))
        if isinstance(owner, Block) and isinstance(old, dict):
            return self.reader.params(self.value, {})
        if isinstance(owner, Recipe) or isinstance(old, Alternative):
            return self.said_of_recipe(name, old)
        return self.own_key(old) if isinstance(owner, Spec) else plain(self.value)

    def own_key(self, old: Any) -> Any:
        """A key of the spec itself."""
        key = self.address.text
        if isinstance(old, Defaults):
            return self.reader.fill(Defaults, self.value, {})
        if key == "training":
            return self.reader.training(self.value)
        if key in SECTIONS:
            return self.reader.steps(self.value)
        if key == "aux":
            return self.reader.aux(self.value)
        return self.whole_section(old) if isinstance(old, dict) else plain(self.value)

    def said_of_recipe(self, name: str, old: Any) -> Any:
        """A key of a recipe, or what stands behind the word of what is chosen there."""
        reader = RecipeReader(self.reader.report)
        if not isinstance(old, Alternative):
            return reader.fields().get(name, plain)(self.value)
        worded = Entry(Scalar(name, self.address.span), self.value)
        read = reader.alternative(name, {name: type(old)})
        return read(Mapping((worded,), self.value.span))

    def beside(self, name: str, old: Any) -> Any:
        """What stands beside steps or branches, whether there was any before or not."""
        if name == "split":
            return plain(self.value)
        if name != "residual":
            return self.step(old)
        return self.reader.residual(Entry(Scalar(name, self.value.span), self.value))

    def whole_section(self, old: dict[str, Any]) -> None:
        """Report that all blocks are to be replaced at once."""
        message = f"{self.address.text} is a whole section; name what changes inside it"
        help = f"inside: {', '.join(old)}"
        self.reader.report.add("E026", self.address.span, message, help=help)

    def step(self, old: Step | None) -> Step | None:
        """A step in the old one's place, under its name; a bare number sets its main value."""
        if old is not None and (main := self.main(old)):
            update = {main: plain(self.value)}
            step: Step | None = refilled(old, update, self.value, self.reader.report)
            same = step is not None and agree(getattr(old, main), getattr(step, main))
            return alike(step, old) if same and step else step
        new = self.reader.step(self.value, old.name if old else None)
        if new is not None and old is not None:
            new.placed(replace(new.at, called=old.at.called))
        return new

    def main(self, old: Any) -> str:
        """The field of a layer that one bare number sets; empty where the value is none."""
        number = isinstance(self.value, Scalar) and NUMBER.fullmatch(self.value.text)
        places = spellings(type(old)) if number and isinstance(old, Layer) else ()
        return next((name for name, mark in reversed(places) if mark.place), "")
