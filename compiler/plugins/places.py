"""Where a plugin's torch classes are: their source text, and the classes once they are needed."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from compiler.plugins.kinds import LayerKind
from dsl.models.plugins import PluginError, broken, fault


class Text(NamedTuple):
    """Source text, and the file that it stands in."""

    text: str
    file: str


def home(kind: LayerKind) -> Path | None:
    """The file that defines a kind's model."""
    module = sys.modules.get(kind.model.__module__)
    file = getattr(module, "__file__", None)
    return Path(file) if file else None


def text_of(kind: LayerKind) -> Text:
    """The source text of a kind's classes, which nothing is run for. Raises `PluginError`."""
    if "\n" in kind.module:
        return Text(kind.module, f"<{kind.word}>")
    path = _path(kind)
    try:
        return Text(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise broken(f"{kind.whose}: its module {kind.module}", error) from error


def _path(kind: LayerKind) -> Path:
    if kind.module.endswith(".py"):
        owner = home(kind)
        if owner is None:
            raise fault(f"{kind.whose}: there is no file for {kind.module} to stand beside")
        return owner.parent / kind.module
    try:
        found = find_spec(kind.module) if kind.module else None
    except (Exception, SystemExit) as error:  # a package above it is run
        raise broken(f"{kind.whose}: its module {kind.module}", error) from error
    if found is None or not found.origin or not found.origin.endswith(".py"):
        said = f"there is no source of {kind.module}" if kind.module else "its `module` isn't said"
        raise fault(f"{kind.whose}: {said}")
    return Path(found.origin)


def class_of(kind: LayerKind, name: str) -> Any:
    """A class by its name, loaded when it is first needed. Raises `PluginError`."""
    try:
        module = _module(kind)
    except PluginError:
        raise
    except (Exception, SystemExit) as error:  # whatever a plugin does, is told
        raise broken(f"{kind.whose}: its module {_short(kind)}", error) from error
    found = getattr(module, name, None)
    if found is None:
        raise fault(f"{kind.whose}: there is no {name} in {_short(kind)}")
    return found


_RUN: dict[tuple[str, str], ModuleType] = {}
"""Modules from files and texts, by what they are made of."""


def _module(kind: LayerKind) -> ModuleType:
    plain = "\n" not in kind.module and not kind.module.endswith(".py")
    if plain and kind.module:
        return import_module(kind.module)
    source = text_of(kind)
    if source not in _RUN:
        module = ModuleType(f"inception_compile_plugin_classes_{len(_RUN)}")
        sys.modules[module.__name__] = module
        if source.file.startswith("<"):  # So that what Python shows of a failure has its line.
            lines = source.text.splitlines(keepends=True)
            linecache.cache[source.file] = len(source.text), None, lines, source.file
        exec(compile(source.text, source.file, "exec"), vars(module))  # noqa: S102  # asked for
        _RUN[source] = module
    return _RUN[source]


def _short(kind: LayerKind) -> str:
    return "its source" if "\n" in kind.module else kind.module


def files(kind: LayerKind) -> frozenset[str]:
    """The files of a kind's code, as tracebacks name them."""
    return frozenset(_files(kind))


def _files(kind: LayerKind) -> Iterator[str]:
    if owner := home(kind):
        yield str(owner)
    try:
        yield text_of(kind).file
    except PluginError:
        return
