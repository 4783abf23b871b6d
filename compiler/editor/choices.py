"""The words that could stand in a place, by what the place is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lsprotocol.types import CompletionItemKind as Sort

import dsl
from compiler.checking.likeness import likeness
from compiler.editor.hovering import called
from compiler.editor.knowing import blocks_of, inside_of, trunk_of
from compiler.editor.marks import Kind, Mark
from compiler.editor.reading import Reading
from compiler.editor.recipes import missing, words_at
from compiler.editor.telling import about_word, keys_of, layer_words, options_of
from compiler.editor.words import layer_of
from dsl.changing.address import parts, path_of
from dsl.models import shelf
from dsl.models.fields import ACTIVATION_WORDS, INITS, MODES
from dsl.models.kernels import PADDINGS
from dsl.models.layers import Call
from dsl.models.model import Layer
from dsl.models.naming import section_names
from dsl.models.norms import NORM_FORMS
from dsl.models.spec import Block
from dsl.reading.references import ALWAYS, WORDS


@dataclass(frozen=True)
class Choice:
    """One word that could be written."""

    label: str
    kind: Sort = Sort.Text
    detail: str = ""
    about: str = ""
    write: str = ""
    """What is written, if not the label."""
    snippet: str = ""
    """The same with places to fill in."""


KERNELS = ("1x1", "3x3", "5x5", "1x7", "7x1")
"""Kernels of the family, to begin with."""
FLAGS = ("true", "false")
CLOSED: dict[str, tuple[str, ...]] = {
    "norm": (*NORM_FORMS, "none"),
    "act": (*ACTIVATION_WORDS, "none"),
    "init": tuple(INITS),
    "padding": PADDINGS,
    "avgpool": ("countpad", "nopad"),
    "bias": FLAGS,
    "gamma": FLAGS,
    "mode": MODES,
    "pad": (),
}
"""What may stand behind a key whose values are words."""


def choices(reading: Reading, mark: Mark, typed: str) -> Iterator[Choice]:
    """Everything that could stand in the place of a mark; `typed` is what stands there so far."""
    del typed
    find = _of_recipe if mark.holder == "Recipe" else FINDERS.get(mark.kind)
    seen: set[str] = set()
    for choice in find(reading, mark) if find else ():
        if choice.label not in seen:
            seen.add(choice.label)
            yield choice


def _of_recipe(reading: Reading, mark: Mark) -> Iterator[Choice]:
    """Keys of a recipe, words that may be a value, and recipes that it may extend."""
    if mark.kind == "key":
        for key, meaning in missing(mark):
            yield Choice(key, Sort.Property, about=meaning, write=f"{key}: ")
        return
    if mark.kind == "base":
        yield from (choice for choice in _beside(reading) if _is_recipe(reading, choice.label))
        shelved = words_at(mark.address).items()
        yield from (Choice(name, Sort.Module, "on the shelf", title) for name, title in shelved)
        return
    for word, meaning in words_at(mark.address).items():
        yield Choice(word, Sort.EnumMember, about=meaning)


def _is_recipe(reading: Reading, name: str) -> bool:
    return likeness(Path(reading.file).parent / name) == "recipe"


def _keys(reading: Reading, mark: Mark) -> Iterator[Choice]:
    heir = bool(reading.root and reading.root.entry("extends"))
    for key, meaning in keys_of(mark.holder, heir).items():
        if key not in mark.beside:
            yield Choice(key, Sort.Property, about=meaning, write=f"{key}: ")
    if mark.holder == "Expect":
        for name in trunk_of(reading):
            if f"out.{name}" not in mark.beside:
                yield Choice(f"out.{name}", Sort.Property, write=f"out.{name}: ")


def _beginnings(reading: Reading, mark: Mark) -> Iterator[Choice]:
    """What an op-string, or a step that is a mapping, can begin with."""
    if mark.kind == "call" and mark.first != mark.text and mark.first:
        return
    for name, block in blocks_of(reading).items():
        if name != mark.block:
            yield _call(name, block)
    if not mark.holder:
        return
    yield from (Choice(kernel, Sort.Value, about="a convolution") for kernel in KERNELS)
    for word, meaning in layer_words().items():
        yield Choice(word, Sort.Function, about=meaning)
    if len(mark.beside) == 1:
        keys = keys_of(mark.holder)
        yield from (
            Choice(key, Sort.Keyword, about=meaning, write=f"{key}: ")
            for key, meaning in keys.items()
        )


def _call(name: str, block: Block) -> Choice:
    needed = [param for param, default in block.params.items() if default is None]
    places = (f"{param}=${{{place}}}" for place, param in enumerate(needed, 1))
    snippet = " ".join((name, *places)) if needed else ""
    return Choice(name, Sort.Class, detail=called(name, block), snippet=snippet)


def _arguments(reading: Reading, mark: Mark) -> Iterator[Choice]:
    block = blocks_of(reading).get(mark.first)
    for param, default in (block.params if block else {}).items():
        if param not in mark.beside:
            detail = "needed" if default is None else f"{default} unless given"
            yield Choice(param, Sort.Field, detail, write=f"{param}=")
    yield Choice("x2", Sort.Operator, about="the block twice in order")
    yield Choice("repeat", Sort.Operator, about="as often as a parameter says", write="repeat=")


def _behind(reading: Reading, mark: Mark) -> Iterator[Choice]:
    """What may stand behind the first word, or behind a key and `=`."""
    if mark.key:
        yield from _valued(reading, mark, mark.key)
        return
    kind = layer_of(mark.first, blocks_of(reading)) if mark.first else None
    if kind is Call:
        yield from _arguments(reading, mark)
        return
    if kind:
        yield from _options(kind, mark)
    yield from _names(reading, mark)


def _options(kind: type[Layer], mark: Mark) -> Iterator[Choice]:
    for name, meaning, spelled in options_of(kind):
        about = meaning or name.replace("_", " ")
        for word in spelled.words:
            if word not in mark.beside:
                yield Choice(word, Sort.EnumMember, about=about)
        if spelled.prefix:
            yield Choice(f"{spelled.prefix}2", Sort.Operator, about=about)
        if (
            spelled.key
            and not (spelled.prefix and name == "repeat")
            and spelled.key not in mark.beside
        ):
            yield Choice(spelled.key, Sort.Property, about=about, write=f"{spelled.key}=")


def _valued(reading: Reading, mark: Mark, key: str) -> Iterator[Choice]:
    """What may stand behind `key=` or as the value of a key."""
    block = blocks_of(reading).get(mark.first)
    if block and key in block.params:
        default = block.params[key]
        yield from (Choice(str(value), Sort.Value, "default") for value in [default] if value)
        yield from (Choice(value, Sort.Value) for value in _given(reading, mark.first, key))
    words = CLOSED.get(key, ())
    yield from (Choice(word, Sort.EnumMember, about=about_word(key, word)) for word in words)
    yield from (name for name in _names(reading, mark) if not (words and name.label in ALWAYS))


def _given(reading: Reading, block: str, param: str) -> Iterator[str]:
    """What other calls of a block give a parameter."""
    for mark in reading.marks:
        if mark.kind == "call" and mark.text == block and mark.whole:
            for word in mark.whole.text.split():
                name, _, value = word.partition("=")
                if name == param and value:
                    yield value


def _names(reading: Reading, mark: Mark) -> Iterator[Choice]:
    """Names of numbers in scope: the parameters of the block, `in` and `classes`."""
    if mark.holder:
        return
    block = blocks_of(reading).get(mark.block)
    yield from (
        Choice(param, Sort.Variable, "a parameter") for param in (block.params if block else ())
    )
    told = {"in": "the width that comes in", "classes": "the number of classes"}
    yield from (Choice(name, Sort.Constant, told[name]) for name in ALWAYS)


def _defaults(reading: Reading, mark: Mark) -> Iterator[Choice]:
    """Words that may be a value."""
    if mark.first == "params":
        yield from (Choice(word, Sort.EnumMember) for word in WORDS)
    else:
        yield from _behind(reading, mark)


def _taps(reading: Reading, mark: Mark) -> Iterator[Choice]:
    yield from (Choice(name, Sort.Reference) for name in trunk_of(reading))


def _addresses(reading: Reading, mark: Mark) -> Iterator[Choice]:
    """What can be addressed inside what stands before the cursor."""
    specs = [spec for spec in (reading.base, reading.known) if spec]
    for spec in specs[:1]:
        owner: object = spec
        inside = parts(spec)
        before = mark.address[:-1]
        if before:
            names = path_of(inside, ".".join(before))
            for name in names:
                owner = inside_of(spec, owner).get(name)
        found = inside_of(spec, owner)
        yield from (Choice(name, Sort.Reference, _kind(value)) for name, value in found.items())
        if not before:
            for section, steps in section_names(dict(spec.sections())).items():
                yield from (Choice(name, Sort.Reference, section) for name in steps)


def _kind(value: object) -> str:
    """A value that is short enough to show."""
    return str(value) if isinstance(value, (int, float, str)) else ""


def _bases(reading: Reading, mark: Mark) -> Iterator[Choice]:
    """Specs on the shelf, and files beside this one."""
    if "@" in mark.text:
        name = mark.text.partition("@")[0]
        variants = dsl.load(name).variants if name in shelf.names() else {}
        yield from (Choice(f"{name}@{variant}", Sort.Module, "a variant") for variant in variants)
        return
    yield from _beside(reading)
    yield from (Choice(name, Sort.Module, "on the shelf") for name in shelf.names())


def _beside(reading: Reading) -> Iterator[Choice]:
    """The YAML files beside this one."""
    folder = Path(reading.file).parent
    if folder.is_dir() and Path(reading.file).is_absolute():
        names = sorted(path.name for path in folder.glob("*.yaml"))[:200]
        yield from (Choice(name, Sort.File) for name in names if name != Path(reading.file).name)


def _patterns(reading: Reading, mark: Mark) -> Iterator[Choice]:
    if len(mark.address) == 1:
        yield from _taps(reading, mark)
        yield from (Choice(name, Sort.Class, "a block") for name in blocks_of(reading))


FINDERS: dict[Kind, Callable[[Reading, Mark], Iterator[Choice]]] = {
    "key": _keys,
    "layer": _beginnings,
    "kernel": _beginnings,
    "call": _beginnings,
    "argument": _arguments,
    "option": _behind,
    "name": _behind,
    "number": _behind,
    "word": _defaults,
    "tap": _taps,
    "address": _addresses,
    "base": _bases,
    "pattern": _patterns,
}
"""What finds the words for a place, by what the place is."""
