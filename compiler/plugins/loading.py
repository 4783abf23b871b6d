"""Plugins from files, and by a program; whose fault an error is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from types import CodeType, ModuleType

from compiler.ir.plugged import every_kind
from compiler.plugins.kinds import LayerKind
from compiler.plugins.places import files
from dsl.models import plugins
from dsl.models.faults import expect
from dsl.models.plugins import PluginError, fault, said
from dsl.text.problems import NOWHERE, Problem, Span, SpecError

PREFIX = "inception_compile_plugin"
"""How modules that come from files begin, which can't hide another module then."""


def register(kind: LayerKind, origin: str = "") -> LayerKind:
    """Have a layer from here on, and give it back.

    `origin` is who gives it, for errors. Raises `PluginError` where its word means something.
    """
    expect(kind, (LayerKind,), "register takes a LayerKind")
    plugins.give(kind, origin or kind.model.__module__)
    return kind


def load(path: str | Path) -> tuple[LayerKind, ...]:
    """Have the layers of a file: each `LayerKind` in it. A changed file takes its own place.

    Raises `PluginError` for a file that can't be used, `OSError` for one that can't be read.
    """
    file = Path(path)
    content = file.read_bytes()
    name = f"{PREFIX}_{sha256(str(file.resolve()).encode()).hexdigest()[:8]}_{_word(file.stem)}"
    digest = sha256(content).hexdigest()
    module = sys.modules.get(name)
    if module is None or vars(module).get("__digest__") != digest:
        module = _run(file, content, name)
        vars(module)["__digest__"] = digest
    found = tuple(dict.fromkeys(v for v in vars(module).values() if isinstance(v, LayerKind)))
    if not found:
        message = f"{path} gives no layers"
        raise fault(message, "a plugin makes a `LayerKind`: see docs/plugins.md")
    if twice := len(found) - len({kind.word for kind in found}):
        raise fault(f"{path} gives {twice + 1} layers of one word", code="E171")
    for kind in found:
        plugins.give(kind, str(path), instead=True)
    return found


def _word(stem: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in stem)


def _run(file: Path, content: bytes, name: str) -> ModuleType:
    """The module of a file; by hand, since a loader would leave a folder of caches beside it."""
    module = ModuleType(name)
    module.__file__ = str(file.resolve())
    before = sys.modules.get(name)
    sys.modules[name] = module  # dataclasses and pydantic look for it there
    try:
        exec(_compiled(content, module.__file__), vars(module))  # noqa: S102  # it is asked for
    except (Exception, SystemExit) as error:  # whatever a plugin does, is told
        if before is None:
            del sys.modules[name]
        else:
            sys.modules[name] = before
        raise _failed(file, content, error) from error
    return module


def _compiled(content: bytes, name: str) -> CodeType:
    code: CodeType = compile(content, name, "exec")
    return code


def _failed(file: Path, content: bytes, error: BaseException) -> PluginError:
    """Why a file can't be used, at the line that fails."""
    text = content.decode(errors="replace")
    line = _line(file, error)
    written = text.split("\n")[line - 1] if 0 < line <= text.count("\n") + 1 else ""
    start = len(written) - len(written.lstrip())
    span = Span(str(file), line, start + 1, len(written) - start) if line else NOWHERE
    if isinstance(error, SpecError):
        first = error.problems[0]
        problem = Problem(first.code, span, first.message, help=first.help)
    else:
        problem = Problem("E170", span, f"the plugin can't be loaded: {said(error)}")
    return PluginError([problem], {str(file): text})


def _line(file: Path, error: BaseException) -> int:
    """The line of the file where an error comes from; 0 for none."""
    own = str(file.resolve())
    if isinstance(error, SyntaxError) and error.filename == own:
        return error.lineno or 0
    lines = [line for name, line in _frames(error) if name == own]
    return lines[-1] if lines else 0


def _frames(error: BaseException) -> Iterator[tuple[str, int]]:
    """The files and lines that an error came through, the innermost last."""
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next


def blame(error: BaseException) -> str:
    """Which plugin's code an error comes from, in one line; empty where it is nobody's."""
    passed = list(_frames(error))
    for kind in every_kind():
        own = files(kind)
        if inside := [(name, line) for name, line in passed if name in own]:
            name, line = inside[-1]
            where = f"{Path(name).name}:{line}"
            return f"{kind.whose} fails at {where}: {said(error)}"
    return ""
