"""The small change of a schema: whole texts, descriptions, single values and mappings.

A scalar is what YAML 1.2 makes of it by the time that a schema sees it: `8` a number, `true` a
boolean, anything in quotes a text. Our reader takes numbers in quotes too, so a number's schema
takes both; ranges then hold for numbers, and patterns for texts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Annotated, Any, TypeAlias, get_args, get_origin

from pydantic import BeforeValidator

from dsl.models import described
from dsl.models.fields import MAX_TEXT
from dsl.models.forms import NAME, Form, any_of, form_of
from dsl.models.identifiers import NEVER, RULE
from dsl.models.model import Model, own_first

Schema: TypeAlias = dict[str, Any]


def any_scalar(**more: Any) -> Schema:
    """Any scalar, which YAML may have read as a number; an empty one has nothing in it."""
    return {"if": {"type": ["array", "object", "null"]}, "then": {"type": "string"}, **more}


TEXT: Schema = {
    "if": {"type": ["array", "object"]},
    "then": {"type": "string"},
    "maxLength": MAX_TEXT,
}
"""The same, which may be empty."""


def name(taken: Collection[str] = (), also: str = "", said: str = "") -> Schema:
    """A name that is being given: none of Python's words nor of those that are `taken`.

    `also` is a pattern of further texts that it can't be, and `said` how such a name begins.
    """
    never = any_of(*sorted({*NEVER, *taken}), *filter(None, [also]))
    rule = f"a name here, which is {said or RULE}, and no word that means something"
    return matching(f"(?!{never}$){NAME}", rule)


def scalar(form: Form | None) -> Schema:
    """What a field takes; anything where nothing is known of it."""
    if form is None:
        return {}
    if form.words:
        return _worded(form)
    text = matching(form.pattern, form.said)
    if form.truth:
        return {"type": ["boolean", "string"], **text}
    if form.low is None:
        return {"type": "string", **text}
    kind = "integer" if form.whole else "number"
    return {"type": [kind, "string"], "minimum": form.low, "maximum": form.high, **text}


def matching(pattern: str, said: str) -> Schema:
    """Texts of a pattern, and what an editor says that it expects of others."""
    return {"pattern": f"^(?:{pattern})$", "patternErrorMessage": f"Expected {said}."}


def named_file(said: str) -> Schema:
    """A text that names a file, or something on a shelf."""
    return matching(r"[\s\S]*\S[\s\S]*", said)


def _worded(form: Form) -> Schema:
    """Words, each with its meaning; where there is more than words, as beginnings."""
    if form.pattern == any_of(*form.words):
        meanings = list(form.words.values())
        told = {"markdownEnumDescriptions": meanings} if any(meanings) else {}
        return {"enum": list(form.words), **told}
    return {
        "type": "string",
        **matching(form.pattern, form.said),
        "defaultSnippets": [snippet(word, word, text) for word, text in form.words.items()],
        "markdownDescription": "\n".join(f"- `{word}`: {form.words[word]}" for word in form.words),
    }


def snippet(label: str, body: Any, text: str = "") -> Schema:
    """Something to begin with, which an editor offers."""
    described = {"markdownDescription": text} if text else {}
    return {"label": label, "body": body, **described}


def form_in(model: type[Model], name: str) -> Form | None:
    """The form of a model's field."""
    field = model.model_fields[name]
    return next(_forms(field.metadata, field.annotation), None)


def _forms(marks: Iterable[Any], inside: Any) -> Iterator[Form]:
    for mark in marks:
        form = form_of(mark.func) if isinstance(mark, BeforeValidator) else None
        if form is not None:
            yield form
    if get_origin(inside) is Annotated:
        yield from _forms(inside.__metadata__, get_args(inside)[0])
    else:
        # Of a mapping the values, whose keys are names.
        parts = get_args(inside)[1:] if get_origin(inside) is dict else get_args(inside)
        for part in parts:
            yield from _forms((), part)


def said(schema: Schema, text: str) -> Schema:
    """The schema with a description in front of its own; a reference is put inside, as it must."""
    if "$ref" in schema:
        return {"markdownDescription": text, "allOf": [schema]}
    more = schema.get("markdownDescription")
    return {**schema, "markdownDescription": f"{text}\n\n{more}" if more else text}


def filled(model: type[Model], special: Mapping[str, Schema], but: Iterable[str] = ()) -> Schema:
    """A mapping that fills a model: a key for each field, `special` ones with their own schema."""
    left_out = set(but)
    fields = {model.model_fields[name].alias or name: name for name in own_first(model)}
    properties = {
        key: said(special.get(key) or scalar(form_in(model, name)), _described(model, name))
        for key, name in fields.items()
        if name not in left_out
    }
    required = [
        key
        for key, name in fields.items()
        if key in properties and model.model_fields[name].is_required()
    ]
    return mapping(properties, required)


def mapping(properties: Schema, required: Iterable[str] = ()) -> Schema:
    """A mapping with just these keys."""
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": list(required)} if required else found


def _described(model: type[Model], name: str) -> str:
    """What a key is, with its default where that is one word or number."""
    text = described.of_key(model, name)
    default = model.model_fields[name].default
    if isinstance(default, bool):
        default = str(default).lower()
    written = isinstance(default, (str, int, float)) and default != ""
    return f"{text}\n\nDefault: `{_short(default)}`" if written else text


def _short(value: object) -> str:
    """A value as one writes it: 1e-5."""
    return str(value).replace("e-0", "e-")


def by_kind(**kinds: Schema) -> Schema:
    """A list, a mapping or a text (`array`, `object`, `string`), each with a schema of its own.

    Not by `anyOf`: editors then say what is wrong with the one that was meant. Nor by `items` at
    once: yaml-language-server would look for beginnings in the items of the items, without end.
    """
    found: Schema = {}
    for kind, schema in reversed(kinds.items()):
        found = {"if": {"type": kind}, "then": schema, **({"else": found} if found else {})}
    return {"type": list(kinds), **found}


def one_or_more(part: str) -> Schema:
    """A list of one of the definitions, or one of it alone."""
    return by_kind(array={"items": ref(part)}, object=ref(part))


def ref(name: str) -> Schema:
    """A reference to one of the definitions."""
    return {"$ref": f"#/definitions/{name}"}
