"""The language: specs of Inception-style networks, read, checked and written.

>>> spec = load("googlenet")                       # a name on the shelf, or a path
>>> half = spec.model_copy(update={"classes": 10})
>>> loads(dump(half)) == half
True

Nothing here needs torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dsl.changing import inherit
from dsl.models import shelf
from dsl.models.changes import Changes
from dsl.models.faults import expect
from dsl.models.recipe import Recipe
from dsl.models.spec import Spec
from dsl.models.sweep import Sweep
from dsl.reading import recipes, sweeps
from dsl.reading.single import step
from dsl.text.problems import Problem, Span, SpecError
from dsl.text.source import read
from dsl.writing.dumping import dump

__all__ = [
    "Changes",
    "Problem",
    "Recipe",
    "Span",
    "Spec",
    "SpecError",
    "Sweep",
    "change",
    "choose",
    "dump",
    "formatted",
    "load",
    "load_recipe",
    "load_sweep",
    "loads",
    "loads_recipe",
    "loads_sweep",
    "step",
]


def load(where: str | Path, variant: str | None = None) -> Spec:
    """Read a spec from a file, or by its name on the shelf.

    Raises `SpecError` with every problem found.
    """
    expect(where, (str, Path), "load takes a path, or a name on the shelf")
    _expect_name(variant)
    path = shelf.find(where)
    return inherit.loads(read(path), str(path), variant)


def loads(source: str, file: str = "<text>", variant: str | None = None) -> Spec:
    """Read a spec from YAML text. Raises `SpecError` with every problem found.

    Every variant is checked, whichever is asked for.
    """
    expect(source, (str,), "loads takes the text of a spec", "`dsl.load` reads a file")
    expect(file, (str,), "`file` is the name that errors give the text")
    _expect_name(variant)
    return inherit.loads(source, file, variant)


def load_recipe(where: str | Path) -> Recipe:
    """Read a recipe for training from a file, or by its name on the shelf.

    Raises `SpecError` with every problem found.
    """
    expect(where, (str, Path), "load_recipe takes a path, or the name of a recipe on the shelf")
    return recipes.load(where)


def loads_recipe(source: str, file: str = "<text>") -> Recipe:
    """Read a recipe from YAML text. Raises `SpecError` with every problem found."""
    expect(source, (str,), "loads_recipe takes the text of a recipe")
    expect(file, (str,), "`file` is the name that errors give the text")
    return recipes.loads(source, file)


def load_sweep(where: str | Path) -> Sweep:
    """Read a sweep from a file. Raises `SpecError` with every problem found."""
    expect(where, (str, Path), "load_sweep takes the path of a sweep")
    return sweeps.load(where)


def loads_sweep(source: str, file: str = "<text>") -> Sweep:
    """Read a sweep from YAML text. Raises `SpecError` with every problem found."""
    expect(source, (str,), "loads_sweep takes the text of a sweep")
    expect(file, (str,), "`file` is the name that errors give the text")
    return sweeps.loads(source, file)


def choose(spec: Spec, variant: str | None) -> Spec:
    """The spec's named variant; the spec itself for None. Raises `SpecError`."""
    _expect_spec(spec)
    _expect_name(variant)
    return spec if variant is None else inherit.chosen(spec, variant)


def change(spec: Spec, changes: Changes | Mapping[str, Any]) -> Spec:
    """The spec with changes made: `Changes`, or a mapping of addresses to new values.

    The result promises nothing (`expect`) and has no variants. Raises `SpecError`.

    >>> change(load("inception_v3"), {"classes": 10, "mixed_6b.c7": 96}).classes
    10
    """
    _expect_spec(spec)
    expect(changes, (Changes, Mapping), "change takes Changes, or a mapping of addresses", CHANGING)
    if not isinstance(changes, Changes):
        changes = Changes(set=dict(changes))
    return inherit.changed(spec, changes)


CHANGING = "as in `dsl.change(spec, {'classes': 10})`"


def formatted(text: str, file: str = "<text>") -> str:
    r"""The text of a spec in its one layout, comments kept, as `inception-compile fmt` writes it.

    It says the same afterwards, and may be wrong or half written; `SpecError` is raised for what
    can't even be read.

    >>> print(formatted("name: tiny\nstem: [3x3   /2 16,maxpool 3x3]"), end="")
    name: tiny
    stem: [3x3 16 /2, maxpool 3x3]
    """
    from dsl.writing import formatting  # Few programs lay out texts.

    expect(text, (str,), "formatted takes the text of a spec")
    return formatting.formatted(text, file)


def _expect_spec(spec: object) -> None:
    expect(spec, (Spec,), "a Spec is changed", "`dsl.load` gives one")


def _expect_name(variant: object) -> None:
    expect(variant, (str, type(None)), "a variant goes by its name")
