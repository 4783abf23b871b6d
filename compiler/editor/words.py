"""The words of an op-string, each with its place and what it is, whatever else is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from compiler.editor.marks import Kind
from dsl.models.activations import word_of
from dsl.models.identifiers import IDENTIFIER
from dsl.models.kernels import KERNEL
from dsl.models.layers import ACTIVATION_WORDS, FOREIGN, Call, Conv, Layer, spellings
from dsl.models.shares import EQUAL, REST
from dsl.reading.beginning import own_kind
from dsl.reading.references import WORDS
from dsl.text.numbers import NUMBER, is_whole

SAID = {*WORDS, "none", EQUAL, REST, "torch"}
"""Words that are values wherever a name may stand."""


@dataclass(frozen=True)
class Word:
    """One word, or a part of one, at so many letters from the beginning."""

    kind: Kind
    start: int
    text: str
    first: str = ""


def layer_of(word: str, blocks: Collection[str]) -> type[Layer] | None:
    """The kind of layer that a first word begins; of plugins only those that are in use."""
    if word in blocks:
        return Call
    return FOREIGN.get(word) or own_kind(word)


def words(text: str, blocks: Collection[str]) -> Iterator[Word]:
    """Every word of an op-string; of one that begins with `=` those of a single value."""
    if text.startswith("="):
        yield from _value(text[1:], 1, "")
        return
    tokens = [(match[0], match.start()) for match in re.finditer(r"\S+", text)]
    if not tokens:
        return
    first, at = tokens[0]
    kind = layer_of(first, blocks)
    if kind is Call:
        yield Word("call", at, first, first)
        for token, start in tokens[1:]:
            yield from _argument(token, start, first)
        return
    if kind is Conv and KERNEL.fullmatch(first):
        yield from _sides(first, at, first)
    else:
        yield Word("layer" if kind or not is_whole(first) else "kernel", at, first, first)
    for token, start in tokens[1:]:
        yield from _option(kind, token, start, first)


def _argument(token: str, start: int, first: str) -> Iterator[Word]:
    key, equals, value = token.partition("=")
    if not equals:
        kind: Kind = "option" if re.fullmatch("x[0-9]+", token) else "argument"
        yield Word(kind, start, token, first)
        return
    yield Word("option" if key == "repeat" else "argument", start, key, first)
    yield from _value(value, start + len(key) + 1, first)


def _option(kind: type[Layer] | None, token: str, start: int, first: str) -> Iterator[Word]:
    """A word behind a layer's: an option, a number, or the name of one."""
    key, equals, value = token.partition("=")
    if equals:
        yield Word("option", start, key, first)
        yield from _value(value, start + len(key) + 1, first)
        return
    marks = [mark for _, mark in spellings(kind)] if kind else []
    if word_of(token) in ACTIVATION_WORDS:
        yield Word("word", start, token, first)
    elif token.startswith("/"):
        yield Word("option", start, "/", first)
        yield from _value(token[1:], start + 1, first)
    elif any(token in mark.words for mark in marks) or re.fullmatch("x[0-9]+", token):
        yield Word("option", start, token, first)
    elif KERNEL.fullmatch(token):
        yield from _sides(token, start, first)
    else:
        yield from _value(token, start, first)


def _sides(token: str, start: int, first: str) -> Iterator[Word]:
    """A kernel; sides that are a parameter's name stand for themselves."""
    if re.fullmatch("[0-9x]+", token):
        yield Word("kernel", start, token, first)
        return
    for match in re.finditer("[0-9]+|[a-wyzA-Z]|x(?=x|$)", token):
        yield Word("number" if match[0].isdigit() else "name", start + match.start(), match[0],
                   first)  # fmt: skip


def _value(value: str, start: int, first: str) -> Iterator[Word]:
    """A value: a number, a word, a name with a factor or without, a range."""
    if value in SAID or word_of(value) in SAID:
        yield Word("word", start, value, first)
    elif NUMBER.fullmatch(value):
        yield Word("number", start, value, first)
    elif re.fullmatch("[0-9]+(x[0-9]+)+", value):
        yield Word("kernel", start, value, first)
    elif name := IDENTIFIER.match(value):
        yield Word("name", start, name[0], first)
        if rest := value[name.end() :]:
            yield Word("number", start + name.end(), rest, first)
    elif value:
        yield Word("number", start, value, first)
