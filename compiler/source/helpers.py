"""The few layers that torch lacks, copied word for word from `compiler.nn`."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOM = Path(__file__).parent.parent / "nn"
RUNTIME = (ROOM / "runtime.py", ROOM / "ranks.py")
"""For images and all else; for series and clips."""


@cache
def _definitions() -> dict[str, str]:
    """Each function and class of the runtime by name, read without importing torch."""
    return {name: text for path in RUNTIME for name, text in _defined(path)}


def _defined(path: Path) -> Iterator[tuple[str, str]]:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    for node in ast.parse(text).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name, "\n".join(lines[node.lineno - 1 : node.end_lineno])


def helper_names() -> set[str]:
    """Every helper there is."""
    return set(_definitions())


def helper_sources(wanted: Iterable[str]) -> list[str]:
    """The sources of the named helpers and of what they call, in the runtime's order."""
    definitions, needed = _definitions(), set(wanted)
    for name in reversed(definitions):
        if name in needed:
            needed |= _words(definitions[name]) & set(definitions)
    return [source for name, source in definitions.items() if name in needed]


def _words(text: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
