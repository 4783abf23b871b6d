"""Recipes: from YAML to the model, with the recipe that one extends underneath."""

from __future__ import annotations

from collections.abc import Mapping as Table
from functools import partial
from pathlib import Path

from dsl.models import shelf
from dsl.models.alternatives import Alternative, Shortened
from dsl.models.model import Model
from dsl.models.optimizers import OPTIMIZERS
from dsl.models.recipe import CLIPS, Ema, Recipe, Reported, Start, Warmup
from dsl.models.recipe_data import Data
from dsl.models.schedules import SCHEDULES
from dsl.reading.extending import Chain, base_file, is_circular, pass_on, real
from dsl.reading.filler import Read
from dsl.reading.kinds import parsed
from dsl.reading.shortening import ShortReader
from dsl.text.problems import Report, SpecError
from dsl.text.source import read
from dsl.text.values import Entry, Mapping, Scalar, Value

ALTERNATIVES: Table[str, Table[str, type[Alternative]]] = {
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "clip": CLIPS,
}
"""Keys of a recipe that name one of several ways, with all of these."""
SHORTENED: Table[str, type[Shortened]] = {
    "data": Data,
    "warmup": Warmup,
    "ema": Ema,
    "weights": Start,
}
"""Keys that one value may fill."""
MERGED = ("data",)
"""Keys whose own keys replace those of the recipe that is extended one by one."""
NOT_INHERITED = ("title", "reported")
"""What is true of the recipe that is extended alone."""
KEYS = ("extends", *Recipe.model_fields)
"""The keys of a recipe."""


class RecipeReader(ShortReader):
    """Reads one recipe; problems gather in `report`."""

    def __init__(self, report: Report, chain: Chain = ()) -> None:
        super().__init__(report)
        self.chain = chain
        self.meant: set[str] = set()
        """Keys that are misspelt somewhere, of which none is called missing."""

    def recipe(self, value: Value) -> Recipe | None:
        """The recipe of a spec, or of a whole file; a name alone is that of one to take as it is.

        None where a problem was found.
        """
        if isinstance(value, Scalar):
            whole = self._base(Entry(Scalar("training", value.span), value))
        else:
            whole = self.whole(value)
        if whole is None:
            return None
        recipe: Recipe | None = self.filled(Recipe, whole, fields=self.fields(), broken=self.meant)
        return recipe

    def fields(self) -> dict[str, Read]:
        """How each key is read that isn't plain."""
        return {
            **{key: self.alternative(key, kinds) for key, kinds in ALTERNATIVES.items()},
            **{key: self.shortened(key, kind) for key, kind in SHORTENED.items()},
            "reported": partial(self.filled, Reported),
        }

    def whole(self, value: Value) -> Mapping | None:
        """All keys of a recipe, those of what it extends put below its own."""
        entries = self.entries(value, KEYS)
        if entries is None:
            return None
        self.meant |= self.misspelt(value, KEYS)
        own = tuple(entry for entry in entries if entry.key.text != "extends")
        extends = next((entry for entry in entries if entry.key.text == "extends"), None)
        if extends is None:
            return None if "extends" in self.meant else Mapping(own, value.span)
        base = self._base(extends)
        if base is None:
            return None
        below = (entry for entry in base.entries if entry.key.text not in NOT_INHERITED)
        return Mapping(_merged(tuple(below), own), value.span)

    def _base(self, entry: Entry) -> Mapping | None:
        """What a recipe extends; None where a problem was found."""
        if not isinstance(entry.value, Scalar) or not entry.value.text:
            key = entry.key.text
            help = f"as in `{key}: cifar10_sgd` or `{key}: recipes/ours.yaml`"
            message = f"{key} names one recipe: a file, or a name on the shelf"
            self.report.add("E012", entry.value.span, message, help=help)
            return None
        span = entry.value.span
        chain = self.chain or ((real(Path(span.file)),) if span.in_a_file else ())
        path = base_file(entry.value.text, span, chain, self.report, shelf.find_recipe)
        if path is None or is_circular(path, span, chain, self.report):
            return None
        try:
            root = parsed(read(path), str(path), "recipe", self.report)
        except SpecError as error:
            pass_on(error, span, self.report)
            return None
        reader = RecipeReader(self.report, (*chain, real(path)))
        base = reader.whole(root)
        self.meant |= reader.meant
        return base


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
    root = parsed(source, file, "recipe", report)
    recipe = RecipeReader(report, (real(Path(file)),)).recipe(root)
    report.stop_if_any()
    assert recipe is not None, "no recipe, and no problem either"
    return recipe.read_from(report.texts)


def beside(model: Model, key: str, said: str) -> Path:
    """A path that a part of a recipe names, from the folder of the file that says it.

    What an option of the command line says is from where the command is given.
    """
    span, path = model.at.of(key), Path(said).expanduser()
    return Path(span.file).parent / path if span.in_a_file else path
