"""What files and texts are, as far as they say: specs, recipes, sweeps or something else."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from pathlib import Path

import dsl
from compiler.lowering.prepare import Piped
from dsl.models import shelf
from dsl.models.recipe import Recipe
from dsl.models.sweep import Sweep
from dsl.reading.extending import MOST_LINKS
from dsl.reading.kinds import Kind, found_by, kind_of, top_of

MOST = 256 * 1024
"""Bytes of a file that are looked at for its keys."""
By = Callable[[Collection[str]], Kind | None]
"""What tells a kind by keys."""


def likeness(path: Path) -> Kind | None:
    """What a YAML file of a folder is; one that can't be read may be a spec."""
    try:
        return _kind(_text(path), path, found_by)
    except OSError:
        return "spec"


def looks_like_a_spec(path: Path) -> bool:
    """Whether a YAML file has keys as specs have them; one that can't be read may be one."""
    return likeness(path) == "spec"


def named(where: Piped | str | Path) -> Kind:
    """What a text, a file or a name on the shelf is; one that doesn't say is taken for a spec."""
    if isinstance(where, Piped):
        return _kind(where.text, Path(where.file), kind_of) or "spec"
    if not os.path.isfile(where):  # noqa: PTH113  # `is_file` raises for a name too long
        return "recipe" if where in shelf.recipes() and where not in shelf.names() else "spec"
    path = Path(where)
    try:
        return _kind(_text(path), path, kind_of) or "spec"
    except OSError:
        return "spec"


def _text(path: Path) -> str:
    return path.read_bytes()[:MOST].decode(errors="replace")


def _kind(text: str, path: Path, by: By) -> Kind | None:
    """What a text is; one that says too little of itself is what it extends."""
    for _ in range(MOST_LINKS):
        keys, base = top_of(text, str(path))
        if (kind := by(keys)) or not base:
            return kind
        if base in shelf.recipes() or shelf.split(base)[0] in shelf.names():
            return "recipe" if base in shelf.recipes() else "spec"
        path = path.parent / base
        if not os.path.isfile(path):  # noqa: PTH113  # as above
            return None
        text = _text(path)
    return None


def read_recipe(where: Piped | str | Path) -> Recipe:
    """The recipe. Raises `SpecError` with every problem."""
    if isinstance(where, Piped):
        return dsl.loads_recipe(where.text, where.file)
    return dsl.load_recipe(where)


def read_sweep(where: Piped | str | Path) -> Sweep:
    """The sweep. Raises `SpecError` with every problem."""
    if isinstance(where, Piped):
        return dsl.loads_sweep(where.text, where.file)
    return dsl.load_sweep(where)
