"""What commands judge: a run with its best weights, or a spec with weights that are named."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from compiler.cli.options import overrides, spec_options
from compiler.cli.recipes import changed, device_option, no_recipe, read_spec, with_recipe
from compiler.ir.network import Network
from compiler.lowering.prepare import prepare
from dsl.changing.settling import settled
from dsl.models.recipe import Recipe
from dsl.models.spec import Spec

if TYPE_CHECKING:
    from compiler.nn.module import CompiledNetwork

FILE = click.Path(path_type=Path, dir_okay=False)


def judged(command: Any) -> Any:
    """The options of RUN or SPEC, with weights and a recipe."""
    for option in (
        device_option("Where to compute."),
        click.option("--format", "form", type=click.Choice(["text", "json"]), default="text",
                     show_default=True, help="How to print it."),
        click.option("--recipe", metavar="RECIPE",
                     help="Its file, or its name on the shelf.  [default: the run's, the spec's]"),
        click.option("--source", default="own", show_default=True, metavar="NAME",
                     help="Whose names the weights have: torchvision, timm, keras, …"),
        click.option("--weights", type=FILE, metavar="FILE",
                     help="A checkpoint.  [default: the best of a run]"),
        spec_options,
    ):  # fmt: skip
        command = option(command)
    return command


@dataclass(frozen=True)
class Subject:
    """A network with its weights, and how its images are prepared."""

    model: CompiledNetwork
    recipe: Recipe
    names: tuple[str, ...]
    """What its classes are called; empty where only the data can say."""
    files: tuple[str | Path, ...]
    """What all of it was read from."""
    told: tuple[str, ...] = ()
    """The classes that a run was trained to tell."""


def subject_of(
    spec: str, *, data: str | None = None, data_path: Path | None = None, **options: Any
) -> Subject:
    """A run with its best weights, or a spec with weights that are named."""
    recipe, weights, source = (options.pop(key) for key in ("recipe", "weights", "source"))
    variant, limit = options.pop("variant"), options.pop("limit")
    read, weights, told = _read(spec, recipe, weights, options.pop("stdin_name"))
    prepared = prepare(read, variant, overrides=overrides(**options), limit=limit)
    if prepared.spec.training is None:
        raise no_recipe(prepared.spec)
    found = settled(changed(prepared.spec.training, data, {}), data_path)
    model = _built(prepared.network, weights, source)
    names = () if recipe or data else told
    return Subject(model, found, names, (*read.texts, weights), told)


def _read(
    spec: str, recipe: str | None, weights: Path | None, stdin_name: str | None
) -> tuple[Spec, Path, tuple[str, ...]]:
    """What SPEC names with its recipe, its weights, and the classes that a run was to tell."""
    from compiler.training.folder import RECIPE, RunFolder, is_run

    if is_run(Path(spec)):
        folder = RunFolder(Path(spec))
        read = with_recipe(folder.spec(), recipe or str(folder.path / RECIPE))
        told = folder.classes()
        return read, weights or folder.best(), told
    if Path(spec).is_dir():
        raise click.UsageError(f"there is no run in {spec}")
    if weights is None:
        raise click.UsageError(f"{spec} is no folder of a run, so say which --weights it has")
    return with_recipe(read_spec(spec, stdin_name), recipe), weights, ()


def _built(network: Network, weights: Path, source: str) -> CompiledNetwork:
    """The network with its weights; auxiliary heads, which aren't judged, may lack theirs."""
    from compiler.nn.module import build
    from compiler.weights.match import Advice, Wishes
    from compiler.weights.transfer import load_as_wished

    classes = "say how many classes the weights were made for with --classes"
    advice = Advice(
        other_classes=classes,
        over_head=classes,
        over_aux="weights of another network can't be judged",
        no_heads="leave the heads out with --no-aux",
    )
    model = build(network)
    wishes = Wishes(skip_aux=True, advice=advice)
    load_as_wished(model, weights, source, wishes, transform_input=False)
    return model
