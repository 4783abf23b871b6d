"""Where specs are found: a file, or a name on the shelf that ships with the package."""

from __future__ import annotations

from pathlib import Path

from dsl.problems import NOWHERE, Problem, SpecError, did_you_mean


def folder() -> Path:
    """The shelf: inside the package where it is installed, beside it in a checkout."""
    inside = Path(__file__).parent / "specs"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "specs"


def names() -> list[str]:
    """Every spec on the shelf."""
    return sorted(path.stem for path in folder().glob("*.yaml"))


def find(where: str | Path) -> Path:
    """The file of a spec, given its path or its name on the shelf.

    Raises `SpecError` for a name that is neither.
    """
    path = Path(where)
    if where in names() and not path.is_file():
        return folder() / f"{where}.yaml"
    if path.suffix in (".yaml", ".yml") and path.stem in names() and not path.exists():
        message = f"can't read {path}: no such file or directory"
        help = f"on the shelf it is `{path.stem}`"
        raise SpecError([Problem("E001", NOWHERE, message, help=help)])
    if isinstance(where, Path) or path.exists() or "/" in str(where) or path.suffix:
        return path
    message = f"there is no file {where}, and no spec of that name on the shelf"
    hint = did_you_mean(str(where), names())
    help = f"on the shelf: {', '.join(names())}"
    raise SpecError([Problem("E001", NOWHERE, message, hint=hint, help=help)])
