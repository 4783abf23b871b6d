"""The reference of what programs may use: the packages' own `__all__`, told by its docstrings."""

from __future__ import annotations

HEAD = """# Python reference

What programs may use, as its docstrings tell it. [python.md](python.md) goes from a spec to a table
of costs, [modules.md](modules.md) through the module.
"""
MODULES = {
    "dsl": "The language: specs and recipes, read, changed and written",
    "compiler": "Modules, weights, files for other engines",
    "compiler.lowering.lower": "From a spec to a network",
    "compiler.cost": "Counts, memory and receptive fields",
    "compiler.source": "Emitted source",
    "compiler.diagram": "Drawings",
    "compiler.picture": "Pictures, in any form",
    "compiler.diff": "What differs between two networks",
}
"""Each module, and what it is for."""
SOME = {"compiler.lowering.lower": "lower", "compiler.source": "emit"}
"""What is for others in a module that has no `__all__`."""


def reference() -> str:
    """The page for all of them."""
    return "\n".join([HEAD, *(_section(name, title) for name, title in MODULES.items())])


def _section(name: str, title: str) -> str:
    members = f":members: {SOME.get(name, '')}".rstrip()
    options = (members, ":undoc-members:", ":member-order: bysource")
    lines = [f".. automodule:: {name}", *(f"   {each}" for each in options)]
    body = "\n".join(lines)
    return f"## {title}\n\n```{{eval-rst}}\n{body}\n```\n"
