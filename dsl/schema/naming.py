"""Maps of names: what public sources call the weights."""

from __future__ import annotations

from dsl.models.described import of_key
from dsl.models.weights import ADDRESS, EXAMPLE, NOTHING, OWN, PUBLIC, SUFFIXES, NameMap
from dsl.schema.pieces import Schema, any_scalar, matching, name, ref, said

FILE = rf"[^\\:]+(?:{'|'.join(suffix.replace('.', '[.]') for suffix in SUFFIXES)})"
"""A map's file, in the spec's folder or below."""


def definitions() -> dict[str, Schema]:
    """The parts that maps of names are made of."""
    path = "an address, which is a path such as mixed_5b.branch1 or **.conv"
    addresses = matching(ADDRESS.pattern, path)
    theirs = "a public name such as Mixed_5b.branch1x1 or conv2d_#, or none"
    public = any_scalar(**matching(PUBLIC.pattern, theirs))
    inside = {"propertyNames": addresses, "additionalProperties": ref("public")}
    either = {"if": {"type": "object"}, "then": inside, "else": ref("public")}
    beyond = {"if": {"type": "array"}, "then": {"items": ref("public")}, "else": ref("named")}
    nothing = {NOTHING: said(beyond, of_key(NameMap, "beyond"))}
    return {
        "public": public,
        "named": either,
        "names": {
            "type": "object",
            "markdownDescription": of_key(NameMap, "names"),
            "properties": nothing,
            "propertyNames": addresses,
            "additionalProperties": ref("named"),
        },
    }


def sources() -> Schema:
    """The sources of a spec, each with its map or the file that holds it."""
    source: Schema = {
        "if": {"type": "object"},
        "then": ref("names"),
        "else": {"type": "string", **matching(FILE, BESIDE)},
    }
    return {
        "type": ["object", "string"],
        **matching(NOTHING, f"a map of names for each source, or {NOTHING}"),
        "propertyNames": name([OWN]),
        "additionalProperties": source,
    }


BESIDE = f"a map of names, or the YAML file beside the spec that holds it: {EXAMPLE}"
