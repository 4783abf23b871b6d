"""What keys and words of the language mean, as the models and the registry say it."""

from __future__ import annotations

from compiler.editor.marks import Holder
from compiler.editor.walking import KEYS
from dsl.models import described
from dsl.models.activations import word_of
from dsl.models.changes import Changes, Depth, Width
from dsl.models.fields import ACTIVATION_MEANINGS
from dsl.models.layers import LAYERS, Call, Layer, spellings
from dsl.models.model import Model, Residual, Spelled
from dsl.models.promises import Expect
from dsl.models.spec import Aux, Block, Defaults, Spec, Variant
from dsl.reading.beginning import own_kind

MODELS: dict[Holder, type[Model]] = {
    "Spec": Spec,
    "Defaults": Defaults,
    "Aux": Aux,
    "Residual": Residual,
    "Changes": Changes,
    "Variant": Variant,
    "Width": Width,
    "Depth": Depth,
    "Expect": Expect,
}
"""The model whose fields are the keys there."""


def keys_of(holder: Holder, heir: bool = True) -> dict[str, str]:
    """The keys that may stand in a mapping, each with what it is; `heir` extends another spec."""
    if holder not in MODELS:
        return {key: _of_other(holder, key) for key in KEYS.get(holder, ())}
    model = MODELS[holder]
    fields = [field.alias or name for name, field in model.model_fields.items()]
    found = {key: described.of_key(model, key) for key in fields}
    if holder == "Aux":
        del found["name"]
    elif holder == "Expect":
        del found["out"]
    elif holder == "Spec":
        found["extends"] = described.EXTENDS
        found |= keys_of("Changes") if heir else {}
    return found


def _of_other(holder: Holder, key: str) -> str:
    """What a key is whose mapping is no model of its own."""
    if holder == "Insert":
        return described.PLACES[key]
    if holder == "Extent":
        return described.SIDES[key]
    return described.of_key(Block, key) or described.of_step_key(key)


def about_key(holder: Holder, key: str) -> str:
    """What a key is; empty for one that doesn't belong there."""
    if holder == "Expect" and key.startswith("out."):
        return described.of_key(Expect, "out")
    if holder == "Spec" and key in MODELS_OF_CHANGE:
        return described.of_key(Changes, key)
    return keys_of(holder).get(key, "")


MODELS_OF_CHANGE = tuple(Changes.model_fields)


def layer_words() -> dict[str, str]:
    """Every word that begins a layer, with what it is."""
    return {word: described.of_layer(kind) for word, kind in LAYERS.items()} | ACTIVATION_MEANINGS


def about_layer(word: str) -> str:
    """What the first word of an op-string means; empty for a block's name."""
    kind = own_kind(word)
    if kind is None or kind is Call:
        return ""
    return ACTIVATION_MEANINGS.get(word_of(word)) or described.of_layer(kind)


def options_of(kind: type[Layer]) -> list[tuple[str, str, Spelled]]:
    """Each field of a layer that an op-string can write, with what it is."""
    return [(name, described.of_option(kind, name), mark) for name, mark in spellings(kind)]


def about_option(first: str, text: str) -> str:
    """What an option means behind a first word; empty for what is none."""
    kind = own_kind(first)
    for name, meaning, mark in options_of(kind or Call):
        hit = text in mark.words or text == mark.key or word_of(text) in mark.settable
        if hit or (mark.prefix and text.startswith(mark.prefix)):
            return "\n\n".join(filter(None, (about_word(name, text), meaning)))
    return ""


TABLES = {"count_padding": "avgpool"}
"""Fields whose words stand in a table under another name."""


def about_word(key: str, word: str) -> str:
    """What a word is as the value of a key or an option; without one, as a word of its own."""
    own = described.WORDS.get(TABLES.get(key, key), {})
    tables = [own] if key and not own else [own, *described.WORDS.values()]
    found = (table.get(word) or table.get(word_of(word)) for table in tables)
    meaning = next(filter(None, found), "")
    return f"`{word}`: {meaning}" if meaning else ""
