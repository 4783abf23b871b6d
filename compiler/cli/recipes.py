"""The recipe that a command trains or evaluates by: the spec's or another, and what is changed.

With the options that such commands share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

import dsl
from compiler.cli.piped import taken
from compiler.cli.terminal import Failed, failure
from compiler.lowering.prepare import Piped
from dsl.changing.settling import altered, remade
from dsl.models import shelf
from dsl.models.recipe import Recipe
from dsl.models.recipe_data import DATA, Data
from dsl.models.spec import Spec
from dsl.text.problems import NOWHERE, Problem, SpecError

F = TypeVar("F", bound=Callable[..., Any])
DATA_OPTION = click.option("--data", metavar="DATA",
                           help=f"{', '.join(DATA[:-1])} or a folder.  [default: the recipe's]",
                           )  # fmt: skip
DATA_PATH = click.option("--data-path", type=click.Path(path_type=Path), metavar="FOLDER",
                         help="Where a data set's files are, if not in its own place.",
                         )  # fmt: skip
WORKERS = click.option("--workers", type=click.IntRange(0, 256), default=0, show_default=True,
                       help="Processes that read images.")  # fmt: skip


def device_option(help: str) -> Callable[[F], F]:
    """Where torch computes."""
    return click.option("--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]),
                        default="auto", show_default=True, help=help)  # fmt: skip


TRAINED_ON = device_option("Where to train: a GPU where there is one.")


def read_spec(spec: str, stdin_name: str | None) -> Spec:
    """The spec that a command's SPEC names. Raises `SpecError`."""
    where = taken(spec, stdin_name)
    return dsl.loads(where.text, where.file) if isinstance(where, Piped) else dsl.load(where)


def with_recipe(spec: Spec, recipe: str | None) -> Spec:
    """The spec with another recipe, where one is named."""
    if recipe is None:
        return spec
    found = dsl.load_recipe(recipe)
    texts = spec.texts | found.texts
    return spec.model_copy(update={"training": found}).placed(spec.at).read_from(texts)


def no_recipe(spec: Spec) -> SpecError:
    message = f"{spec.name} has no recipe to train by"
    help = f"say one with --recipe; on the shelf: {', '.join(shelf.recipes())}"
    return SpecError([Problem("E011", NOWHERE, message, help=help)])


def changed(recipe: Recipe, data: str | None, own: dict[str, Any]) -> Recipe:
    """The recipe with what the command line says otherwise."""
    update = {key: value for key, value in own.items() if value is not None}
    if data is not None:
        update["data"] = _data(data, recipe.data)
    return altered(recipe, update)


def _data(said: str, before: Data | None) -> Data:
    """The recipe's data with other images, a set's or a folder's: all else stays as it says."""
    if said in DATA and said != "folder" and not Path(said).is_dir():
        same = before is not None and before.name == said
        return _of(before, name=said, path=before.path if before and same else "")
    if not Path(said).is_dir():
        known = ", ".join(name for name in DATA if name != "folder")
        raise click.UsageError(f"--data {said} is no folder, and none of {known}")
    name = "imagenet" if before and before.name == "imagenet" else "folder"
    return _of(before, name=name, path=str(Path(said).absolute()))


def _of(before: Data | None, name: str, path: str) -> Data:
    return remade(before or Data(name="digits"), name=name, path=path)


@contextmanager
def told() -> Iterator[None]:
    """What keeps a run from going on, as an error of the command."""
    from compiler.training.faults import TrainingFault

    try:
        yield
    except TrainingFault as fault:
        raise Failed(failure(str(fault), fault.help)) from None
