"""The commands `evaluate` and `predict`: what a trained network makes of images."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from compiler.cli.files import deliver
from compiler.cli.picturing import form_asked, made
from compiler.cli.recipes import DATA_OPTION, DATA_PATH, WORKERS, told
from compiler.cli.subjects import FILE, Subject, judged, subject_of
from compiler.cli.terminal import complain, failure, stage
from compiler.training.sets.parts import PARTS, Part
from dsl.text.counts import count

if TYPE_CHECKING:
    from compiler.training.evaluating import Evaluation, Guess

LACKING: dict[Part, tuple[str, str]] = {
    "test": ("there are no images to test by", "--images train judges those that are trained on"),
    "held": ("no images are held out", "the recipe's `hold_out` says what share of them is"),
    "train": ("there are no images to train on", "--images test judges those of the test"),
}
"""What is said, and what helps, where a part of the images is empty."""


@click.command()
@judged
@DATA_OPTION
@DATA_PATH
@click.option("--images", type=click.Choice(PARTS), default="test", show_default=True,
              help="Which of them.")  # fmt: skip
@WORKERS
@click.option("--confusion", type=FILE, metavar="FILE",
              help="Draw what is taken for what, as a .svg, .pdf, .png, .dot, .tex or "
              ".tikz.")  # fmt: skip
def evaluate(form: str, images: Part, confusion: Path | None, **options: Any) -> None:
    """Say how well a trained network tells classes apart, over all images and class by class.

    SPEC is the folder of a run, whose best weights are taken, or a spec with --weights.

    \b
    Examples:
      inception-compile evaluate runs/first
      inception-compile evaluate runs/first --images held --confusion held.svg
      inception-compile evaluate googlenet --weights googlenet.pth --source torchvision \\
          --recipe imagenet_v1 --data-path ~/imagenet
    """
    from compiler.picture import Picture
    from compiler.training.mistaken import confusion_matrix

    kind = form_asked(confusion, None)
    with told():
        workers, device = options.pop("workers"), options.pop("device")
        subject = subject_of(**options)
        found = _evaluation(subject, images, workers, device)
    if found is None:  # The process that leads tells.
        return
    if confusion:
        name = subject.model.network.name
        deliver(made(Picture(confusion_matrix(found, name)), kind), confusion, subject.files)
    click.echo(_as_json(found.as_data()) if form == "json" else _table(found))


@click.command()
@judged
@click.argument("files", type=FILE, metavar="IMAGE...", nargs=-1, required=True)
@click.option("--top", type=click.IntRange(1, 1000), default=5, show_default=True,
              help="How many classes to name.")  # fmt: skip
def predict(files: tuple[Path, ...], top: int, form: str, **options: Any) -> int:
    """Name the likeliest classes of images, which are prepared as the recipe says.

    SPEC is the folder of a run, whose best weights are taken, or a spec with --weights.

    \b
    Examples:
      inception-compile predict runs/first photo.jpg
      inception-compile predict runs/first photos/*.png --top 1 --format json
    """
    with told():
        device = options.pop("device")
        found = list(_guesses(subject_of(**options), files, top, device))
    if form == "json":
        click.echo(_as_json([_row(file, best) for file, best in found]))
    else:
        for file, best in found:
            click.echo(_named(file, best))
    return int(len(found) < len(files))


def _row(file: Path, best: Sequence[Guess]) -> dict[str, Any]:
    return {"image": str(file), "classes": [vars(each) for each in best]}


def _named(file: Path, best: Sequence[Guess]) -> str:
    """An image with its classes, one a line."""
    width = max(len(each.name) for each in best)
    lines = (f"  {each.name:<{width}}  {each.probability:7.2%}" for each in best)
    return "\n".join([str(file), *lines])


def _evaluation(subject: Subject, images: Part, workers: int, device: str) -> Evaluation | None:
    """What comes of the images, in the process that leads; None in others."""
    from compiler.training.data import judged_for
    from compiler.training.evaluating import evaluated
    from compiler.training.faults import TrainingFault
    from compiler.training.images import differing
    from compiler.training.processes import joined

    with joined(device) as world:
        network = subject.model.network
        found = judged_for(network, subject.recipe, world, images, workers=workers)
        if found.batches is None:
            raise TrainingFault(*LACKING[images])
        if world.leads and (other := differing(subject.told, found.names)):
            click.echo(f"note: {other}", err=True)
        subject.model.to(world.device)
        with stage("evaluating"):
            told = evaluated(subject.model, found.batches, found.names, world)
        return told if world.leads else None


def _guesses(
    subject: Subject, files: tuple[Path, ...], top: int, device: str
) -> Iterator[tuple[Path, list[Guess]]]:
    """The guesses for each image that can be read; of others it is said why they can't."""
    from compiler.training.evaluating import guesses
    from compiler.training.faults import TrainingFault
    from compiler.training.images import check_names, classes_of, prepared, prepared_for
    from compiler.training.processes import joined

    network = subject.model.network
    prepared_for(network, subject.recipe)  # What is wrong with all images is told once.
    names = subject.names or classes_of(subject.recipe)
    check_names(names, network, "the run" if subject.names else "the recipe's data")
    with joined(device) as world:
        subject.model.to(world.device)
        for file in files:
            try:
                image = prepared(file, network, subject.recipe)
            except TrainingFault as fault:
                complain(failure(str(fault), fault.help))
                continue
            yield file, guesses(subject.model, image, names, top)


def _as_json(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False)


MOST_CLASSES = 40
"""Rows of a table that is printed."""


def _table(found: Evaluation) -> str:
    """The totals, and a row a class: the worst of them where there are very many."""
    scores = found.scores
    totals = f"loss {scores.loss:.4f}, top-1 {scores.top1:.2%}, top-5 {scores.top5:.2%}"
    lines = [f"{count(found.count, 'image')}: {totals}", ""]
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
