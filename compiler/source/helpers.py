"""The few layers that torch lacks, copied word for word from `compiler.nn.runtime`."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path

RUNTIME = Path(__file__).parent.parent / "nn" / "runtime.py"


@cache
def _definitions() -> dict[str, str]:
    """Each function and class of the runtime by name, read without importing torch."""
    text = RUNTIME.read_text(encoding="utf-8")
    lines = text.splitlines()
    return {
        node.name: "\n".join(lines[node.lineno - 1 : node.end_lineno])
        for node in ast.parse(text).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    }


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
