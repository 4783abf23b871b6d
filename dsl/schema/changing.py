"""What changes another network: factors, addresses, and what stands at them instead."""

from __future__ import annotations

from dsl.models import described
from dsl.models.changes import PLACES, Changes, Depth, Width
from dsl.models.model import Model
from dsl.models.spec import Defaults, Spec
from dsl.schema.pieces import Schema, filled, form_in, one_or_more, ref, said, scalar

ADDRESS: Schema = {"type": "string", "minLength": 1}


def definitions(top: Schema) -> dict[str, Schema]:
    """The parts that changes are made of; `top` are the keys of a spec."""
    factors = {"width": filled(Width, {}), "depth": filled(Depth, {})}
    return {"insertion": _insertion(), "settings": _settings(top), **factors}


def keys() -> Schema:
    """Each key of changes with its schema."""
    made: Schema = {
        "width": _factor(Width, "width"),
        "depth": _factor(Depth, "depth"),
        "remove": {"type": ["array", "string"], "items": ADDRESS, "minLength": 1},
        "insert": one_or_more("insertion"),
        "set": ref("settings"),
    }
    return {key: said(schema, described.of_key(Changes, key)) for key, schema in made.items()}


def _factor(model: type[Model], part: str) -> Schema:
    """A number alone, or a mapping."""
    types = ["number", "object", "string"]
    whole: Schema = {"if": {"type": "object"}, "then": ref(part)}
    return {**scalar(form_in(model, "by")), "type": types, **whole}


def _insertion() -> Schema:
    """Where, and one named step."""
    either: Schema = {"anyOf": [{"enum": list(PLACES)}, ref("step_name")]}
    return {
        "type": "object",
        "properties": {key: said(ADDRESS, described.PLACES[key]) for key in PLACES},
        "additionalProperties": ref("unnamed"),
        "propertyNames": either,
        "minProperties": 2,
        "maxProperties": 2,
        "oneOf": [{"required": [key]} for key in PLACES],
    }


def _settings(top: Schema) -> Schema:
    """Addresses with anything that stands there; what a spec surely has is checked."""
    sure = ("title", "input", "classes", "stem", "body", "head", "aux")
    known = {key: said(top[key], described.of_key(Spec, key)) for key in sure}
    inside = filled(Defaults, {})["properties"]
    known |= {f"defaults.{key}": schema for key, schema in inside.items()}
    return {"type": "object", "properties": known}
