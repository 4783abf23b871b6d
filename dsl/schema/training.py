"""Recipes: what stands behind `training:`, or in a file of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_origin

from dsl.models import described, shelf
from dsl.models.alternatives import Alternative, Shortened
from dsl.models.model import Model, own_first
from dsl.models.recipe import Recipe, Reported
from dsl.reading.recipes import ALTERNATIVES, SHORTENED
from dsl.schema.pieces import (
    TEXT,
    Schema,
    any_scalar,
    by_kind,
    filled,
    form_in,
    mapping,
    matching,
    named_file,
    ref,
    said,
    scalar,
    snippet,
)

NO_MORE: Schema = {}
EPOCH = "0|[1-9][0-9]*"


def definitions() -> dict[str, Schema]:
    """The one part that a spec refers to."""
    return {"recipe": recipe()}


def training() -> Schema:
    """A recipe, or the name of one."""
    ways = by_kind(object=ref("recipe"), string=_named())
    return {"defaultSnippets": _shelved(), **ways}


def recipe() -> Schema:
    """A whole recipe; one that extends another need not say everything."""
    special = {key: alternatives(kinds.values()) for key, kinds in ALTERNATIVES.items()}
    for key, kind in SHORTENED.items():
        special[key] = _shortened(kind, {"title": key, **_filled(kind)})
    special["reported"] = _filled(Reported)
    inside = _filled(Recipe, special)
    extends = said({**any_scalar(**_named()), "defaultSnippets": _shelved()}, described.RECIPES)
    needed = {"required": inside.pop("required")}
    inside["properties"] = {"extends": extends, **inside["properties"]}
    return {**inside, "if": {"required": ["extends"]}, "else": needed}


def _named() -> Schema:
    return named_file("a file, or the name of a recipe on the shelf")


def _shelved() -> list[Schema]:
    return [snippet(name, name) for name in shelf.recipes()]


def alternatives(kinds: Iterable[type[Alternative]]) -> Schema:
    """A word alone where that says all, or one word with its fields."""
    kinds = list(kinds)
    alone = [kind.word for kind in kinds if not _needed(kind)]
    keys = {kind.word: said(_behind(kind), described.of_way(kind)) for kind in kinds}
    one = {**mapping(keys), "minProperties": 1, "maxProperties": 1}
    meanings = [described.of_way(kind) for kind in kinds if not _needed(kind)]
    word = {"string": {"enum": alone, "markdownEnumDescriptions": meanings}} if alone else {}
    begun = [snippet(kind.example, _body(kind), described.of_way(kind)) for kind in kinds]
    return {"defaultSnippets": begun, **by_kind(object=one, **word)}


def _body(kind: type[Alternative]) -> str:
    """An example as YAML in one line; a text that begins with `^` is written as it stands."""
    return f"^{{{kind.example}}}" if ":" in kind.example else kind.example


def _behind(kind: type[Alternative]) -> Schema:
    """What stands behind the word of one way."""
    if kind.whole:
        return _by_epoch(kind)
    fields = _filled(kind)
    found = _shortened(kind, fields) if kind.short else fields
    if _needed(kind):
        return found
    types = found["type"] if isinstance(found["type"], list) else [found["type"]]
    return {**found, "type": [*types, "null"]}


def _shortened(model: type[Shortened], inside: Schema) -> Schema:
    """A mapping, or the value of the field that one value fills."""
    return _beside(_field(model, model.short), "object", inside)


def _beside(one: Schema, kind: str, inside: Schema) -> Schema:
    """A list or mapping beside a single value; told apart as editors need it."""
    if "enum" in one or "if" in one:
        begun = [snippet(word, word) for word in one.get("enum", ())]
        return {"defaultSnippets": begun, **by_kind(**{kind: inside, "string": one})}
    types = one["type"] if isinstance(one["type"], list) else [one["type"]]
    whole: Schema = {"if": {"type": kind}, "then": inside}
    return {**one, "type": [*types, kind], **whole}


def _by_epoch(kind: type[Alternative]) -> Schema:
    """A rate for each of some epochs."""
    return {
        "type": "object",
        "propertyNames": matching(EPOCH, "the epochs at which the rate changes, from 0 on"),
        "additionalProperties": scalar(form_in(kind, kind.short)),
        "required": ["0"],
    }


def _needed(model: type[Model]) -> list[str]:
    return [name for name in own_first(model) if model.model_fields[name].is_required()]


def _filled(model: type[Model], special: Schema = NO_MORE) -> Schema:
    """A mapping that fills a model of a recipe."""
    return filled(model, {**{name: _field(model, name) for name in model.model_fields}, **special})


def _field(model: type[Model], name: str) -> Schema:
    """What one field takes; of a tuple, a list or one value alone."""
    form = form_in(model, name)
    if form is None:
        return TEXT
    one = scalar(form)
    listed = get_origin(model.model_fields[name].annotation) is tuple
    return _beside(one, "array", {"items": one}) if listed else one
