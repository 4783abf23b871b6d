"""The JSON Schema of specs as editors here should know it: with the layers of plugins."""

from __future__ import annotations

from typing import Literal

from compiler.version import __version__
from dsl.models import plugins
from dsl.models.layers import KINDS
from dsl.schema.pieces import Schema
from dsl.schema.whole import of_names, of_recipe, of_spec, of_sweep

Kind = Literal["spec", "weights", "recipe", "sweep"]


def json_schema(of: Kind = "spec") -> Schema:
    """The JSON Schema (draft 07) of specs, of maps of weights' names, of recipes, or of sweeps.

    Layers of plugins that are in use or installed are among those of specs. Raises `PluginError`
    where one of them is broken.
    """
    if of == "weights":
        return of_names(__version__)
    if of == "recipe":
        return of_recipe(__version__)
    if of == "sweep":
        return of_sweep(__version__)
    given = (plugins.find(word) for word in plugins.words())
    foreign = (each.kind.model for each in given if each is not None)
    return of_spec(__version__, (*KINDS, *foreign))
