"""Commands that write one thing: source, or a drawing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from compiler.cli.drawing import Drawing, drawing_options
from compiler.cli.files import deliver
from compiler.cli.options import load, optimize_option, spec_options


@click.command()
@spec_options
@optimize_option()
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False),
              help="File to write; standard output without it.")  # fmt: skip
def source(output: Path | None, **spec: Any) -> None:
    """Emit the network as one Python file that needs torch alone.

    \b
    Examples:
      inception-compile source googlenet -o googlenet.py
      inception-compile source inception_v3 --classes 10 | less
      inception-compile source googlenet --optimize -o googlenet_folded.py
    """
    from compiler.source import emit

    prepared = load(**spec)
    deliver(emit(prepared.network, prepared.digest), output, prepared.spec.texts)


@click.command()
@spec_options
@optimize_option()
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False),
              help="A .svg, .pdf, .png, .dot, .tex or .tikz; without it, DOT on standard "
              "output.")  # fmt: skip
@drawing_options
def draw(drawing: Drawing, **spec: Any) -> None:
    """Draw the network, its stem, a block, or everything.

    \b
    Examples:
      inception-compile draw googlenet -o googlenet.svg
      inception-compile draw inception_v3 --what B -o block_b.png
      inception-compile draw inception_v3 --what mixed_6d --shapes -o mixed_6d.svg
      inception-compile draw inception_v4 --layout column --up --fit 8.5cm -o v4.pdf
      inception-compile draw inception_v4 --what sheet -o page.svg
      inception-compile draw googlenet --what full --fold -o all.svg
      inception-compile draw googlenet --optimize -o folded.svg
      inception-compile draw inception_v4 --heat memory -o memory.svg
      inception-compile draw inception_v4 --mono -o v4.pdf
      inception-compile draw inception_v4 --dpi 600 -o v4.png
    """
    drawing.draw(load(**spec))
