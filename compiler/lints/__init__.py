"""What can be wrong with a network that can be built: one lint a file.

A file here that defines `LINT` is a lint; nothing else needs to name it.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from compiler.findings.lint import Lint


@cache
def every_lint() -> tuple[Lint, ...]:
    """All lints, by their codes."""
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    return tuple(sorted((module.LINT for module in modules), key=lambda lint: lint.code))
