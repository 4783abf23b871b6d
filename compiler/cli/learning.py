"""The command `curves`: how runs went, as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from compiler.cli.files import deliver
from compiler.cli.picturing import form_asked, made, pixel_options
from compiler.cli.recipes import told
from compiler.cli.toning import tone_options

if TYPE_CHECKING:
    from compiler.picture import Tone
    from compiler.training.records import Record


@click.command()
@click.argument("runs", type=click.Path(path_type=Path, file_okay=False), metavar="RUN...",
                nargs=-1, required=True)  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True,
              help="A .svg, .pdf, .png, .dot, .tex or .tikz.")  # fmt: skip
@tone_options
@pixel_options
def curves(runs: tuple[Path, ...], output: Path, tone: Tone | None, scale: float | None) -> None:
    """Draw what was right, the loss and the rate of runs, epoch by epoch.

    A run keeps such a picture of itself in its folder, as curves.svg. Here it is drawn in other
    forms, and several runs in one picture.

    \b
    Examples:
      inception-compile curves runs/first -o curves.png
      inception-compile curves runs/first runs/second -o both.svg
    """
    from compiler.picture import Picture
    from compiler.training.curves import learning_curves

    form = form_asked(output, scale)
    with told():
        found = {str(run): _records(run) for run in runs}
    try:
        picture = Picture(learning_curves(found)).toned(tone or "auto")
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    deliver(made(picture, form, scale), output, _sources(runs))


def _records(run: Path) -> list[Record]:
    from compiler.training.folder import RunFolder

    return RunFolder(run).records()


def _sources(runs: tuple[Path, ...]) -> list[Path]:
    """What a picture isn't written over."""
    from compiler.training.folder import CURVES, FILES

    return [run / name for run in runs for name in FILES if name != CURVES]
