"""Where specs are found: a file, or a name on the shelf that ships with the package."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Literal

from dsl.text.problems import NOWHERE, Problem, SpecError, did_you_mean

What = Literal["spec", "recipe"]
"""What there are shelves of."""
_ELSEWHERE: ContextVar[Path | None] = ContextVar("_ELSEWHERE", default=None)
"""Where the shelf of another time stands, while that is read."""


def folder() -> Path:
    """The shelf: inside the package where it is installed, beside it in a checkout."""
    if elsewhere := _ELSEWHERE.get():
        return elsewhere
    package = Path(__file__).parent.parent
    inside = package / "specs"
    return inside if inside.is_dir() else package.parent / "specs"


@contextmanager
def standing_at(place: Path) -> Iterator[None]:
    """Another folder is the shelf for a while: as it was at a revision, for one."""
    token = _ELSEWHERE.set(place)
    try:
        yield
    finally:
        _ELSEWHERE.reset(token)


def names() -> list[str]:
    """Every spec on the shelf."""
    return sorted(path.stem for path in folder().glob("*.yaml"))


def recipes() -> list[str]:
    """Every recipe on the shelf."""
    return sorted(path.stem for path in (folder() / "recipes").glob("*.yaml"))


def find_recipe(where: str | Path) -> Path:
    """The file of a recipe, given its path or its name on the shelf.

    Raises `SpecError` for a name that is neither.
    """
    return _find(where, recipes(), folder() / "recipes", "recipe")


def split(where: str) -> tuple[str, str]:
    """A spec and the variant behind its last `@`, if any; a path may hold an `@` of its own.

    >>> split("googlenet@torchvision"), split("nets@2/a@b.yaml")
    (('googlenet', 'torchvision'), ('nets@2/a@b.yaml', ''))
    """
    spec, _, variant = where.rpartition("@")
    named = spec and variant and not any(mark in variant for mark in "./\\")
    return (spec, variant) if named else (where, "")


def find(where: str | Path) -> Path:
    """The file of a spec, given its path or its name on the shelf.

    Raises `SpecError` for a name that is neither.
    """
    return _find(where, names(), folder(), "spec")


def _find(where: str | Path, known: list[str], shelved: Path, what: What) -> Path:
    path = Path(where)
    if where in known and not path.is_file():
        return shelved / f"{where}.yaml"
    if path.suffix in (".yaml", ".yml") and path.stem in known and not path.exists():
        message = f"can't read {path}: no such file or directory"
        help = f"on the shelf it is `{path.stem}`"
        raise SpecError([Problem("E001", NOWHERE, message, help=help)])
    # `Path.exists` raises for a name too long.
    if isinstance(where, Path) or os.path.exists(path) or "/" in str(where) or path.suffix:  # noqa: PTH110
        return path
    message = f"there is no file {where}, and no {what} of that name on the shelf"
    spec, variant = split(str(where)) if what == "spec" else (str(where), "")
    hint = did_you_mean(spec, known)
    if variant and (spec in known or Path(spec).is_file()):
        hint = f"did you mean {spec} with --variant {variant} (variant={variant!r} in Python)?"
    help = f"on the shelf: {', '.join(known)}"
    others = {"spec": recipes(), "recipe": names()}[what]
    if where in others:
        help = {"spec": f"{where} is a recipe there", "recipe": f"{where} is a spec there"}[what]
    raise SpecError([Problem("E001", NOWHERE, message, hint=hint, help=help)])
