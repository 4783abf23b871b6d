"""Recipes: from YAML to the model, with the recipe that one extends underneath."""

from __future__ import annotations

from collections.abc import Mapping as Table
from functools import partial
from pathlib import Path
from typing import Any

from dsl.models import shelf
from dsl.models.alternatives import Alternative, Shortened, unknown
from dsl.models.optimizers import OPTIMIZERS
from dsl.models.recipe import CLIPS, Ema, Recipe, Warmup
from dsl.models.recipe_data import Data
from dsl.models.schedules import SCHEDULES
from dsl.reading.extending import Chain, base_file, is_circular, pass_on, real
from dsl.reading.filler import Filler, Read
from dsl.text.numbers import Misfit
from dsl.text.parsing import parse
from dsl.text.problems import Report, SpecError
from dsl.text.source import read, unified
from dsl.text.values import Entry, Mapping, Scalar, Value, asides, plain

ALTERNATIVES: Table[str, Table[str, type[Alternative]]] = {
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "clip": CLIPS,
}
"""Keys of a recipe that name one of several ways, with all of these."""
SHORTENED: Table[str, type[Shortened]] = {"data": Data, "warmup": Warmup, "ema": Ema}
"""Keys that one value may fill."""
MERGED = ("data", "reported")
"""Keys whose own keys replace those of the recipe that is extended one by one."""


class RecipeReader(Filler):
    """Reads one recipe; problems gather in `report`."""

    def __init__(self, report: Report, chain: Chain = ()) -> None:
        super().__init__(report)
        self.chain = chain

    def recipe(self, value: Value) -> Recipe | None:
        """The recipe of a spec, or of a whole file; a name alone is that of one to take as it is.

        None where a problem was found.
        """
        if isinstance(value, Scalar):
            value = Mapping((Entry(Scalar("extends", value.span), value),), value.span)
        whole = self.whole(value)
        if whole is None:
            return None
        recipe: Recipe | None = self.fill(Recipe, whole, self.fields())
        return recipe

    def fields(self) -> dict[str, Read]:
        """How each key is read that isn't plain."""
        return {
            **{key: self.alternative(kinds) for key, kinds in ALTERNATIVES.items()},
            **{key: partial(self.shortened, kind) for key, kind in SHORTENED.items()},
        }

    def alternative(self, kinds: Table[str, type[Alternative]]) -> Read:
        """A reader of a word alone, or with its fields behind it."""

        def read(value: Value) -> Any:
            word, said = _worded(value)
            if word is None:
                message = f"expected one of {', '.join(kinds)} here, with its fields behind it"
                self.report.add("E012", value.span, message, notes=asides(value))
                return None
            kind = kinds.get(word.text)
            if kind is None:
                fault = unknown(word.text, kinds)
                self.report.add("E013", word.span, str(fault), meant=fault.meant)
                return None
            if isinstance(said, Mapping) and not kind.whole:
                return self.fill(kind, said, {}, at=word.span)
            return self._short(kind, said, word)

        return read

    def shortened(self, kind: type[Shortened], value: Value) -> Any:
        """A model that one value may fill."""
        if isinstance(value, Mapping):
            return self.fill(kind, value, {})
        return self._short(kind, value, None)

    def _short(self, kind: type[Shortened], said: Value | None, word: Scalar | None) -> Any:
        """A model from what stands behind its word, which may be nothing."""
        span = word.span if word else said.span if said else None
        assert span is not None, "neither a word nor a value"
        if said is None or (isinstance(said, Scalar) and not said.text and word):
            return self.fill(kind, Mapping((), span), {}, at=span)
        if not kind.short:
            try:
                kind.fields_of(plain(said))
            except Misfit as fault:
                self.report.add("E013", said.span, str(fault), help=fault.help)
            return None
        entry = Entry(Scalar(kind.short, said.span), said)
        return self.fill(kind, Mapping((entry,), span), {}, at=span)

    def whole(self, value: Value) -> Mapping | None:
        """All keys of a recipe, those of what it extends put below its own."""
        if not isinstance(value, Mapping):
            known = ", ".join(Recipe.model_fields)
            self.report.add("E012", value.span, f"expected `key: value` here, with keys {known}")
            return None
        if not (entry := value.entry("extends")):
            return value
        own = tuple(each for each in value.entries if each is not entry)
        base = self._base(entry)
        return base and Mapping(_merged(base.entries, own), value.span)

    def _base(self, entry: Entry) -> Mapping | None:
        """What a recipe extends; None where a problem was found."""
        if not isinstance(entry.value, Scalar) or not entry.value.text:
            help = "as in `extends: cifar10_sgd` or `extends: recipes/ours.yaml`"
            message = "extends names one recipe: a file, or a name on the shelf"
            self.report.add("E012", entry.value.span, message, help=help)
            return None
        span = entry.value.span
        chain = self.chain or (real(Path(span.file)),)
        path = base_file(entry.value.text, span, chain, self.report, shelf.find_recipe)
        if path is None or is_circular(path, span, chain, self.report):
            return None
        try:
            source = read(path)
            self.report.texts[str(path)] = unified(source)
            root = parse(source, str(path))
        except SpecError as error:
            pass_on(error, span, self.report)
            return None
        return RecipeReader(self.report, (*chain, real(path))).whole(root)


def _worded(value: Value) -> tuple[Scalar | None, Value | None]:
    """A word, and what stands behind it."""
    if isinstance(value, Scalar):
        return value, None
    if isinstance(value, Mapping) and len(value.entries) == 1:
        entry = value.entries[0]
        return entry.key, entry.value
    return None, None


def _merged(base: tuple[Entry, ...], own: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Entries with others put in their place; of some keys the inner ones, one by one."""
    new = {entry.key.text: entry for entry in own}
    found = []
    for entry in base:
        mine = new.pop(entry.key.text, None)
        found.append(_together(entry, mine) if mine else entry)
    return (*found, *new.values())


def _together(base: Entry, own: Entry) -> Entry:
    below, above = base.value, own.value
    if base.key.text in SHORTENED and isinstance(below, Scalar):
        key = Scalar(SHORTENED[base.key.text].short, below.span)
        below = Mapping((Entry(key, below),), below.span)
    if base.key.text not in MERGED or not isinstance(below, Mapping):
        return own
    if not isinstance(above, Mapping):
        return own
    return Entry(own.key, Mapping(_merged(below.entries, above.entries), above.span))


def load(where: str | Path) -> Recipe:
    """A recipe from a file, or by its name on the shelf. Raises `SpecError` with every problem."""
    path = shelf.find_recipe(where)
    return loads(read(path), str(path))


def loads(source: str, file: str) -> Recipe:
    """A recipe from YAML text. Raises `SpecError` with every problem."""
    report = Report()
    root = parse(source, file)
    report.texts[file] = unified(source)
    recipe = RecipeReader(report, (real(Path(file)),)).recipe(root)
    report.stop_if_any()
    assert recipe is not None, "no recipe, and no problem either"
    return recipe.read_from(report.texts)


def beside(recipe: Recipe, key: str, said: str) -> Path:
    """A path that a recipe names, from the folder of the file that says it."""
    file = recipe.at.of(key).file
    return Path(file).parent / said if file else Path(said)
