"""The commands `evaluate` and `predict`: what a trained network makes of images."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import click

from compiler.cli.options import overrides, spec_options
from compiler.cli.recipes import changed, no_recipe, read_spec, settled, told, with_recipe
from compiler.cli.terminal import stage
from compiler.lowering.prepare import prepare
from dsl.models.recipe import Recipe
from dsl.models.recipe_data import DATA

if TYPE_CHECKING:
    from compiler.nn.module import CompiledNetwork
    from compiler.training.evaluating import Evaluation, Guess
    from compiler.training.feeding import Batch
    from compiler.training.loading import LoadedFeed

Part = Literal["test", "held", "train"]
PARTS: tuple[Part, ...] = get_args(Part)
FILE = click.Path(path_type=Path, dir_okay=False)


def judged(command: Any) -> Any:
    """RUN or SPEC, with weights and a recipe."""
    for option in (
        click.option("--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), default="auto",
                     show_default=True, help="Where to compute."),
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


@click.command()
@judged
@click.option("--data", metavar="DATA",
              help=f"{', '.join(DATA[:-1])} or a folder.  [default: the recipe's]")  # fmt: skip
@click.option("--data-path", type=click.Path(path_type=Path), metavar="FOLDER",
              help="Where a data set's files are, if not in its own place.")  # fmt: skip
@click.option("--images", type=click.Choice(PARTS), default="test", show_default=True,
              help="Which of them.")  # fmt: skip
@click.option("--workers", type=click.IntRange(0, 256), default=0, show_default=True,
              help="Processes that read images.")  # fmt: skip
def evaluate(form: str, images: Part, **options: Any) -> None:
    """Say how well a trained network tells classes apart, over all images and class by class.

    SPEC is the folder of a run, whose best weights are taken, or a spec with --weights.

    \b
    Examples:
      inception-compile evaluate runs/first
      inception-compile evaluate googlenet --weights googlenet.pth --source torchvision \\
          --recipe imagenet_googlenet --data-path ~/imagenet
    """
    with told():
        workers, device = options.pop("workers"), options.pop("device")
        found = _evaluation(_subject(**options), images, workers, device)
    click.echo(_as_json(found.as_data()) if form == "json" else _table(found))


@click.command()
@judged
@click.argument("files", type=FILE, metavar="IMAGE...", nargs=-1, required=True)
@click.option("--top", type=click.IntRange(1, 1000), default=5, show_default=True,
              help="How many classes to name.")  # fmt: skip
def predict(files: tuple[Path, ...], top: int, form: str, **options: Any) -> None:
    """Name the likeliest classes of images, which are prepared as the recipe says.

    SPEC is the folder of a run, whose best weights are taken, or a spec with --weights.

    \b
    Examples:
      inception-compile predict runs/first photo.jpg
      inception-compile predict runs/first photos/*.png --top 1 --format json
    """
    with told():
        device = options.pop("device")
        found = dict(_guesses(_subject(**options), files, top, device))
    if form == "json":
        rows = [{"image": str(file), "classes": [vars(each) for each in best]}
                for file, best in found.items()]  # fmt: skip
        click.echo(_as_json(rows))
        return
    for file, best in found.items():
        click.echo(str(file))
        width = max(len(each.name) for each in best)
        for each in best:
            click.echo(f"  {each.name:<{width}}  {each.probability:7.2%}")


@dataclass(frozen=True)
class Subject:
    """A network with its weights, and how its images are prepared."""

    model: CompiledNetwork
    recipe: Recipe
    names: tuple[str, ...]
    """What its classes are called; empty where only the data can say."""


def _subject(
    spec: str, *, data: str | None = None, data_path: Path | None = None, **options: Any
) -> Subject:
    """A run with its best weights, or a spec with weights that are named."""
    from compiler.nn.module import build
    from compiler.training.folder import BEST, RECIPE, RunFolder, is_run
    from compiler.weights import load_weights

    names: tuple[str, ...] = ()
    recipe, weights, source = (options.pop(key) for key in ("recipe", "weights", "source"))
    variant, limit = options.pop("variant"), options.pop("limit")
    stdin_name = options.pop("stdin_name")
    if is_run(Path(spec)):
        folder = RunFolder(Path(spec))
        read = with_recipe(folder.spec(), recipe or str(folder.path / RECIPE))
        names = () if recipe or data else tuple(folder.facts().get("classes", ()))
        weights = weights or folder.path / BEST
    elif weights is None:
        raise click.UsageError(f"{spec} is no run, so say which --weights it has")
    else:
        read = with_recipe(read_spec(spec, stdin_name), recipe)
    prepared = prepare(read, variant, overrides=overrides(**options), limit=limit)
    if prepared.spec.training is None:
        raise no_recipe(prepared.spec)
    found = settled(changed(prepared.spec.training, data, {}), data_path)
    model = build(prepared.network)
    load_weights(model, weights, source, skip_aux=True)
    return Subject(model, found, names)


def _evaluation(subject: Subject, images: Part, workers: int, device: str) -> Evaluation:
    from compiler.training.data import feed_for
    from compiler.training.evaluating import evaluated
    from compiler.training.processes import joined

    with joined(device) as world:
        network = subject.model.network
        feed = feed_for(network, subject.recipe, world, workers=workers)
        subject.model.to(world.device)
        with stage("evaluating"):
            return evaluated(subject.model, _batches(feed, images), feed.names)


def _batches(feed: LoadedFeed, images: Part) -> Iterator[Batch]:
    from compiler.training.faults import TrainingFault

    sets = {"test": feed.test, "held": feed.held, "train": feed.trained}
    found = sets[images]()
    if found is None:
        raise TrainingFault(f"there are no {images} images", f"--images takes {', '.join(PARTS)}")
    return found


def _guesses(
    subject: Subject, files: tuple[Path, ...], top: int, device: str
) -> Iterator[tuple[Path, list[Guess]]]:
    from compiler.training.data import classes_of, prepared
    from compiler.training.evaluating import guesses
    from compiler.training.processes import joined

    with joined(device) as world:
        subject.model.to(world.device)
        names = subject.names or classes_of(subject.recipe)
        for file in files:
            image = prepared(file, subject.model.network, subject.recipe)
            yield file, guesses(subject.model, image, names, top)


def _as_json(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False)


MOST_CLASSES = 40
"""Rows of a table that is printed."""


def _table(found: Evaluation) -> str:
    """The totals, and a row a class: the worst of them where there are very many."""
    scores = found.scores
    totals = f"loss {scores.loss:.4f}, top-1 {scores.top1:.2%}, top-5 {scores.top5:.2%}"
    lines = [f"{found.count:,} images: {totals}", ""]
    rows = list(found.by_class)
    if len(rows) > MOST_CLASSES:
        rows = sorted(rows, key=lambda each: (each.recall is None, each.recall))[:MOST_CLASSES]
        lines.append(f"the {MOST_CLASSES} of {len(found.classes)} classes with the least recall:")
    width = max(5, *(len(each.name) for each in rows))
    lines.append(f"{'class':<{width}}  images   right  recall  precision")
    lines += (
        f"{each.name:<{width}}  {each.count:>6,}  {each.right:>6,}  {_share(each.recall):>6}  "
        f"{_share(each.precision):>9}"
        for each in rows
    )
    return "\n".join(lines)


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
