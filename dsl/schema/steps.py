"""Steps and blocks: op-strings, lists, joins, sums, and the names in front of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from dsl.models.described import of_key, of_step_key
from dsl.models.factors import FACTOR
from dsl.models.fields import JOIN_WORDS
from dsl.models.forms import NAME, any_of
from dsl.models.layers import KINDS, Layer
from dsl.models.model import BESIDE, Residual
from dsl.models.reserved import RESERVED
from dsl.models.scalars import MOST
from dsl.models.shares import EQUAL, EXAMPLES, REST, SHARE_MEANINGS
from dsl.models.spec import Block
from dsl.reading.blocks import BLOCK_KEYS, BODIES
from dsl.reading.names import TAKEN
from dsl.schema.opstrings import op_string, snippets
from dsl.schema.pieces import (
    Schema,
    by_kind,
    filled,
    form_in,
    matching,
    name,
    ref,
    said,
    scalar,
    snippet,
)

JOINED = (*JOIN_WORDS, *BESIDE)
SUMMED = ("do", "residual")


def definitions(kinds: Iterable[type[Layer]] = KINDS) -> dict[str, Schema]:
    """The parts that steps and blocks are made of, which refer to each other."""
    kinds = tuple(kinds)
    begun = snippets(kinds)
    return {
        "op_string": op_string(kinds),
        "step": _step(begun, named=True),
        "unnamed": _step(begun, named=False),
        "section": _step(begun, named=True, least=0),
        "step_name": name(RESERVED),
        "branches": {"type": "array", "items": ref("step"), "minItems": 1},
        "residual": filled(Residual, {"shortcut": ref("step")}),
        "shares": _shares(),
        "block": _block(begun),
        "params": _params(),
    }


def _step(begun: list[Schema], *, named: bool, least: int = 1) -> Schema:
    """One step of whichever form; with `named`, perhaps under a name."""
    listed = {"items": ref("step"), "minItems": least}
    return {
        "properties": _keys((*JOIN_WORDS, "do", *BESIDE)),
        "additionalProperties": ref("unnamed") if named else False,
        "minProperties": 1,
        "defaultSnippets": begun,
        **by_kind(array=listed, object=_forms(named=named), string=ref("op_string")),
    }


def _keys(keys: Iterable[str]) -> Schema:
    """Keys that say what a step is made of, each with its description."""
    made: Schema = {
        **dict.fromkeys(JOIN_WORDS, ref("branches")),
        "do": ref("step"),
        "then": ref("step"),
        "residual": ref("residual"),
        "split": {},  # Shares beside a join; alone it is the name of a step.
    }
    return {key: said(made[key], of_step_key(key)) for key in keys}


def _forms(*, named: bool) -> Schema:
    """Which keys stand together: those of a join, those of a sum, or one name."""
    joins = [{"required": [join]} for join in JOIN_WORDS]
    joined: Schema = {"propertyNames": {"enum": list(JOINED)}, "allOf": _one_of(JOIN_WORDS)}
    joined["properties"] = {"split": ref("shares")}
    summed: Schema = {"propertyNames": {"enum": list(SUMMED)}}
    one: Schema = {"maxProperties": 1, "propertyNames": ref("step_name")}
    one["properties"] = {"split": ref("unnamed")}
    alone = one if named else {"properties": dict.fromkeys(("do", *BESIDE), False)}
    sums: Schema = {"if": {"required": list(SUMMED)}, "then": summed, "else": alone}
    return {"if": {"anyOf": joins}, "then": joined, "else": sums}


def _one_of(keys: Collection[str]) -> list[Schema]:
    """That one key leaves no place for the others: told at those, as `oneOf` would not."""
    return [
        {
            "if": {"required": [key]},
            "then": {"properties": {other: False for other in keys if other != key}},
        }
        for key in keys
    ]


def _shares() -> Schema:
    """`equal`, or a list with a share for each branch."""
    share = {"type": ["integer", "string"], "minimum": 1, "maximum": MOST}
    share |= matching(any_of("[1-9][0-9]*", NAME, FACTOR), f"a number, a name or {REST}")
    begun = [
        snippet(EQUAL, EQUAL, SHARE_MEANINGS[EQUAL]),
        snippet(f"[{REST}, in/2]", f"^[${{1:{REST}}}, ${{2:in/2}}]", SHARE_MEANINGS[REST]),
    ]
    listed = {"items": share, "minItems": 1}
    ways = by_kind(array=listed, string=matching(EQUAL, EXAMPLES))
    return {"defaultSnippets": begun, **ways}


def _block(begun: list[Schema]) -> Schema:
    """What a name under `inception` and the like stands for."""
    keys = _keys(key for key in BLOCK_KEYS if key != "params")
    keys["split"] = said(ref("shares"), of_step_key("split"))
    params = said(ref("params"), of_key(Block, "params"))
    beside = {key: False for key in BESIDE if key not in SUMMED}
    form: Schema = {"anyOf": [{"required": [body]} for body in BODIES], "allOf": _one_of(BODIES)}
    form |= {"if": {"required": ["do"]}, "then": {"properties": beside}}
    listed = {"items": ref("step"), "minItems": 1}
    return {
        "properties": {"params": params, **keys},
        "additionalProperties": False,
        "defaultSnippets": begun,
        **by_kind(object=form, array=listed, string=ref("op_string")),
    }


def _params() -> Schema:
    """A list of names, or names with their defaults, which may be left empty."""
    named = name(TAKEN, also=r"x[0-9]+|[A-Z]\w*", said="a small letter, then letters, digits or _")
    default = scalar(form_in(Block, "params"))
    either = {**default, "type": [*default["type"], "null"]}
    return by_kind(
        array={"items": {"type": "string", **named}},
        object={"propertyNames": named, "additionalProperties": either},
    )
