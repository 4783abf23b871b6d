"""A whole spec, and a map of names in a file of its own, as JSON Schemas.

Draft 07, which editors know best: yaml-language-server and VS Code read `if`, `then` and
`definitions` as they stand, and nothing here needs more. `markdownDescription`,
`patternErrorMessage` and `defaultSnippets` are theirs; who only checks passes them over.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from dsl.models import described, shelf
from dsl.models.changes import CHANGES
from dsl.models.extent import AXES
from dsl.models.layers import KINDS, Layer
from dsl.models.model import BLOCK_SECTIONS, Section
from dsl.models.promises import Expect
from dsl.models.reserved import GLOBALS, RESERVED
from dsl.models.spec import Aux, Defaults, Spec, Variant
from dsl.reading.names import OUTPUTS
from dsl.reading.names import RESERVED as LAYERS_WORDS
from dsl.reading.reader import NOT_INHERITED
from dsl.schema import changing, naming, steps, sweeping, training
from dsl.schema.pieces import (
    TEXT,
    Schema,
    any_scalar,
    by_kind,
    filled,
    form_in,
    mapping,
    name,
    named_file,
    one_or_more,
    ref,
    said,
    scalar,
    snippet,
)

DRAFT = "http://json-schema.org/draft-07/schema#"
SECTIONS: tuple[Section, ...] = get_args(Section)


def of_spec(version: str, kinds: Iterable[type[Layer]] = KINDS) -> Schema:
    """The schema of specs, of a version of the package; `kinds` are all layers that there are."""
    top = _top()
    filling = filled(Spec, top)
    extends = {"extends": said(_extends(), described.EXTENDS)}
    properties = {**extends, **filling["properties"], **changing.keys()}
    parts = {**steps.definitions(kinds), **naming.definitions(), **training.definitions()}
    parts |= {**changing.definitions(top), **_parts()}
    root = {**mapping(properties), **_extended(filling["required"])}
    return {**_head("spec", version), **root, "definitions": parts}


def of_names(version: str) -> Schema:
    """The schema of a map of names, a file of which `weights:` may give."""
    parts = naming.definitions()
    return {**_head("weights", version), **parts["names"], "definitions": parts}


def of_recipe(version: str) -> Schema:
    """The schema of a recipe in a file of its own."""
    return {**_head("recipe", version), **training.recipe()}


def of_sweep(version: str) -> Schema:
    """The schema of a sweep."""
    return {**_head("sweep", version), **sweeping.sweep()}


def _head(what: str, version: str) -> Schema:
    return {
        "$schema": DRAFT,
        "$id": f"urn:inception-compile:{what}:{version}",
        "title": f"inception-compile {version}, {what}",
    }


def _top() -> Schema:
    """The keys of a spec that aren't single values."""
    blocks = {"type": "object", "propertyNames": BLOCK_NAME, "additionalProperties": ref("block")}
    by_name: Schema = {"type": "object", "propertyNames": name()}
    return {
        "name": {"type": "string", **name()},
        "title": TEXT,
        "paper": TEXT,
        "input": _extent(),
        "classes": scalar(form_in(Spec, "classes")),
        "defaults": ref("defaults"),
        **dict.fromkeys(SECTIONS, ref("section")),
        **dict.fromkeys(BLOCK_SECTIONS, blocks),
        "aux": one_or_more("heads"),
        "weights": naming.sources(),
        "variants": {**by_name, "additionalProperties": ref("variant")},
        "expect": ref("expect"),
        "training": training.training(),
        "meta": {"type": "object", "propertyNames": {"minLength": 1}},
    }


BLOCK_NAME = name(LAYERS_WORDS)


def _parts() -> dict[str, Schema]:
    """What a spec's keys refer to, beside steps and names."""
    head_name = name(
        {*RESERVED, *GLOBALS, *OUTPUTS},
        also=r"[A-Z]\w*",
        said="a small letter, then letters, digits or _",
    )
    heads = {"type": "object", "propertyNames": head_name, "additionalProperties": ref("head")}
    head = filled(Aux, {"from": {"type": "string", **name()}, "do": ref("step")}, but=["name"])
    variant: Schema = {"title": TEXT, "expect": ref("expect"), **changing.keys()}
    return {
        "defaults": filled(Defaults, {}),
        "heads": heads,
        "head": head,
        "expect": _expect(),
        "variant": filled(Variant, variant),
    }


def _extent() -> Schema:
    """Channels and sides in a list, or by name."""
    side = scalar(form_in(Spec, "classes"))
    named = [
        {key: said(side, described.SIDES[key]) for key in ("channels", *axes)} for axes in AXES[1:]
    ]
    ways = [mapping(properties, properties) for properties in named]
    listed = {"items": side, "minItems": 2, "maxItems": len(AXES)}
    return {"defaultSnippets": EXTENTS, **by_kind(array=listed, object={"anyOf": ways})}


EXTENTS = [
    snippet("an image", "^[${1:3}, ${2:224}, ${3:224}]"),
    snippet("a series", "^[${1:1}, ${2:500}]"),
    snippet("a clip", "^[${1:3}, ${2:16}, ${3:112}, ${4:112}]"),
]


def _expect() -> Schema:
    """Totals, and `out.NAME` for the shape at a step."""
    shape = {"type": "array", "items": scalar(form_in(Expect, "out")), "minItems": 1}
    described_out = said(shape, described.of_key(Expect, "out"))
    begun = [snippet("out.NAME", {"out.${1:fc}": "^[${2:1000}]"})]
    totals = filled(Expect, {}, but=["out"])
    return {**totals, "patternProperties": {"^out[.]": described_out}, "defaultSnippets": begun}


def _extends() -> Schema:
    """A file, or a name on the shelf."""
    shelved = [snippet(name, name) for name in shelf.names()]
    text = any_scalar(**named_file("a file, or a name on the shelf"))
    return {**text, "defaultSnippets": shelved}


def _extended(required: Iterable[str]) -> Schema:
    """What a spec needs: by itself more than where it extends another, which may be changed."""
    steps_of = [{"required": [section]} for section in SECTIONS]
    alone: Schema = {"required": list(required), "anyOf": steps_of}
    alone["properties"] = {**dict.fromkeys(CHANGES, False), "weights": {"type": "object"}}
    heir = [key for key in required if key in NOT_INHERITED]
    return {"if": {"required": ["extends"]}, "then": {"required": heir}, "else": alone}
