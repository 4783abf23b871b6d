"""Layer kinds from outside the language: given by a program, or by packages that are installed.

A package names each of its layers by an entry point of the group `inception_compile.layers`,
called by the layer's word. Packages are looked at when a spec holds a word that is neither the
language's nor a block of the spec, and only the one that names that word is loaded: who has no
plugins waits for nothing, and what is installed can't change a spec that needed none.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol

from dsl.models.fields import ACTIVATION_WORDS, JOIN_WORDS
from dsl.models.identifiers import IDENTIFIER
from dsl.models.kernels import PADDINGS
from dsl.models.layers import FOREIGN, LAYERS, OPTIONS, Layer
from dsl.models.norms import NORMS
from dsl.text import memory
from dsl.text.problems import NOWHERE, Problem, Span, SpecError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "inception_compile.layers"


class PluginError(SpecError):
    """A plugin that can't be used."""


def fault(message: str, help: str = "", span: Span = NOWHERE, code: str = "E170") -> PluginError:
    """The error of one fault of a plugin."""
    return PluginError([Problem(code, span, message, help=help)])


class Kind(Protocol):
    """What a plugin gives, as far as the language is concerned: `compiler.plugins.LayerKind`."""

    @property
    def model(self) -> type[Layer]:
        """The layer's model, whose `keyword` is its word."""


class Given(NamedTuple):
    """A layer kind, and who gave it: a file, a module, or a package with its version."""

    kind: Kind
    origin: str


GIVEN: dict[str, Given] = {}
"""Every kind that is in use, by its word."""
BROKEN: dict[str, PluginError] = {}
"""Words of packages that could not be loaded: nobody tries twice."""


def give(kind: Kind, origin: str, *, instead: bool = False) -> None:
    """Have a layer kind from here on; the same again changes nothing.

    With `instead` it takes the place of one of the same origin. Raises `PluginError` where its word
    means something already.
    """
    word = kind.model.keyword
    if word_fault := taken(word):
        raise fault(f"{origin} can't call a layer {word}: {word_fault}", code="E171")
    known = GIVEN.get(word)
    if known is not None and known.kind is kind:
        return
    if known is not None and not (instead and known.origin == origin):
        raise _two(word, known.origin, origin)
    for entry in _entries().get(word, ()):
        if not _gives(entry, kind):
            raise _two(word, _package(entry), origin)
    GIVEN[word] = Given(kind, origin)
    FOREIGN[word] = kind.model
    BROKEN.pop(word, None)
    memory.forget()


def _two(word: str, one: str, other: str) -> PluginError:
    message = f"{word} is a layer of {one}, and one of {other}"
    return fault(message, "a word has one meaning: use one of the two", code="E171")


def taken(word: str) -> str:
    """Why a layer can't be called by a word; empty where it can."""
    if not IDENTIFIER.fullmatch(word) or not word[0].islower():
        return "a layer's word is a small letter, then letters, digits or _"
    ours = (*LAYERS, *ACTIVATION_WORDS, *NORMS, *PADDINGS, *JOIN_WORDS, *OPTIONS, *KEYS)
    repeat = word[0] == "x" and word[1:].isdigit()
    return "the word means something in the language" if word in ours or repeat else ""


KEYS = ("in", "classes", "do", "then", "residual", "params", "name")


def find(word: str) -> Given | None:
    """The layer kind of a word; an installed package's is loaded, the first time that it is needed.

    None where nobody gives it. Raises `PluginError` where its package is broken.
    """
    if word in GIVEN:
        return GIVEN[word]
    if word in BROKEN:
        raise BROKEN[word]
    entries = _entries().get(word)
    if not entries:
        return None
    try:
        return _loaded(word, entries)
    except PluginError as error:
        BROKEN[word] = error
        raise


def words() -> list[str]:
    """The words of all plugins, those that are installed and not loaded included."""
    return list(dict.fromkeys((*GIVEN, *_entries())))


def listed() -> list[str]:
    """Each plugin's layer in a line: how it is written and who gives it, or what is wrong."""
    found, faults = list[tuple[str, str]](), list[str]()
    for word in words():
        try:
            if why := taken(word):
                whose = " and ".join(map(_package, _entries()[word]))
                raise fault(f"{whose} can't call a layer {word}: {why}", code="E171")
            given = find(word)
        except PluginError as error:
            faults.append(error.problems[0].render())
        else:
            assert given is not None, word
            found.append((given.kind.model.example, given.origin))
    width = max((len(example) for example, _ in found), default=0)
    return [*(f"{example:<{width}}  {origin}" for example, origin in found), *faults]


def forget() -> None:
    """Have no plugins any more, and look at what is installed anew."""
    GIVEN.clear()
    FOREIGN.clear()
    BROKEN.clear()
    _FOUND.clear()
    memory.forget()


_FOUND: dict[tuple[str, ...], dict[str, list[EntryPoint]]] = {}
"""What packages give, by the folders that were searched."""


def _entries() -> dict[str, list[EntryPoint]]:
    """The entry points of installed packages by word."""
    searched = tuple(sys.path)
    if searched not in _FOUND:
        from importlib.metadata import entry_points  # Takes longer to load than a spec.

        found: dict[str, list[EntryPoint]] = {}
        for entry in entry_points(group=GROUP):
            found.setdefault(entry.name, []).append(entry)
        _FOUND[searched] = found
    return _FOUND[searched]


def _package(entry: EntryPoint) -> str:
    dist = entry.dist
    return f"{dist.name} {dist.version}" if dist else entry.value


def _gives(entry: EntryPoint, kind: Kind) -> bool:
    """Whether an entry point stands for just this kind, which its module has made already."""
    module = sys.modules.get(entry.module)
    return module is not None and getattr(module, entry.attr, None) is kind


def _loaded(word: str, entries: list[EntryPoint]) -> Given:
    if len(entries) > 1:
        raise _two(word, _package(entries[0]), _package(entries[1]))
    entry = entries[0]
    origin = _package(entry)
    try:
        kind = getattr(import_module(entry.module), entry.attr)
    except (Exception, SystemExit) as error:  # whatever a plugin does, is told
        raise broken(f"{word} is a layer of {origin}, which", error) from error
    model = getattr(kind, "model", None)
    if not (isinstance(model, type) and issubclass(model, Layer)):
        raise fault(f"{word} is to be a layer of {origin}, but {entry.value} is no LayerKind")
    if model.keyword != word:
        message = f"{word} is to be a layer of {origin}, but {entry.value} calls it {model.keyword}"
        raise fault(message, "an entry point is called by the layer's word")
    give(kind, origin)
    return GIVEN[word]


def broken(what: str, error: BaseException) -> PluginError:
    """What could not be loaded, in one line: what the plugin itself says, or what Python does."""
    if isinstance(error, SpecError):
        first = error.problems[0]
        return fault(f"{what} can't be used: {first.message}", first.help, code=first.code)
    return fault(f"{what} can't be loaded: {said(error)}")


def said(error: BaseException) -> str:
    """An error in one line."""
    words = " ".join(str(error).partition("\n\n")[0].split())  # pydantic adds an address
    return f"{type(error).__name__}{f': {words}' if words else ''}"
