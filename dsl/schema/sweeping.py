"""Sweeps: axes, what must hold, what is looked for."""

from __future__ import annotations

from dsl.models import described, shelf
from dsl.models.alternatives import Shortened
from dsl.models.axes import Axis
from dsl.models.engines import ENGINES
from dsl.models.model import Model
from dsl.models.promises import Expect
from dsl.models.sweep import QUANTITIES, SCORES, Draw, Sweep, Training
from dsl.schema.pieces import (
    TEXT,
    Schema,
    any_scalar,
    by_kind,
    filled,
    form_in,
    named_file,
    said,
    scalar,
    snippet,
)
from dsl.schema.training import alternatives

LISTED = {
    "axis": "^[${1:64}, ${2:96}]",
    "range": "^{low: ${1:0.5}, high: ${2:1.0}, step: ${3:0.1}}",
}


def sweep() -> Schema:
    """A whole sweep."""
    named = named_file("a file, or the name of a spec on the shelf")
    shelved = [snippet(name, name) for name in shelf.names()]
    special = {
        "title": TEXT,
        "spec": {**any_scalar(**named), "defaultSnippets": shelved},
        "axes": _axes(),
        "random": _shortened(Draw),
        "constraints": filled(Expect, {}, but=["out"]),
        "objectives": _objectives(),
        "quantities": _one_or_more(Sweep, "quantities"),
        "train": _shortened(Training, {"engine": alternatives(ENGINES.values())}),
    }
    return filled(Sweep, special)


def _axes() -> Schema:
    """Addresses, each with a list of values or a range."""
    addresses: Schema = {"type": ["array", "string"], "items": {"type": "string"}}
    values: Schema = {"type": "array", "minItems": 1}
    whole = filled(Axis, {"values": values, "also": addresses})
    begun = [snippet(label, body) for label, body in LISTED.items()]
    axis = {**by_kind(array={"minItems": 1}, object=whole), "defaultSnippets": begun}
    factors = {
        key: said({"allOf": [axis]}, described.of_key(Sweep, "axes")) for key in ("width", "depth")
    }
    return {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"minLength": 1},
        "properties": factors,
        "additionalProperties": axis,
    }


def _objectives() -> Schema:
    """Quantities, each with its direction."""
    aim = scalar(form_in(Sweep, "objectives"))
    properties = {
        name: said(aim, described.of_key(Expect, name)) if name in QUANTITIES else aim
        for name in (*QUANTITIES, *SCORES)
    }
    return {
        "type": "object",
        "minProperties": 1,
        "properties": properties,
        "additionalProperties": False,
    }


def _shortened(kind: type[Shortened], special: dict[str, Schema] | None = None) -> Schema:
    """A mapping of the fields, or the one value that fills it."""
    inside = filled(kind, special or {})
    return {"if": {"type": "object"}, "then": inside, "else": _field(kind, kind.short)}


def _field(model: type[Model], name: str) -> Schema:
    form = form_in(model, name)
    return scalar(form) if form else TEXT


def _one_or_more(model: type[Model], name: str) -> Schema:
    one = _field(model, name)
    return {"if": {"type": "array"}, "then": {"items": one}, "else": one}
