"""Op-strings as patterns, made of the fields of the layers: what each kind begins with and takes.

A pattern reads a text word by word, as the reader does: each word is an option, or takes the next
place. Every word is looked at ahead and then taken whole, so that there is one way to read a text
and no text takes long. What a pattern can't say: that an option is given twice, that a number
doesn't fit, that a name means nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dsl.models.activations import SLOPES
from dsl.models.described import of_layer, of_option
from dsl.models.fields import ACTIVATION_MEANINGS, ACTIVATION_WORDS
from dsl.models.forms import NAME, any_of
from dsl.models.layers import KINDS, Activation, Call, Conv, Layer, Spelled, spellings
from dsl.models.windows import Filter
from dsl.schema.pieces import Schema, form_in, snippet

END = r"(?=\s|$)"
ANY = r"\S+"
LETTERED = r"[a-z]|[A-Za-z](?:x[0-9A-Za-z]+){1,2}"
"""Kernels that begin with a parameter, as blocks may be called, too."""


def op_string(kinds: Iterable[type[Layer]] = KINDS) -> Schema:
    """What a text can be where a step is expected; `kinds` are all layers that there are."""
    kinds = tuple(kinds)
    begins = any_of(*map(_beginning, kinds), NAME)
    start = {
        "pattern": rf"^\s*{begins}{END}",
        "patternErrorMessage": f"This begins no layer. Write it like {EXAMPLES}.",
    }
    return {"allOf": [start, *map(_kind, kinds), _call(kinds)]}


EXAMPLES = "`3x3 64 /2`, `maxpool 3x3`, `fc classes` or a block's name"


def snippets(kinds: Iterable[type[Layer]] = KINDS) -> list[Schema]:
    """A beginning for each kind of layer, and for each activation."""
    found = [snippet(kind.example, _body(kind.example), of_layer(kind)) for kind in kinds]
    acts = (snippet(word, word, meaning) for word, meaning in ACTIVATION_MEANINGS.items())
    return [*found, *acts]


def _body(example: str) -> str:
    """An example as a beginning, in which what follows the first word is there to be changed."""
    word, _, rest = example.partition(" ")
    return f"{word} ${{1:{rest}}}" if rest else word


def _beginning(kind: type[Layer]) -> str:
    """What the first word of a kind is, where it can be no other's."""
    if kind is Conv:
        return r"[0-9]\S*"
    words = (*ACTIVATION_WORDS, *SLOPES) if kind is Activation else ()
    return any_of(re.escape(kind.keyword), *words)


def _kind(kind: type[Layer]) -> Schema:
    """Texts that begin as a kind does are of that kind."""
    foreign = [] if kind in KINDS else [_called()]  # A block goes before a plugin's layer.
    form = any_of(*_forms(kind), *foreign)
    then: Schema = {
        "markdownDescription": f"{of_layer(kind)}\n\n{_options(kind)}",
        "pattern": rf"^\s*{form}\s*$",
        "patternErrorMessage": f"Write it like `{kind.example}`. It takes {_taken(kind)}.",
    }
    return {"if": {"pattern": rf"^\s*{_beginning(kind)}{END}"}, "then": then}


def _forms(kind: type[Layer]) -> Iterator[str]:
    """The ways to write a kind, as patterns."""
    places = [name for name, mark in spellings(kind) if mark.place]
    if kind is Conv:
        yield rf"(?=[0-9])(?:{_place(kind, places[0])}){END}{_rest(kind, places[1:])}"
        return
    yield f"{re.escape(kind.keyword)}{END}{_rest(kind, places)}"
    if kind is Activation:
        yield f"{any_of(*ACTIVATION_WORDS, *SLOPES)}{END}{_rest(kind, places[1:])}"


def _rest(kind: type[Layer], places: list[str]) -> str:
    """What follows the first word; a convolution has its width, or is depthwise."""
    if not issubclass(kind, Filter):
        return _words(kind, places)
    wide = _words(kind, places, needed=("width",))
    if "depthwise" not in kind.model_fields:
        return wide
    return any_of(wide, rf"(?=[\s\S]*\sdepthwise{END}){_words(kind, places)}")


def _words(kind: type[Layer], places: list[str], needed: tuple[str, ...] = ()) -> str:
    """Options anywhere, and a word for each place, in order."""
    option = any_of(*(way for name, mark in spellings(kind) for way in _ways(kind, name, mark)))
    options = rf"(?:\s+(?={option}{END}){ANY})*"
    tail = ""
    for name in reversed(places):
        bare = rf"\s+(?!{option}{END})(?=(?:{_place(kind, name)}){END}){ANY}"
        taken = name in needed or kind.model_fields[name].is_required()
        tail = f"{bare}{options}{tail}" if taken else f"(?:{bare}{options}{tail})?"
    return options + tail


def _ways(kind: type[Layer], name: str, mark: Spelled) -> Iterator[str]:
    """How an option is written, one pattern a way."""
    yield from map(re.escape, mark.words)
    if mark.settable != ():
        yield from SLOPES
    if mark.key:
        yield f"{mark.key}=(?:{_place(kind, name)})"
    if mark.prefix:
        digits = "" if mark.prefix == "/" else "(?=[0-9])"  # `xn` is a name, `/n` a stride.
        yield f"{re.escape(mark.prefix)}{digits}(?:{_place(kind, name)})"


def _place(kind: type[Layer], name: str) -> str:
    """What a field's value is written like; anything of one of which nothing is known."""
    form = form_in(kind, name)
    return form.pattern if form else ANY


def _call(kinds: tuple[type[Layer], ...]) -> Schema:
    """Texts that begin with a name which is no layer's call a block, or begin with a kernel."""
    words = any_of(*(kind.keyword for kind in kinds if kind.keyword), *ACTIVATION_WORDS)
    places = [name for name, mark in spellings(Conv) if mark.place]
    lettered = f"(?:{LETTERED}){END}{_rest(Conv, places[1:])}"
    then: Schema = {
        "markdownDescription": of_layer(Call),
        "pattern": rf"^\s*{any_of(_called(), lettered)}\s*$",
        "patternErrorMessage": "Neither a layer's word nor the call of a block, which is written "
        f"like `{Call.example} x2`.",
    }
    return {"if": {"pattern": rf"^\s*(?!(?:{words})[\s:]|(?:{words})$){NAME}{END}"}, "then": then}


def _called() -> str:
    """A block's name, and values for its parameters."""
    argument = any_of("x[0-9]+", f"{NAME}=(?:{_place(Call, 'args')})")
    return rf"{NAME}{END}(?:\s+(?={argument}{END}){ANY})*"


def _taken(kind: type[Layer]) -> str:
    """Its options, as one writes them."""
    return ", ".join(f"`{way}`" for _, mark in spellings(kind) for way in _written(mark))


def _written(mark: Spelled) -> Iterator[str]:
    yield from mark.words
    if mark.prefix:
        yield f"{mark.prefix}2"
    elif mark.key:
        yield f"{mark.key}="


def _options(kind: type[Layer]) -> str:
    """What its options are, one a line."""
    lines = (
        f"- {', '.join(f'`{way}`' for way in _written(mark)) or name}: {of_option(kind, name)}"
        for name, mark in spellings(kind)
    )
    return "\n".join(line.replace("\n", " ") for line in lines)
