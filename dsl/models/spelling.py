"""Layers as op-strings: `opstring.parse` of what is written gives the layer again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dsl.models.activations import word_of
from dsl.models.layers import ACTIVATION_WORDS, Activation, Call, Layer, Spelled, spellings


def write(layer: Layer) -> str:
    """The op-string of a layer: `parse` of it gives the layer again (but for its name)."""
    if isinstance(layer, Call):
        args = [f"{key}={_plain(value)}" for key, value in layer.args.items()]
        return " ".join([layer.block, *args, *_written(layer)])
    plain_word = isinstance(layer, Activation) and layer.kind in ACTIVATION_WORDS
    head = [] if plain_word or not layer.keyword else [layer.keyword]
    return " ".join([*head, *_written(layer)])


def in_order(kind: type[Layer]) -> list[tuple[str, Spelled]]:
    """What an op-string can write in the order in which it stands there: first what a layer does.

    `3x3 64 /2 depthwise linear` says that of a convolution before what follows it.
    """
    found = [(name, mark) for name, mark in spellings(kind) if not mark.behind]
    for name, mark in reversed([pair for pair in spellings(kind) if pair[1].behind]):
        place = next(at for at, (other, _) in enumerate(found) if other == mark.behind)
        found.insert(place + 1, (name, mark))
    return found


def _written(layer: Layer) -> Iterator[str]:
    for name, mark in in_order(type(layer)):
        value = getattr(layer, name)
        default = default_of(layer, name)
        words = [word for word, meaning in mark.words.items() if meaning == value]
        if value is None or (value == default and not mark.place and not words):
            continue
        if value == default and words and not isinstance(value, str):
            continue
        if word_of(str(value)) in mark.settable:
            words = [value]
        yield words[0] if words else _spelled(mark, value)


def default_of(layer: Layer, name: str) -> Any:
    """A field's default; of one that has a number for each axis, on each of its axes."""
    default, value = type(layer).model_fields[name].default, getattr(layer, name)
    spread = isinstance(default, tuple) and isinstance(value, tuple)
    return default[:1] * len(value) if spread else default


def _spelled(mark: Spelled, value: Any) -> str:
    keyed = mark.key and (isinstance(value, str) or not mark.prefix)
    lead = f"{mark.key}=" if keyed else mark.prefix
    if isinstance(value, tuple) and (mark.prefix or mark.key) and len(set(value)) == 1:
        return f"{lead}{_plain(value[0])}"
    return f"{lead}{_plain(value)}"


def _plain(value: Any) -> str:
    if isinstance(value, tuple):
        return "x".join(_plain(part) for part in value)
    if isinstance(value, float):
        return repr(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    return str(value)
