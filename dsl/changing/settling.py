"""Recipes that mean the same wherever they lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from dsl.models.model import Model
from dsl.models.recipe import Recipe
from dsl.models.schedules import Steps
from dsl.reading.recipes import beside


def settled(recipe: Recipe, path: Path | None = None) -> Recipe:
    """The recipe with whole paths, so that it means the same wherever it lies.

    `path` is where the images are, if not where the recipe says.
    """
    update: dict[str, Any] = {}
    if recipe.data and (path or recipe.data.path):
        said = path.expanduser() if path else beside(recipe.data, "path", recipe.data.path)
        update["data"] = remade(recipe.data, path=str(said.absolute()))
    if recipe.weights:
        said = beside(recipe.weights, "file", recipe.weights.file)
        update["weights"] = remade(recipe.weights, file=str(said.absolute()))
    return remade(recipe, **update).read_from(recipe.texts) if update else recipe


def altered(recipe: Recipe, update: dict[str, Any]) -> Recipe:
    """The recipe with other fields; what its schedule would change behind the end never comes."""
    epochs = update.get("epochs")
    if epochs and isinstance(recipe.schedule, Steps):
        rates = {epoch: rate for epoch, rate in recipe.schedule.rates.items() if epoch < epochs}
        update = {**update, "schedule": Steps(rates=rates)}
    return remade(recipe, **update).read_from(recipe.texts) if update else recipe


Kept = TypeVar("Kept", bound=Model)


def remade(model: Kept, **update: Any) -> Kept:
    """A model with other fields, validated anew."""
    values = {name: getattr(model, name) for name in type(model).model_fields}
    return type(model)(**values | update).placed(model.at)
