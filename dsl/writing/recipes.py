"""Recipes and sweeps as data for YAML: what goes without saying is left out, and all is short."""

from __future__ import annotations

from typing import Any

from dsl.models.alternatives import Alternative, Shortened
from dsl.models.augmenting import Augment
from dsl.models.fields import FREE
from dsl.models.model import Model, own_first
from dsl.models.recipe import Recipe
from dsl.models.sweep import Sweep
from dsl.writing.flowing import Flow, Raw, brief


def recipe_data(recipe: Recipe | Sweep) -> dict[str, Any]:
    """A recipe or a sweep as a mapping, each key on a line of its own."""
    return _fields(recipe)


def _fields(model: Model) -> dict[str, Any]:
    """A model's fields that differ from what they would be if they were left out."""
    fields = type(model).model_fields
    said = {name: getattr(model, name) for name in own_first(type(model))}
    shown = {name: value for name, value in said.items() if not _goes_without(model, name, value)}
    return {
        name: value if FREE in fields[name].metadata else value_of(value)
        for name, value in shown.items()
    }


def _goes_without(model: Model, name: str, value: Any) -> bool:
    field = type(model).model_fields[name]
    return not field.is_required() and value == field.get_default(call_default_factory=True)


def value_of(value: Any) -> Any:
    """A value of a recipe as data for YAML."""
    match value:
        case Alternative():
            said = _short(value)
            return brief({value.word: said}) if said else Raw(value.word)
        case Augment():
            return Raw(value)
        case Shortened():
            return _short(value)
        case Model():
            return brief(_fields(value))
        case dict():
            return brief({key: value_of(item) for key, item in value.items()})
        case tuple():
            return _listed(value)
        case str():
            return Raw(value)
        case float() if value.is_integer() and abs(value) < EXACT:
            return int(value)
    return value


EXACT = 2**53
"""Up to here every whole number is a float."""


def _listed(items: tuple[Any, ...]) -> Any:
    """A list; a number for all channels alone."""
    if len(items) == 1 and isinstance(items[0], float):
        return value_of(items[0])
    return Flow(map(value_of, items))


def _short(model: Shortened) -> Any:
    """A model's fields, or the one value that fills it."""
    said = _fields(model)
    return said[model.short] if [*said] == [model.short] else brief(said)
