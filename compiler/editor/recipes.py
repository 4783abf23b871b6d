"""Recipes and sweeps in an editor: their marks, and what keys and words are, by their paths.

A path is that of keys from the top: `("optimizer", "sgd", "momentum")`; of a sweep `SWEEP` first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import TypeAlias

import dsl
from compiler.editor.marks import Kind, Mark
from compiler.editor.stepping import Stepper
from compiler.editor.sweeps import SWEEP, own_keys, own_words, within
from dsl.models import described, shelf
from dsl.models.alternatives import Alternative, Shortened
from dsl.models.augmenting import AUGMENTATIONS
from dsl.models.fields import FREE
from dsl.models.forms import Form
from dsl.models.model import Model, own_first
from dsl.models.recipe import Recipe, Reported
from dsl.reading.recipes import ALTERNATIVES, SHORTENED
from dsl.schema.pieces import form_in
from dsl.text.numbers import NUMBER
from dsl.text.values import Entry, Scalar, Sequence, Value
from dsl.text.values import Mapping as Tree

Path: TypeAlias = tuple[str, ...]
Inside: TypeAlias = type[Model] | Mapping[str, type[Alternative]] | None
"""What a mapping holds: a model's fields, one of several ways, or nothing that is known."""
FLAGS = {"true": "", "false": ""}
RECIPES = ((SWEEP, "train"), (SWEEP, "train", "recipe"))
"""Where a sweep names a recipe."""


class RecipeStepper(Stepper):
    """Marks recipes and sweeps."""

    def recipe(self, value: Value, path: Path = (), key: Scalar | None = None) -> None:
        """A recipe, or what stands at a path in one; `key` is what it stands behind."""
        match value:
            case Scalar():
                self._of_recipe(_kind(value, path, key), value, path)
            case Sequence():
                for item in value.items:
                    self.recipe(item, path, key)
            case Tree():
                for entry in value.entries:
                    self._entry(entry, value, (*path, entry.key.text))

    def sweep(self, root: Tree) -> None:
        """A whole sweep: what it names is a spec, a recipe, or an address in the spec."""
        for entry in root.entries:
            key, value = entry.key.text, entry.value
            if key == "axes" and isinstance(value, Tree):
                self._key("key", entry, root, (SWEEP, key))
                for axis in value.entries:
                    self.axis(axis.key)
                    self.recipe(axis.value, (SWEEP, key, axis.key.text), axis.key)
            elif key == "spec" and isinstance(value, Scalar):
                self._key("key", entry, root, (SWEEP, key))
                self.mark("base", value)
            else:
                self._entry(entry, root, (SWEEP, key))

    def axis(self, address: Scalar) -> None:
        """An address in the spec that a sweep is of."""
        self.mark("address", address)

    def _entry(self, entry: Entry, within: Tree, path: Path) -> None:
        if path in RECIPES and isinstance(entry.value, Scalar):
            self._key("key", entry, within, path)
            self._of_recipe("base", entry.value, ("extends",))
            return
        epoch = _by_epoch(path[:-1])
        self._key("number" if epoch else "key", entry, within, path)
        self.recipe(entry.value, path, entry.key)

    def _key(self, kind: Kind, entry: Entry, within: Tree, path: Path) -> None:
        self._of_recipe(kind, entry.key, path)
        self.found[-1] = replace(self.found[-1], entry=entry, beside=within.keys())

    def _of_recipe(self, kind: Kind, scalar: Scalar, path: Path) -> None:
        self.mark(kind, scalar, "Recipe")
        self.found[-1] = replace(self.found[-1], address=path)


def _kind(value: Scalar, path: Path, key: Scalar | None) -> Kind:
    """What a scalar is that stands at a path; one below its key may become a mapping's first."""
    if path in ((), ("extends",)):
        return "base" if key is None or key.span.line == value.span.line else "key"
    if inside(path) is not None and key is not None and key.span.line < value.span.line:
        return "key"
    if NUMBER.fullmatch(value.text):
        return "number"
    return "text" if _is_free(path) else "word"


def inside(path: Path) -> Inside:
    """What the mapping at a path holds."""
    if path[:1] == (SWEEP,):
        return within(path[1:])
    if len(path) == 0:
        return Recipe
    first, *rest = path
    known: Inside = ALTERNATIVES.get(first) or SHORTENED.get(first)
    known = Reported if first == "reported" else known
    for word in rest:
        known = known.get(word) if isinstance(known, Mapping) else None
    return known


def _by_epoch(path: Path) -> bool:
    """Whether the keys of the mapping at a path are epochs."""
    owner = inside(path)
    return isinstance(owner, type) and issubclass(owner, Alternative) and owner.whole


def keys_at(path: Path) -> dict[str, str]:
    """The keys that may stand in the mapping at a path, each with what it is."""
    owner = inside(path)
    if owner is None and path[:1] == (SWEEP,):
        return own_keys(path[1:])
    if owner is None or _by_epoch(path):
        return {}
    if isinstance(owner, Mapping):
        return {word: described.of_way(kind) for word, kind in owner.items()}
    extends = {"extends": described.RECIPES} if owner is Recipe else {}
    return {name: described.of_key(owner, name) for name in own_first(owner)} | extends


def about(path: Path, word: str) -> str:
    """What a key is, or a word that stands as its value."""
    if path and word == path[-1] and (meaning := keys_at(path[:-1]).get(word)):
        return meaning
    first, *_ = word.split() or [""]
    if path[-1:] == ("augment",) and first in AUGMENTATIONS:
        return f"`{first}`: {AUGMENTATIONS[first].meaning}"
    meaning = words_at(path).get(word, "")
    return f"`{word}`: {meaning}" if meaning else ""


def words_at(path: Path) -> dict[str, str]:
    """The words that may be the value at a path, each with what it means."""
    if path in ((), ("extends",)):
        return {name: _title(name) for name in shelf.recipes()}
    if path[:1] == (SWEEP,) and (words := own_words(path[1:])):
        return words
    owner = inside(path)
    if isinstance(owner, Mapping):
        return {_alone(kind): described.of_way(kind) for kind in owner.values()}
    form = _form(path)
    if form is None:
        return {}
    return FLAGS if form.truth else dict(form.words)


@cache
def _title(name: str) -> str:
    """What a recipe of the shelf is."""
    return dsl.load_recipe(name).title


def _alone(kind: type[Alternative]) -> str:
    """A way as a value on one line: its word, or its example in braces."""
    return f"{{{kind.example}}}" if ":" in kind.example else kind.example


def _form(path: Path) -> Form | None:
    """How the value at a path is written; of a short form, that of the field that it fills."""
    owner, field = inside(path[:-1]), path[-1]
    short = inside(path)
    if isinstance(short, type) and issubclass(short, Shortened) and short.short:
        owner, field = short, short.short
    if not isinstance(owner, type) or field not in owner.model_fields:
        return None
    return form_in(owner, field)


def _is_free(path: Path) -> bool:
    owner = inside(path[:-1])
    known = owner.model_fields.get(path[-1]) if isinstance(owner, type) else None
    return known is not None and FREE in known.metadata


def missing(mark: Mark) -> Iterator[tuple[str, str]]:
    """The keys that may yet be written where one stands, each with what it is."""
    path = mark.address[:-1] if mark.entry else mark.address
    one = isinstance(inside(path), Mapping) and len(mark.beside) > 1
    for key, meaning in keys_at(path).items():
        if key not in mark.beside and not one:
            yield key, meaning
